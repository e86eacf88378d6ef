import re
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from audit.models import Entry
from bookings import checkout, services
from bookings.models import Booking, PromoCode
from bookings.tests.factories import run_out
from eventbooking_system.testing.problems import assert_problem
from eventbooking_system.testing.races import run_at_once
from events.models import Event
from events.tests.factories import EventFactory
from shows.models import Show
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import StaffFactory, UserFactory

URL = "/api/bookings/promo-codes/"


def promo(**fields) -> PromoCode:
    defaults = {} if "amount" in fields else {"percent": Decimal(10)}
    return PromoCode.objects.create(**{"code": "TEN", **defaults, **fields})


@pytest.fixture
def show() -> Show:
    return scheduled_show(price="100.00", fee_per_ticket=Decimal("5.00"))


@pytest.fixture
def book(show, login):
    def _book(*labels: str, code: str = "ten", customer=None, path: str = ""):
        body = {"show_id": show.pk, "seat_ids": seat_ids(show, *labels), "promo_code": code}
        return login(customer or UserFactory()).post(f"/api/bookings/{path}", body)

    return _book


@pytest.mark.django_db
def test_staff_make_and_change_promo_codes(login, show) -> None:
    chief = login(StaffFactory())
    body = {"code": "friends-10", "percent": "10", "shows": [show.pk], "max_uses": 5}
    made = chief.post(URL, body)
    assert made.status_code == 201, made.content
    row = made.json()
    assert (row["code"], row["percent"], row["shows"]) == ("FRIENDS-10", "10.00", [show.pk])
    changed = chief.patch(f"{URL}{row['id']}/", {"is_active": False})
    assert (changed.json()["is_active"], changed.json()["max_uses"]) == (False, 5)
    assert chief.get(f"{URL}?is_active=false").json()["count"] == 1
    off = chief.post(URL, {"code": "OFF", "amount": "500", "currency": "JPY"})
    assert off.json()["amount"] == "500"


@pytest.mark.django_db
def test_change_of_a_promo_code_keeps_simultaneous_changes_of_other_fields(
    login, monkeypatch
) -> None:
    code, save = promo(), services.save_promo_code

    def after_another(**arguments):
        monkeypatch.setattr(services, "save_promo_code", save)
        assert chief.patch(f"{URL}{code.pk}/", {"is_active": False}).status_code == 200
        return save(**arguments)

    chief = login(StaffFactory())
    monkeypatch.setattr(services, "save_promo_code", after_another)
    changed = chief.patch(f"{URL}{code.pk}/", {"max_uses": 5}).json()
    assert (changed["max_uses"], changed["is_active"]) == (5, False)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "code"), ({"code": ""}, "code"), ({"code": "a b"}, "code"), ({"code": 5}, "code"),
        ({"code": "\x00"}, "code"), ({"code": "x" * 41}, "code"), ({"code": "TEN", "percent": "5"}, "code"),
        ({"code": "A"}, "percent"), ({"code": "A", "percent": "101"}, "percent"),
        ({"code": "A", "percent": "0"}, "percent"), ({"code": "A", "percent": "-1"}, "percent"),
        ({"code": "A", "percent": "5", "amount": "5", "currency": "INR"}, "percent"),
        ({"code": "A", "amount": "5"}, "currency"), ({"code": "A", "amount": 5, "currency": "INR"}, "amount"),
        ({"code": "A", "amount": "0.001", "currency": "INR"}, "amount"),
        ({"code": "A", "amount": "0", "currency": "INR"}, "amount"),
        ({"code": "A", "percent": "5", "max_uses": 0}, "max_uses"),
        ({"code": "A", "percent": "5", "max_uses": True}, "max_uses"),
        ({"code": "A", "percent": "5", "shows": [10**9]}, "shows"),
        ({"code": "A", "percent": "5", "shows": ["x"]}, "shows"),
        ({"code": "A", "percent": "5", "shows": {}}, "shows"),
        ({"code": "A", "percent": "5", "valid_from": "2030-02-30T00:00Z"}, "valid_from"),
        ({"code": "A", "percent": "5", "valid_from": "2030-02-02T00:00Z", "valid_until": "2030-02-01T00:00Z"}, "valid_until"),
        ({"code": "A", "percent": "5", "uses": 1}, "uses"),
    ],
)  # fmt: skip
def test_bad_promo_codes_are_refused(login, body, field) -> None:
    promo()
    assert_problem(login(StaffFactory()).post(URL, body), 400, "invalid", field)
    assert PromoCode.objects.count() == 1


@pytest.mark.django_db
def test_promo_codes_are_for_staff_with_the_permission(api, login) -> None:
    usher = UserFactory(is_staff=True)
    assert_problem(api.get(URL), 401, "not_authenticated")
    for user in (UserFactory(), usher):
        assert_problem(login(user).get(URL), 403, "permission_denied")
        body = {"code": "A", "percent": "5"}
        assert_problem(login(user).post(URL, body), 403, "permission_denied")
    assert not PromoCode.objects.exists()
    usher.user_permissions.add(Permission.objects.get(codename="view_promocode"))
    assert login(usher).get(URL).status_code == 200


@pytest.mark.django_db
def test_a_percentage_is_off_the_tickets_and_not_the_fees(book) -> None:
    promo()
    body = book("A1", "A2").json()
    amounts = {name: body[name] for name in ("subtotal", "discount", "fees", "total")}
    assert amounts == {
        "subtotal": "200.00", "discount": "20.00", "fees": "10.00", "total": "190.00",
    }  # fmt: skip
    assert body["promo_code"] == "TEN"


@pytest.mark.django_db
def test_an_amount_is_never_more_than_the_tickets_cost(book) -> None:
    promo(amount=Decimal(500), currency="INR")
    body = book("A1").json()
    assert (body["discount"], body["fees"], body["total"]) == ("100.00", "0.00", "0.00")
    assert body["status"] == "confirmed"


@pytest.mark.django_db
def test_a_quote_knows_the_code_and_uses_none_up(book) -> None:
    promo(max_uses=1)
    quote = book("A1", path="quote/").json()
    booking = book("A1").json()
    assert quote["total"] == booking["total"] == "95.00"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"code": "OTHER"},
        {"is_active": False},
        {"valid_from": timezone.now() + timedelta(hours=1)},
        {"valid_until": timezone.now() - timedelta(hours=1)},
        {"currency": "EUR", "min_total": Decimal(1)},
        {"currency": "INR", "min_total": Decimal("100.01")},
    ],
)
def test_a_code_that_does_not_hold_is_refused_and_nothing_is_held(book, fields) -> None:
    promo(**fields)
    for path in ("", "quote/"):
        assert_problem(book("A1", path=path), 400, "promo_code_invalid")
    assert not Booking.objects.exists()


@pytest.mark.django_db
def test_an_amount_that_is_needed_has_the_digits_of_its_currency(book) -> None:
    promo(currency="INR", min_total=Decimal("150.50"))
    detail = assert_problem(book("A1"), 400, "promo_code_invalid")["detail"]
    assert detail == "This promo code needs tickets for 150.50 or more."


@pytest.mark.django_db
def test_a_code_may_be_bound_to_shows_or_events(book, show) -> None:
    bound = promo()
    bound.shows.add(scheduled_show())
    assert_problem(book("A1"), 400, "promo_code_invalid")
    bound.events.add(show.event)
    assert book("A1").status_code == 201


@pytest.mark.django_db
def test_a_use_is_a_booking_that_is_paid_or_may_be(book) -> None:
    promo(max_uses=1)
    first = Booking.objects.get(pk=book("A1").json()["id"])
    assert_problem(book("A2"), 400, "promo_code_invalid")
    run_out(first)
    second = Booking.objects.get(pk=book("A2").json()["id"])
    checkout.cancel(booking_id=second.pk, cancelled_by=second.user)
    assert book("A3").status_code == 201


@pytest.mark.django_db
def test_a_customer_has_a_limit_of_their_own(book) -> None:
    promo(max_uses_per_customer=1)
    customer = UserFactory()
    assert book("A1", customer=customer).status_code == 201
    assert_problem(book("A2", customer=customer), 400, "promo_code_invalid")
    assert book("A2").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_the_last_use_of_a_code_goes_to_one_of_its_rivals(book) -> None:
    promo(max_uses=2)
    calls = [partial(book, f"A{seat}", customer=UserFactory()) for seat in range(1, 7)]
    statuses = [answer.status_code for answer in run_at_once(calls)]
    assert sorted(statuses) == [201, 201, 400, 400, 400, 400]
    assert Booking.objects.count() == 2


@pytest.mark.django_db
def test_a_hoarder_is_slowed_down(login, show, settings) -> None:
    settings.BOOKINGS_MAX_PENDING, settings.BOOKINGS_MAX_GIVEN_UP = 2, 2
    customer = UserFactory()
    client = login(customer)

    def hold(label: str):
        body = {"show_id": show.pk, "seat_ids": seat_ids(show, label)}
        return client.post("/api/bookings/", body)

    held = [hold("A1"), hold("A2")]
    refused = hold("A3")
    assert_problem(refused, 429, "throttled")
    assert int(refused["Retry-After"]) > 0
    for answer in held:
        client.post(f"/api/bookings/{answer.json()['id']}/cancel/")
    assert_problem(hold("A3"), 429, "throttled")
    assert Booking.objects.count() == 2
    other = scheduled_show()
    body = {"show_id": other.pk, "seat_ids": seat_ids(other, "A1")}
    assert client.post("/api/bookings/", body).status_code == 201


@pytest.mark.django_db
def test_event_of_a_promo_code_cannot_be_deleted(login, client, show) -> None:
    """A code for one event would then apply to all. The same is true for one show."""
    event, boss = EventFactory(), StaffFactory()
    promo().events.add(event)
    promo(code="ONENIGHT").shows.add(show)
    response = login(boss).delete(f"/api/events/{event.pk}/")
    assert_problem(response, 409, "in_use")
    client.force_login(boss)
    sent = {"post": "yes", "action": "delete_selected", "_selected_action": [event.pk]}
    for path in ("event/", f"event/{event.pk}/delete/"):
        assert client.post(f"/admin/events/{path}", sent).status_code in (200, 403)
    client.post(f"/admin/shows/show/{show.pk}/delete/", sent)
    assert Event.objects.filter(pk=event.pk).exists()
    assert Show.objects.filter(pk=show.pk).exists()


# ---- Many codes for one use each

BULK = "/api/bookings/promo-codes/bulk/"


def test_staff_make_many_codes_that_nobody_guesses(boss_api) -> None:
    sent = {"count": 300, "prefix": "bank", "percent": "20"}
    answer = boss_api.post(BULK, sent)
    assert answer.status_code == 201, answer.content
    codes = answer.json()["codes"]
    letters = "[2-9A-HJ-NP-Z]{4}"
    assert len(set(codes)) == 300
    assert all(re.fullmatch(f"BANK-{letters}-{letters}-{letters}", code) for code in codes)
    made = PromoCode.objects.all()
    assert set(made.values_list("percent", "max_uses", "is_active")) == {(20, 1, True)}
    entry = Entry.objects.get(action="promo_codes.make")
    assert not any(code in str(entry.changes) for code in codes)


def test_a_code_of_many_is_used_once_and_for_its_shows_only(boss_api, login) -> None:
    show, other = scheduled_show(), scheduled_show()
    sent = {"count": 2, "percent": "20", "shows": [show.pk], "events": [show.event_id]}
    code, _ = boss_api.post(BULK, sent).json()["codes"]

    def booked(show, seat):
        body = {"show_id": show.pk, "seat_ids": seat_ids(show, seat), "promo_code": code.lower()}
        return login(UserFactory()).post("/api/bookings/", body)

    assert_problem(booked(other, "A1"), 400, "promo_code_invalid")
    assert booked(show, "A1").json()["discount"] == "50.00"
    assert_problem(booked(show, "A3"), 400, "promo_code_invalid")


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("count", {"count": 0}),
        ("count", {"count": 5001}),
        ("count", {"count": "5"}),
        ("prefix", {"prefix": "a b"}),
        ("prefix", {"prefix": "a" * 21}),
        ("percent", {"percent": "101"}),
        ("percent", {"amount": "5.00", "currency": "INR"}),
        ("currency", {"percent": None, "amount": "5.00"}),
        ("code", {"code": "MINE"}),
        ("max_uses", {"max_uses": 5}),
    ],
)
def test_wrong_terms_of_many_codes_are_refused_and_none_is_made(boss_api, field, change) -> None:
    sent = {"count": 5, "percent": "20", **change}
    assert_problem(boss_api.post(BULK, sent), 400, "invalid", field=field)
    assert not PromoCode.objects.exists()


def test_only_staff_who_may_add_promo_codes_make_many(api, customer_api, staff_api) -> None:
    sent = {"count": 5, "percent": "20"}
    for client, status in ((api, 401), (customer_api, 403), (staff_api("view_promocode"), 403)):
        assert client.post(BULK, sent).status_code == status
    assert not PromoCode.objects.exists()


def test_the_admin_makes_many_codes_and_sends_them_as_csv(boss, staff) -> None:
    url = "/admin/bookings/promocode/bulk/"
    assert "Many codes" in boss.get("/admin/bookings/promocode/").content.decode()
    assert boss.get(url).status_code == 200
    wrong = boss.post(url, {"count": "3", "percent": "20", "amount": "5"})
    assert wrong.status_code == 200 and not PromoCode.objects.exists()
    answer = boss.post(url, {"count": "3", "prefix": "a", "percent": "20"})
    assert answer["Content-Type"] == "text/csv", answer.content
    header, *codes = answer.content.decode("utf-8-sig").split()
    assert header == "code" and set(codes) == set(PromoCode.objects.values_list("code", flat=True))
    assert staff("view_promocode").post(url, {"count": "3", "percent": "20"}).status_code == 403
