"""Seats taken in one statement: the same booking as the long way gives, or nothing at all."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bookings.idempotency.requests import without_key
from bookings.models import BookedSeat, Booking, IdempotencyKey, PromoCode
from bookings.pricing import AMOUNTS_IN_SQL, amounts
from bookings.serializers import (
    MAX_SEATS,
    BookingRequestSerializer,
    BookingResponseSerializer,
    plain_hold,
)
from bookings.services.taking import take_free_seats
from bookings.tests.factories import bearer, confirmed, held, run_out
from bookings.tests.obstacles import (
    another_password,
    changed,
    deactivated,
    ended,
    somebody_else,
    unpublished,
)
from eventbooking_system.api.serializers import BIGINT
from eventbooking_system.money import CURRENCY_DIGITS
from shows.models import Show, ShowSeat
from shows.services import block_seats
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import StaffFactory, UserFactory
from users.tokens import Bearer

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
URL = "/api/bookings/"
KEY = {"Idempotency-Key": "once"}


def take(show: Show, *labels: str, login: Bearer | None = None) -> Booking | None:
    taken = take_free_seats(
        bearer=login or bearer(UserFactory()),
        show_id=show.pk,
        seat_ids=seat_ids(show, *labels),
        request=without_key(),
    )
    return taken and Booking.objects.get(pk=taken.id)


TERMS = st.fixed_dictionaries(
    {
        "currency": st.sampled_from(["INR", "JPY", "KWD", *sorted(CURRENCY_DIGITS)]),
        "fee_per_ticket": st.decimals(0, 99, places=3),
        "fee_per_booking": st.decimals(0, 99, places=3),
        "tax_rate": st.decimals(0, 99, places=2),
        "tax_inclusive": st.booleans(),
    }
)


@hypothesis_settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(terms=TERMS, prices=st.lists(st.decimals(0, 9999, places=3), min_size=1, max_size=10))
def test_sql_counts_as_python_does(terms, prices) -> None:
    show = Show(**terms)
    rows = ", ".join(["(%s)"] * len(prices))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH terms ({', '.join(terms)}) AS (VALUES (%s, %s, %s, %s, %s)), "
            f"seat (price) AS (VALUES {rows}), bill AS ({AMOUNTS_IN_SQL}) "
            "SELECT subtotal, fees, tax, total FROM bill",
            [*terms.values(), *prices],
        )
        ((subtotal, fees, tax, total),) = cursor.fetchall()
    expected = amounts(show=show, prices=prices)
    assert (subtotal, fees, tax, total) == (
        expected.subtotal,
        expected.fees,
        expected.tax,
        expected.total,
    )


IDS = st.sampled_from([7, 8, 9, 1, 0, -1, BIGINT, BIGINT + 1, True, 7.0, "7", None, [7], {"a": 7}])
PLAIN = {"show_id": IDS, "seat_ids": st.lists(IDS, max_size=4) | IDS}
MORE = {"quantity": IDS, "category": IDS, "promo_code": IDS, "nonsense": IDS}


@hypothesis_settings(max_examples=1000, deadline=None)
@given(body=st.fixed_dictionaries(PLAIN) | st.fixed_dictionaries({}, optional=PLAIN | MORE) | IDS)
def test_a_plain_hold_is_what_the_serializer_says(body) -> None:
    serializer = BookingRequestSerializer(data=body)
    is_plain = isinstance(body, dict) and body.keys() == PLAIN.keys() and serializer.is_valid()
    assert plain_hold(body) == (serializer.validated_data if is_plain else None)


def test_a_plain_hold_is_of_so_many_seats() -> None:
    body = {"show_id": 7, "seat_ids": [*range(1, MAX_SEATS + 1)]}
    assert plain_hold(body) == body
    body["seat_ids"].append(MAX_SEATS + 1)
    assert plain_hold(body) is None


@pytest.mark.parametrize(
    "terms",
    [
        {"prices": {"Gold": {"Adult": Decimal("12.50"), "Child": Decimal("6.00")}}},
        {"price": "1800", "currency": "JPY", "tax_rate": Decimal(10), "tax_inclusive": True},
        {
            "price": "4.505",
            "currency": "KWD",
            "fee_per_ticket": Decimal("0.005"),
            "fee_per_booking": Decimal("1.1"),
            "tax_rate": Decimal("7.7"),
            "tax_inclusive": False,
        },
    ],
)
def test_taken_at_once_it_is_the_booking_that_the_long_way_gives(terms) -> None:
    show, customer = scheduled_show(**terms), UserFactory()
    answer_at_once = take_free_seats(
        bearer=bearer(customer),
        show_id=show.pk,
        seat_ids=seat_ids(show, "A2", "A1"),
        request=without_key(),
    )
    at_once = Booking.objects.get(pk=answer_at_once.id)
    the_long_way = held("A3", "A4", show=show, customer=customer)
    told, expected = [
        BookingResponseSerializer().to_representation(booking)
        for booking in (answer_at_once, the_long_way)
    ]
    assert told["seat_ids"] == seat_ids(show, "A1", "A2")
    for answer in (told, expected):
        for name in ("id", "reference", "booked_at", "expires_at", "seat_ids"):
            del answer[name]
        for line in answer["seats"]:
            del line["seat_id"], line["number"]
    assert told == expected
    rows = [Booking.objects.values().get(pk=booking.pk) for booking in (at_once, the_long_way)]
    assert rows[0].keys() == rows[1].keys()
    different = {name for name in rows[0] if rows[0][name] != rows[1][name]}
    assert different <= {"id", "reference", "booked_at", "expires_at"}
    for booking in (at_once, the_long_way):
        assert booking.expires_at - booking.booked_at == timedelta(seconds=600)
        seats = ShowSeat.objects.filter(booking=booking, status="held")
        assert set(seats.values_list("held_until", flat=True)) == {booking.expires_at}
        lines = booking.booked_seats.order_by("pk")
        assert list(lines.values_list("show_seat", flat=True)) == sorted(
            seats.values_list("pk", flat=True)
        )


def test_a_hold_or_a_block_that_is_over_keeps_nothing() -> None:
    show = scheduled_show()
    run_out(held("A1", show=show))
    block_seats(
        show_id=show.pk, block=seat_ids(show, "A2"), reason="House", release_minutes=60 * 48
    )
    booking = take(show, "A1", "A2")
    seats = ShowSeat.objects.filter(booking=booking)
    assert (
        list(seats.values_list("status", "block_reason", "released_at")) == [("held", "", None)] * 2
    )


def taken(show: Show) -> None:
    held("A2", show=show)


def booked(show: Show) -> None:
    confirmed("A2", show=show)


def blocked(show: Show) -> None:
    block_seats(show_id=show.pk, block=seat_ids(show, "A2"))


def free_of_charge(show: Show) -> None:
    ShowSeat.objects.filter(show=show).update(price=0)


@pytest.mark.parametrize(
    "obstacle",
    [taken, booked, blocked, unpublished, free_of_charge,
     changed(max_seats_per_booking=1), changed(single_seat_rule="lenient"),
     changed(sales_open_at="2999-01-01T00:00Z"), changed(sales_close_at="2020-01-01T00:00Z"),
     changed(start_time="2020-01-01T00:00Z"),
     changed(status="cancelled", cancelled_at="2020-01-01T00:00Z")],
)  # fmt: skip
def test_where_anything_is_in_the_way_nothing_is_taken(obstacle) -> None:
    show = scheduled_show()
    obstacle(show)
    before = Booking.objects.count(), BookedSeat.objects.count()
    assert take(show, "A1", "A2") is None
    assert (Booking.objects.count(), BookedSeat.objects.count()) == before
    assert ShowSeat.objects.get(show=show, seat=seat_ids(show, "A1")[0]).status == "available"


def test_nothing_is_taken_past_the_limits(settings) -> None:
    show, login = scheduled_show(), bearer(UserFactory())
    settings.BOOKINGS_MAX_SEATS = 1
    assert take(show, "A1", "A2", login=login) is None
    assert take(show, "A1", login=login)
    settings.BOOKINGS_MAX_PENDING = 1
    assert take(show, "A2", login=login) is None
    assert take(show, "A2")
    settings.BOOKINGS_MAX_PENDING, settings.BOOKINGS_MAX_GIVEN_UP = 20, 1
    run_out(Booking.objects.get(user=login.pk))
    assert take(show, "A3", login=login) is None


@pytest.mark.parametrize("end", [ended, deactivated, another_password, somebody_else])
def test_nothing_is_taken_for_a_login_that_has_ended(login, end) -> None:
    show, customer = scheduled_show(), UserFactory()
    client, its_login = login(customer), bearer(customer)
    end(customer)
    assert take(show, "A1", login=its_login) is None
    for body in ({"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}, {"show_id": []}, {}):
        answer = client.post(URL, body, headers=KEY)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    assert not Booking.objects.exists() and not IdempotencyKey.objects.exists()


def test_seats_of_another_show_and_unknown_ones_are_not_taken() -> None:
    show, other = scheduled_show(), scheduled_show()
    login = bearer(UserFactory())
    for wanted in ([*seat_ids(show, "A1"), *seat_ids(other, "A1")], [10**15]):
        request = without_key()
        assert not take_free_seats(bearer=login, show_id=show.pk, seat_ids=wanted, request=request)
    assert not Booking.objects.exists()


def test_staff_take_what_is_blocked_the_long_way() -> None:
    show = scheduled_show()
    blocked(show)
    staff = StaffFactory(is_superuser=True)
    assert take(show, "A2", login=bearer(staff)) is None
    assert held("A2", show=show, customer=staff).pk


def test_a_hold_is_not_taken_inside_another_transaction(transactional_db) -> None:
    show, login = scheduled_show(), bearer(UserFactory())
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        take(show, "A1", login=login)
    assert not Booking.objects.exists()


# Repeated requests


@pytest.fixture
def body():
    show = scheduled_show(prices={"Gold": {"Adult": Decimal(20), "Child": Decimal(10)}})
    return {"show_id": show.pk, "seat_ids": seat_ids(show, "A2", "A1")}


def test_the_first_answer_is_given_again_to_the_byte_whatever_became_of_it(login, body) -> None:
    client = login(UserFactory())
    first = client.post(URL, body, headers=KEY)
    key = IdempotencyKey.objects.get()
    assert (key.status, key.body, key.booking_id) == (201, "", first.json()["id"])
    assert client.post(f"{URL}{key.booking_id}/payments/", {}).status_code == 201
    assert client.post(f"{URL}{key.booking_id}/cancel/", {}).status_code == 200
    Show.objects.filter(pk=body["show_id"]).update(sales_close_at="2020-01-01T00:00Z")
    again = client.post(URL, body, headers=KEY)
    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")
    assert again.content == first.content
    assert Booking.objects.count() == 1


def test_the_key_with_another_body_is_refused_whether_or_not_its_seats_are_free(login, body):
    client = login(UserFactory())
    assert client.post(URL, body, headers=KEY).status_code == 201
    show = Show.objects.get()
    for other in (
        {"seat_ids": seat_ids(show, "A3")},
        {"seat_ids": seat_ids(show, "A1")},
        {"seat_ids": []},
        {"promo_code": "TEN"},
    ):
        answer = client.post(URL, {**body, **other}, headers=KEY)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert Booking.objects.count() == IdempotencyKey.objects.count() == 1


def test_a_key_may_be_used_again_after_a_day(login, body) -> None:
    client = login(UserFactory())
    assert client.post(URL, body, headers=KEY).status_code == 201
    IdempotencyKey.objects.update(created_at="2020-01-01T00:00Z")
    body["seat_ids"] = seat_ids(Show.objects.get(), "A3")
    answer = client.post(URL, body, headers=KEY)
    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer
    assert IdempotencyKey.objects.count() == 1


def test_of_another_customer_or_path_a_key_says_nothing(login, body) -> None:
    show = Show.objects.get()
    for label in ("A1", "A2"):
        answer = login(UserFactory()).post(
            URL, {**body, "seat_ids": seat_ids(show, label)}, headers=KEY
        )
        assert answer.status_code == 201
    assert IdempotencyKey.objects.count() == 2


def test_what_is_taken_the_long_way_keeps_its_answer(login, body) -> None:
    PromoCode.objects.create(code="TEN", percent=10)
    client = login(UserFactory())
    first, again = [client.post(URL, {**body, "promo_code": "TEN"}, headers=KEY) for _ in range(2)]
    assert (first.status_code, again.content) == (201, first.content)
    assert IdempotencyKey.objects.get().booking_id is None


def test_connections_keep_no_statements_for_more_seats_than_anyone_may_book(login) -> None:
    client, show, kept = login(UserFactory()), scheduled_show(rows={"A": 30}), []
    for count in (20, 25, 30):
        answer = client.post(URL, {"show_id": show.pk, "seat_ids": seat_ids(show)[-count:]})
        assert answer.json()["code"] == "too_many_seats"
        kept.append(len(connection.prepared))
    assert kept[0] == kept[-1]
