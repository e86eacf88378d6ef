from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from bookings import checkout, services
from bookings.errors import (
    BookingExpired,
    InvalidTransition,
    PaymentDeclined,
    ShowNotOnSale,
    TooManySeats,
)
from bookings.models import Booking, BookingTransition, Message, Payment, Refund
from bookings.payments.states import Event
from bookings.services import SeatRequest, transitions
from bookings.tests.factories import confirmed, held, hold, run_out, statuses
from eventbooking_system.errors import InUse, InvalidField
from shows.errors import LeavesSingleSeat, NotEnoughSeats, SeatsNotInShow, SeatsUnavailable
from shows.models import Show, ShowSeat
from shows.services import block_seats
from shows.tests.factories import scheduled_show, seat_ids, write_state
from users.tests.factories import StaffFactory, UserFactory
from venues.models import SeatCategory
from venues.services import replace_layout
from venues.tests.factories import ScreenFactory, hall
from venues.tests.plans import a_plan, a_row, a_seat, a_zone

pytestmark = pytest.mark.django_db


def hold_seats(show: Show, *labels: str, **arguments) -> Booking:
    return hold(
        customer=UserFactory(), show_id=show.pk, seat_ids=seat_ids(show, *labels), **arguments
    )


def assert_nothing_held(show: Show) -> None:
    assert not Booking.objects.filter(show=show).exists()
    assert not ShowSeat.objects.filter(show=show, status__in=["held", "booked"]).exists()


# Holding


def test_hold_seats_holds_them_until_the_booking_expires(settings) -> None:
    settings.BOOKINGS_HOLD_SECONDS = 120
    show = scheduled_show()
    booking = hold_seats(show, "A1", "A2")
    seats = ShowSeat.objects.filter(booking=booking)
    assert booking.status == "pending"
    assert booking.expires_at - booking.booked_at == timedelta(seconds=120)
    assert {(seat.status, seat.held_until) for seat in seats} == {("held", booking.expires_at)}
    assert sorted(seat.seat_id for seat in seats) == seat_ids(show, "A1", "A2")


def test_hold_seats_refuses_all_when_one_is_taken() -> None:
    show = scheduled_show()
    held("A1", show=show)
    with pytest.raises(SeatsUnavailable) as refusal:
        hold_seats(show, "A1", "A2")
    assert refusal.value.members["unavailable_seat_ids"] == seat_ids(show, "A1")
    assert Booking.objects.filter(show=show).count() == 1
    assert statuses(show, seat_ids(show, "A2")) == {"available"}


def test_the_alternatives_of_a_refusal_can_be_booked() -> None:
    show = scheduled_show(rows={"A": 6, "B": 6})
    held("A2", "A3", show=show)
    with pytest.raises(SeatsUnavailable) as refusal:
        hold_seats(show, "A3", "A4")
    alternatives = refusal.value.members["alternatives"]
    assert len(alternatives) == 3
    for alternative in alternatives:
        assert len(alternative) == 2
        hold(customer=UserFactory(), show_id=show.pk, seat_ids=alternative)


def test_alternatives_are_of_the_same_category_first() -> None:
    show = scheduled_show(rows={"A": 4, "B": 4})
    # Nearest is row B, but it is of another category.
    gold = show.screen.seat_categories.get()
    silver = gold.__class__.objects.create(screen=show.screen, name="Silver")
    show.screen.seats.filter(row="B").update(category=silver)
    held("A1", "A2", show=show)
    with pytest.raises(SeatsUnavailable) as refusal:
        hold_seats(show, "A1", "A2")
    assert refusal.value.members["alternatives"][0] == seat_ids(show, "A3", "A4")


def test_an_expired_hold_holds_nothing_with_nobody_tidying() -> None:
    show = scheduled_show()
    old = held("A1", "A2", show=show)
    run_out(old)
    new = hold_seats(show, "A1", "A2")
    assert set(ShowSeat.objects.filter(booking=new).values_list("status", flat=True)) == {"held"}
    assert not ShowSeat.objects.filter(booking=old).exists()


def test_hold_seats_refuses_seats_of_another_show() -> None:
    show, other = scheduled_show(), scheduled_show()
    with pytest.raises(SeatsNotInShow) as refusal:
        hold(
            customer=UserFactory(),
            show_id=show.pk,
            seat_ids=seat_ids(show, "A1") + seat_ids(other, "A1"),
        )
    assert refusal.value.members["seat_ids"] == seat_ids(other, "A1")
    assert_nothing_held(show)


def test_hold_seats_refuses_an_unknown_show() -> None:
    with pytest.raises(InvalidField, match="no such show"):
        hold(customer=UserFactory(), show_id=10**12, seat_ids=[1])


def test_hold_seats_refuses_a_show_of_an_unpublished_event_like_an_unknown_one() -> None:
    show = scheduled_show()
    show.event.is_published = False
    show.event.save()
    with pytest.raises(InvalidField, match="no such show"):
        hold_seats(show, "A1")
    assert_nothing_held(show)


@pytest.mark.parametrize(
    "window",
    [
        {"sales_open_at": timedelta(hours=1)},
        {"sales_close_at": timedelta(hours=-1)},
        {"start_time": timedelta(hours=-1), "end_time": timedelta(hours=1)},
    ],
)
def test_hold_seats_refuses_a_show_that_is_not_on_sale(window) -> None:
    show = scheduled_show()
    now = timezone.now()
    Show.objects.filter(pk=show.pk).update(**{name: now + by for name, by in window.items()})
    with pytest.raises(ShowNotOnSale):
        hold_seats(show, "A1")
    assert_nothing_held(show)


def test_hold_seats_refuses_more_seats_than_one_booking_may_have(settings) -> None:
    settings.BOOKINGS_MAX_SEATS = 2
    show = scheduled_show()
    with pytest.raises(TooManySeats):
        hold_seats(show, "A1", "A2", "A3")
    assert_nothing_held(show)


def test_a_show_may_have_a_limit_of_its_own() -> None:
    show = scheduled_show(max_seats_per_booking=1)
    with pytest.raises(TooManySeats) as refusal:
        hold_seats(show, "A1", "A2")
    assert refusal.value.members == {"limit": 1}
    assert_nothing_held(show)


def test_a_blocked_seat_cannot_be_held() -> None:
    show = scheduled_show()
    block_seats(show_id=show.pk, block=seat_ids(show, "A1"))
    with pytest.raises(SeatsUnavailable):
        hold_seats(show, "A1")
    assert_nothing_held(show)


def test_a_booking_of_no_cost_is_confirmed_at_once() -> None:
    show = scheduled_show(price="0.00", fee_per_booking=Decimal("5.00"))
    booking = hold_seats(show, "A1")
    assert (booking.status, booking.total) == ("confirmed", 0)
    assert statuses(show, seat_ids(show, "A1")) == {"booked"}


# Prices


def typed_show(**terms) -> Show:
    prices = {"Gold": {"Adult": Decimal("10.00"), "Child": Decimal("6.00")}}
    return scheduled_show(prices=prices, **terms)


def test_ticket_types_set_the_price_of_their_seat_and_the_first_is_the_default() -> None:
    show = typed_show()
    child = seat_ids(show, "A2")[0]
    booking = hold_seats(show, "A1", "A2", ticket_types={child: "Child"})
    lines = [(line.ticket_type, line.price) for line in booking.booked_seats.all()]
    assert lines == [("Adult", 10), ("Child", 6)]
    assert booking.subtotal == 16


@pytest.mark.parametrize("types", [{"A2": "Child"}, {"A1": "Dog"}])
def test_ticket_types_must_be_known_and_of_seats_in_the_booking(types) -> None:
    show = typed_show()
    wanted = {seat_ids(show, label)[0]: name for label, name in types.items()}
    with pytest.raises(InvalidField):
        hold_seats(show, "A1", ticket_types=wanted)
    assert_nothing_held(show)


def test_fees_and_tax_on_top_are_added() -> None:
    show = scheduled_show(
        price="10.00",
        fee_per_ticket=Decimal("1.00"),
        fee_per_booking=Decimal("0.50"),
        tax_rate=Decimal("19"),
        tax_inclusive=False,
    )
    booking = hold_seats(show, "A1", "A2")
    assert (booking.subtotal, booking.fees) == (Decimal("20.00"), Decimal("2.50"))
    assert (booking.tax, booking.total) == (Decimal("4.28"), Decimal("26.78"))


def test_tax_within_the_price_is_shown_and_not_added() -> None:
    show = scheduled_show(price="119.00", tax_rate=Decimal("19"), tax_inclusive=True)
    booking = hold_seats(show, "A1")
    assert (booking.tax, booking.total) == (Decimal("19.00"), Decimal("119.00"))


def test_the_prices_of_a_booking_are_frozen() -> None:
    show = scheduled_show(price="10.00")
    booking = held("A1", show=show)
    ShowSeat.objects.filter(show=show).update(price=99)
    booking.refresh_from_db()
    assert booking.total == booking.booked_seats.get().price == 10


def test_a_quote_is_what_the_booking_then_costs() -> None:
    show = typed_show(fee_per_ticket=Decimal("0.35"), tax_rate=Decimal("7.7"), tax_inclusive=False)
    wanted = seat_ids(show, "A1", "A2")
    types = {wanted[0]: "Child"}
    quote = services.quote(
        user_id=None, wanted=SeatRequest(show.pk, seat_ids=wanted, ticket_types=types)
    )
    assert_nothing_held(show)
    booking = hold_seats(show, "A1", "A2", ticket_types=types)
    for name in ("subtotal", "discount", "fees", "tax", "total"):
        assert getattr(quote, name) == getattr(booking, name)


# Paying


def test_a_paid_booking_is_confirmed_and_its_seats_are_booked() -> None:
    booking = confirmed()
    assert booking.status == "confirmed"
    assert set(booking.show_seats.values_list("status", "held_until")) == {("booked", None)}
    assert booking.payments.get().status == "succeeded"


def test_a_decline_leaves_the_hold_it_was_and_another_card_may_pay() -> None:
    booking = held()
    before = list(booking.show_seats.values())
    with pytest.raises(PaymentDeclined):
        checkout.pay(booking_id=booking.pk, payment_method="pm_card_declined")
    booking.refresh_from_db()
    assert booking.status == "pending"
    assert list(booking.show_seats.values()) == before
    checkout.pay(booking_id=booking.pk, payment_method="pm_card_visa")
    booking.refresh_from_db()
    assert booking.status == "confirmed"
    assert [payment.attempt for payment in booking.payments.all()] == [2, 1]


def test_an_expired_booking_cannot_be_paid() -> None:
    booking = held()
    run_out(booking)
    with pytest.raises(BookingExpired):
        checkout.pay(booking_id=booking.pk, payment_method="pm_card_visa")
    assert not Payment.objects.exists()


@pytest.mark.parametrize("settle", [confirmed, held])
def test_a_booking_that_is_settled_cannot_be_paid(settle) -> None:
    booking = settle()
    if settle is held:
        checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    payments = Payment.objects.count()
    with pytest.raises(InvalidTransition):
        checkout.pay(booking_id=booking.pk, payment_method="pm_card_visa")
    assert Payment.objects.count() == payments


def late_payment(*labels: str, show: Show) -> Payment:
    """A payment that waits for its event, of a booking whose time is over."""
    booking = held(*labels, show=show)
    payment = checkout.pay(booking_id=booking.pk, payment_method="pm_card_late")
    run_out(booking)
    return payment


def succeed(payment: Payment) -> str:
    return services.record_event(
        provider="sandbox",
        event=Event(
            event_id=f"evt-{payment.pk}",
            type="payment.succeeded",
            payment_id=payment.pk,
            status="succeeded",
            amount=payment.amount,
            currency=payment.currency,
            payload={},
        ),
    )


@pytest.mark.parametrize("tidied", [True, False])
def test_a_late_payment_retakes_the_same_seats_if_all_are_free(tidied: bool) -> None:
    show = scheduled_show()
    payment = late_payment("A1", "A2", show=show)
    if tidied:
        assert services.expire_bookings() == 1
    succeed(payment)
    booking = Booking.objects.get()
    assert booking.status == "confirmed"
    assert booking.show_seats.filter(status="booked").count() == 2
    assert not Refund.objects.exists()


def test_a_late_payment_goes_back_if_one_seat_is_gone() -> None:
    show = scheduled_show()
    payment = late_payment("A1", "A2", show=show)
    rival = hold_seats(show, "A2")
    succeed(payment)
    checkout.send_refunds()
    payment.refresh_from_db()
    assert payment.status == "refunded"
    assert payment.booking.status == "expired"
    assert payment.booking.refunds.get().amount == payment.amount
    assert statuses(show, seat_ids(show, "A1")) == {"available"}
    assert rival.show_seats.get().status == "held"


def test_money_for_a_cancelled_booking_goes_back() -> None:
    booking = held()
    payment = checkout.pay(booking_id=booking.pk, payment_method="pm_card_late")
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    succeed(payment)
    checkout.send_refunds()
    payment.refresh_from_db()
    booking.refresh_from_db()
    assert (payment.status, booking.status) == ("refunded", "cancelled")
    assert not booking.show_seats.exists()


def test_second_successful_payment_of_a_booking_is_refunded() -> None:
    booking = held()
    first = checkout.pay(booking_id=booking.pk, payment_method="pm_card_late")
    checkout.pay(booking_id=booking.pk, payment_method="pm_card_visa")
    succeed(first)
    checkout.send_refunds()
    booking.refresh_from_db()
    assert booking.status == "confirmed"
    assert [payment.status for payment in booking.payments.all()] == ["succeeded", "refunded"]


# Cancelling


def test_a_cancelled_hold_frees_its_seats() -> None:
    booking = held()
    show = booking.show
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user, reason="changed my mind")
    assert statuses(show) == {"available"}
    change = BookingTransition.objects.get()
    assert (change.from_status, change.to_status) == ("pending", "cancelled")
    assert (change.by, change.reason) == (booking.user, "changed my mind")


def test_a_confirmed_booking_is_refunded_by_the_policy_of_its_show() -> None:
    booking = confirmed("A1", price="99.99", refund_percent=Decimal("50"))
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    refund = booking.refunds.get()
    assert (refund.status, refund.amount) == ("succeeded", Decimal("50.00"))
    assert booking.payments.get().status == "succeeded"
    assert statuses(booking.show) == {"available"}


def test_a_confirmed_booking_cannot_be_cancelled_after_the_cutoff_but_by_staff() -> None:
    booking = confirmed(start_time=timezone.now() + timedelta(hours=1))
    with pytest.raises(InvalidTransition, match="2 hours"):
        checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    booking.refresh_from_db()
    assert (booking.status, booking.refunds.count()) == ("confirmed", 0)
    checkout.cancel(booking_id=booking.pk, cancelled_by=StaffFactory(), in_full=True)
    assert booking.refunds.get().amount == booking.total


@pytest.mark.parametrize("prepare", ["cancelled", "expired"])
def test_cancelled_and_expired_bookings_cannot_be_cancelled(prepare: str) -> None:
    booking = held()
    if prepare == "expired":
        run_out(booking)
    else:
        checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    transitions_before = BookingTransition.objects.count()
    with pytest.raises(InvalidTransition) as refusal:
        checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    assert refusal.value.members["booking_status"] == prepare
    assert BookingTransition.objects.count() == transitions_before


def test_cancelling_a_show_refunds_everyone_and_may_be_repeated() -> None:
    show = scheduled_show(refund_percent=Decimal(0))
    paid, pending = confirmed("A1", show=show), held("A2", show=show)
    staff = StaffFactory()
    preview = checkout.preview_show_cancellation(show_id=show.pk, cancelled_by=staff)
    assert (preview.pending_bookings, preview.confirmed_bookings) == (1, 1)
    assert preview.refund_total == paid.total
    assert Show.objects.get(pk=show.pk).status == "scheduled"
    for _ in range(2):
        checkout.cancel_show(show_id=show.pk, cancelled_by=staff)
    show.refresh_from_db()
    assert (show.status, statuses(show)) == ("cancelled", {"blocked"})
    assert set(Booking.objects.values_list("status", flat=True)) == {"cancelled"}
    assert paid.refunds.get().amount == paid.total
    assert paid.payments.get().status == "refunded"
    assert not pending.refunds.exists()


# Expiring


def test_expire_bookings_tidies_what_is_over_and_nothing_else() -> None:
    show = scheduled_show()
    over, running, paid = held("A1", show=show), held("A2", show=show), confirmed("A3", show=show)
    run_out(over)
    assert services.expire_bookings() == 1
    assert services.expire_bookings() == 0
    for booking, status in ((over, "expired"), (running, "pending"), (paid, "confirmed")):
        booking.refresh_from_db()
        assert booking.status == status
    assert statuses(show, seat_ids(show, "A1")) == {"available"}
    assert statuses(show, seat_ids(show, "A2", "A3")) == {"held", "booked"}


def test_expire_bookings_leaves_alone_seats_that_somebody_took_over() -> None:
    show = scheduled_show()
    over = held("A1", "A2", show=show)
    run_out(over)
    new = hold_seats(show, "A1")
    services.expire_bookings()
    assert new.show_seats.get().status == "held"
    assert statuses(show, seat_ids(show, "A2")) == {"available"}


# Invariants


@pytest.mark.parametrize(
    "broken",
    [
        {"status": "held"},
        {"status": "booked"},
        {"status": "available", "held_until": timezone.now()},
        {"status": "blocked", "held_until": timezone.now()},
    ],
)
def test_the_schema_ties_a_seat_s_status_to_its_owner(broken) -> None:
    show = scheduled_show()
    with pytest.raises(IntegrityError), transaction.atomic():
        write_state(ShowSeat.objects.filter(show=show), **broken)


@pytest.mark.parametrize(
    ("status", "to"),
    [("cancelled", "confirmed"), ("expired", "cancelled"), ("confirmed", "expired")],
)
def test_a_booking_moves_along_the_allowed_ways_only(status: str, to: str) -> None:
    booking = held()
    Booking.objects.filter(pk=booking.pk).update(status=status)
    booking.refresh_from_db()
    with pytest.raises(ValueError, match="cannot go"):
        transitions.move(booking, Booking.Status(to), at=timezone.now(), by=None, reason="never")
    booking.refresh_from_db()
    assert booking.status == status


# The single-seat rule, and the best seats


def test_the_strict_rule_names_the_seat_that_would_be_left_alone() -> None:
    show = scheduled_show(rows={"A": 6}, single_seat_rule="strict")
    with pytest.raises(LeavesSingleSeat) as refusal:
        hold_seats(show, "A2", "A3")
    assert refusal.value.members == {"single_seat_ids": seat_ids(show, "A1")}
    assert "A1" in refusal.value.detail
    assert_nothing_held(show)
    assert hold_seats(show, "A1", "A2").status == "pending"


def test_the_rule_is_waived_for_staff_and_where_it_is_off() -> None:
    show = scheduled_show(rows={"A": 6}, single_seat_rule="strict")
    hold(customer=StaffFactory(), show_id=show.pk, seat_ids=seat_ids(show, "A2", "A3"))
    hold_seats(scheduled_show(rows={"A": 6}), "A2", "A3")


def loveseats(**fields: Any) -> Show:
    """A row of six, of which the third and fourth, and the fifth and sixth, are sold together."""
    seats = [a_seat(str(number), str(number), 20 * number) for number in range(1, 7)]
    couples = {"3": "C1", "4": "C1", "5": "C2", "6": "C2"}
    document = {
        "plan": a_plan(a_zone("Stalls", a_row("A", *seats))),
        "seats": {guid: {"couple": couple} for guid, couple in couples.items()},
    }
    screen = ScreenFactory()
    replace_layout(screen_id=screen.pk, document=document)
    return scheduled_show(screen=screen, **fields)


def test_hold_seats_refuses_half_a_couple_and_names_the_other_half() -> None:
    show = loveseats()
    with pytest.raises(LeavesSingleSeat) as refusal:
        hold_seats(show, "A2", "A3")
    assert refusal.value.members == {"single_seat_ids": seat_ids(show, "A4")}
    assert refusal.value.detail == "Sold only together with these: A4."
    assert statuses(show) == {"available"}
    hold_seats(show, "A3", "A4")


def test_staff_may_part_a_couple_and_anyone_may_have_the_other_half() -> None:
    show = loveseats()
    hold(customer=StaffFactory(), show_id=show.pk, seat_ids=seat_ids(show, "A3"))
    hold_seats(show, "A4")


def test_a_number_that_would_part_a_couple_is_refused_with_the_reason() -> None:
    show = loveseats()
    hold_seats(show, "A1", "A2")
    with pytest.raises(NotEnoughSeats) as refusal:
        hold(customer=UserFactory(), show_id=show.pk, quantity=3)
    assert refusal.value.members == {"available": 4}
    assert refusal.value.detail == (
        "3 seats were asked for. 4 are free, but they are sold in couples, which cannot be parted: "
        "ask for another number of seats."
    )
    with pytest.raises(NotEnoughSeats, match="5 seats were asked for and 4 are free"):
        hold(customer=UserFactory(), show_id=show.pk, quantity=5)


def test_the_best_seats_and_alternatives_part_no_couple() -> None:
    show = loveseats()
    booking = hold_seats(show, "A1")
    best = partial(hold, customer=UserFactory(), show_id=show.pk)
    with pytest.raises(NotEnoughSeats):
        best(quantity=6)
    with pytest.raises(SeatsUnavailable) as refusal:
        hold_seats(show, "A1")
    assert refusal.value.members["alternatives"] == [seat_ids(show, "A2")]
    services.cancel_booking(booking_id=booking.pk, cancelled_by=booking.user)
    assert sorted(line.show_seat.seat_id for line in best(quantity=3).lines) in (
        seat_ids(show, "A2", "A3", "A4"),
        seat_ids(show, "A1", "A3", "A4"),
    )


def test_the_best_seats_may_be_asked_for_by_category_section_and_price() -> None:
    screen = hall({"A": 4, "B": 4})
    cheap = SeatCategory.objects.create(screen=screen, name="Cheap", position=1)
    screen.seats.filter(row="B").update(section="Balcony", category=cheap)
    prices = {"Gold": {"": Decimal(20)}, "Cheap": {"": Decimal(10)}}
    show = scheduled_show(screen=screen, prices=prices)
    for wishes in ({"section": "Balcony"}, {"max_price": Decimal(15)}):
        booking = hold(customer=UserFactory(), show_id=show.pk, quantity=2, **wishes)
        assert {line.show_seat.seat.row for line in booking.booked_seats.all()} == {"B"}
    with pytest.raises(NotEnoughSeats):
        hold(customer=UserFactory(), show_id=show.pk, quantity=2, section="Balcony")


def test_a_full_show_offers_others_of_that_day() -> None:
    show = scheduled_show(rows={"A": 2}, start_time=datetime(2030, 5, 1, 12))
    later = scheduled_show(
        event=show.event,
        screen=hall({"A": 4}, venue=show.screen.venue),
        start_time=datetime(2030, 5, 1, 20),
    )
    held("A1", "A2", show=show)
    with pytest.raises(SeatsUnavailable) as refusal:
        hold_seats(show, "A1", "A2")
    assert refusal.value.members["alternatives"] == []
    offered = refusal.value.members["other_shows"]
    assert [offer["show"] for offer in offered] == [later.pk]
    hold(customer=UserFactory(), show_id=later.pk, seat_ids=offered[0]["seat_ids"])


# House seats


def test_blocked_seats_go_on_sale_by_the_clock() -> None:
    show = scheduled_show(start_time=timezone.now() + timedelta(hours=2))
    first, second = seat_ids(show, "A1", "A2")
    block_seats(show_id=show.pk, block=[first], owner="press", release_minutes=60)
    block_seats(show_id=show.pk, block=[second], owner="house", release_minutes=180)
    with pytest.raises(SeatsUnavailable):
        hold_seats(show, "A1")
    booking = hold_seats(show, "A2")
    seat = booking.show_seats.get()
    assert (seat.status, seat.block_owner, seat.released_at) == ("held", "", None)


def test_staff_book_blocked_seats_and_nobody_else_does() -> None:
    show = scheduled_show()
    wanted = seat_ids(show, "A1")
    block_seats(show_id=show.pk, block=wanted, owner="house")
    usher = UserFactory(is_staff=True)
    for customer in (UserFactory(), usher):
        with pytest.raises(SeatsUnavailable):
            hold(customer=customer, show_id=show.pk, seat_ids=wanted)
    booking = hold(customer=StaffFactory(), show_id=show.pk, seat_ids=wanted)
    assert booking.show_seats.get().status == "held"


def test_cancelling_a_show_leaves_what_had_expired_expired() -> None:
    booking = held()
    run_out(booking)
    staff = StaffFactory()
    for cancel in (checkout.preview_show_cancellation, checkout.cancel_show):
        assert cancel(show_id=booking.show_id, cancelled_by=staff).pending_bookings == 0
    services.expire_bookings()
    booking.refresh_from_db()
    assert booking.status == "expired"
    assert not Message.objects.filter(booking=booking).exists()
    assert statuses(booking.show) == {"blocked"}


def test_the_seats_of_a_cancelled_show_stay_blocked() -> None:
    show = scheduled_show()
    checkout.cancel_show(show_id=show.pk, cancelled_by=StaffFactory())
    with pytest.raises(InUse):
        block_seats(show_id=show.pk, unblock=seat_ids(show, "A1"))
    assert statuses(show) == {"blocked"}
