"""The links in mails, which open one booking without a login."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.db.models.functions import Now

from bookings import services
from bookings.models import Booking, BookingLink, Message, PromoCode
from bookings.tasks import send_messages
from bookings.tests.factories import confirmed, held
from eventbooking_system.testing.problems import assert_problem
from shows.tests.factories import scheduled_show, seat_ids
from users.models import User
from users.services import start_guest_checkout, walk_in_account
from users.tests.factories import StaffFactory, UserFactory

pytestmark = pytest.mark.django_db
OPEN, FIND, CLAIM = (f"/api/bookings/{name}/" for name in ("open", "find", "claim"))
ADDRESS = "asha@example.org"


def guest(email=ADDRESS):
    start_guest_checkout(email=email)
    return User.objects.filter(is_guest=True).latest("pk")


def link_body(booking):
    """Return the body that opens a booking with a new link."""
    parts = urlsplit(services.link_to(booking))
    return {"reference": parts.path.rsplit("/", 1)[1], "token": parts.fragment}


@pytest.fixture
def link_api(api):
    """Return a function that makes an API client of a link's session."""

    def _open(booking):
        api.credentials()
        answer = api.post(OPEN, link_body(booking))
        assert answer.status_code == 200
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access']}")
        return api

    return _open


def test_a_link_opens_its_booking_and_only_its_digest_is_stored(api):
    booking = confirmed(customer=guest())
    body = link_body(booking)
    response = api.post(OPEN, body)
    assert response.status_code == 200
    answer = response.json()
    assert answer.keys() == {"access", "expires_at", "booking"}
    assert (answer["booking"]["id"], answer["booking"]["status"]) == (booking.pk, "confirmed")
    assert body["token"] not in str(list(BookingLink.objects.values()))


def test_a_session_of_a_link_reaches_its_booking_and_no_other(link_api):
    customer = guest()
    booking, other = confirmed("A1", customer=customer), None
    other = held("A2", show=booking.show, customer=customer)
    client = link_api(booking)
    for path in ("", "payments/", "tickets/", "tickets.pdf", "calendar.ics", "export/"):
        assert client.get(f"/api/bookings/{booking.pk}/{path}").status_code == 200, path
        assert client.get(f"/api/bookings/{other.pk}/{path}").status_code == 404, path
    listed = client.get("/api/bookings/").json()
    assert [each["id"] for each in listed["results"]] == [booking.pk]


def test_a_guest_cancels_and_pays_with_a_link(link_api):
    booking = held(customer=guest())
    client = link_api(booking)
    paid = client.post(f"/api/bookings/{booking.pk}/payments/", {})
    assert (paid.status_code, paid.json()["status"]) == (201, "succeeded")
    cancelled = client.post(f"/api/bookings/{booking.pk}/cancel/", {})
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/api/bookings/"),
        ("get", "/api/users/me/"),
        ("get", "/api/users/me/export/"),
        ("post", "/api/bookings/check-in/"),
        ("post", CLAIM),
    ],
)
def test_a_session_of_a_link_cannot_replace_a_login(link_api, method, path):
    booking = confirmed(customer=guest())
    client = link_api(booking)
    body = {"show_id": booking.show_id, "seat_ids": [1]} if method == "post" else {}
    assert_problem(getattr(client, method)(path, body), 401, "token_invalid")
    assert Booking.objects.count() == 1


def test_a_link_to_a_booking_of_staff_gives_no_rights_of_staff(link_api):
    show = confirmed("A1", customer=UserFactory()).show
    own = confirmed("A2", customer=StaffFactory(), show=show)
    client = link_api(own)
    listed = client.get("/api/bookings/", {"all": "true"}).json()
    assert [each["id"] for each in listed["results"]] == [own.pk]
    assert_problem(client.get("/api/bookings/promo-codes/"), 401, "token_invalid")


def test_wrong_old_and_revoked_links_get_one_answer(api):
    booking = confirmed("A1", customer=guest())
    other = confirmed("A2", customer=guest(), show=booking.show)
    right = link_body(booking)
    revoked = link_body(booking)
    BookingLink.objects.latest("pk").booking.links.filter(
        pk=BookingLink.objects.latest("pk").pk
    ).revoke()
    wrong = [
        {**right, "token": "x" * 43},
        {**right, "token": right["token"][:-1]},
        {**right, "reference": other.reference},
        {**right, "reference": "ZZZZ-ZZZZ"},
        revoked,
    ]
    answers = []
    for body in wrong:
        response = api.post(OPEN, body)
        assert_problem(response, 401, "token_invalid")
        answers.append(re.sub(rb'"request_id":"[^"]*"', b"", response.content))
    assert len(set(answers)) == 1
    assert api.post(OPEN, right).status_code == 200


def test_a_link_opens_until_90_days_after_the_show(api):
    booking = confirmed(customer=guest())
    body = link_body(booking)
    show = booking.show
    for days, expected in ((89, 200), (91, 401)):
        type(show).objects.filter(pk=show.pk).update(
            start_time=Now() - timedelta(days=days, hours=2), end_time=Now() - timedelta(days=days)
        )
        assert api.post(OPEN, body).status_code == expected
    assert services.forget_old_links() == 1


def test_a_revoked_link_ends_its_open_sessions(link_api):
    booking = confirmed(customer=guest())
    client = link_api(booking)
    booking.links.revoke()
    assert_problem(client.get(f"/api/bookings/{booking.pk}/"), 401, "token_invalid")


def test_a_ticket_issued_again_revokes_the_links_and_mails_a_new_one(link_api):
    booking = confirmed("A1", customer=guest())
    client = link_api(booking)
    [ticket] = client.get(f"/api/bookings/{booking.pk}/tickets/").json()
    path = f"/api/bookings/{booking.pk}/tickets/{ticket['id']}/reissue/"
    assert client.post(path).status_code == 200
    assert_problem(client.get(f"/api/bookings/{booking.pk}/"), 401, "token_invalid")
    assert Message.objects.filter(kind="reissued").count() == 1


# ---- Claiming


def test_a_verified_account_claims_a_guests_booking(customer, customer_api, link_api):
    visitor = guest()
    booking = confirmed(customer=visitor)
    body = link_body(booking)
    response = customer_api.post(CLAIM, body)
    assert (response.status_code, response.json()["user"]) == (200, customer.pk)
    assert customer_api.get(f"/api/bookings/{booking.pk}/").status_code == 200
    assert not booking.links.filter(revoked_at=None).exists()
    assert_problem(customer_api.post(CLAIM, body), 401, "token_invalid")


def test_claim_refuses_guests_and_accounts_without_a_confirmed_address(login):
    booking = confirmed(customer=guest())
    for rival in (guest(), UserFactory(email_verified_at=None)):
        assert_problem(login(rival).post(CLAIM, link_body(booking)), 403, "account_required")
    booking.refresh_from_db()
    assert booking.user.is_guest


def test_claim_refuses_a_booking_of_another_account(customer_api):
    booking = confirmed(customer=UserFactory())
    before = booking.user_id
    assert_problem(customer_api.post(CLAIM, link_body(booking)), 401, "token_invalid")
    booking.refresh_from_db()
    assert booking.user_id == before


# ---- Mails


def test_find_mails_the_coming_bookings_of_an_address_and_always_answers_the_same(api):
    mine = confirmed("A1", customer=guest())
    account = held("A2", customer=UserFactory(email=ADDRESS), show=mine.show)
    held("B1", customer=guest("other@example.org"), show=mine.show)
    answers = []
    for email in (ADDRESS, "nobody@example.org"):
        response = api.post(FIND, {"email": email})
        answers.append((response.status_code, response.content))
    assert answers[0] == answers[1] == (202, b"")
    told = Message.objects.filter(kind="sent_again").values_list("booking", flat=True)
    assert sorted(told) == [mine.pk, account.pk]


def test_a_booking_of_the_counter_is_found_by_the_address_of_its_customer_and_claimed(
    api, customer, customer_api
):
    booking = confirmed(customer=UserFactory())
    walk_in = {"user": walk_in_account(), "customer_email": ADDRESS}
    Booking.objects.filter(pk=booking.pk).update(**walk_in)
    assert api.post(FIND, {"email": ADDRESS}).status_code == 202
    assert Message.objects.get(kind="sent_again").booking_id == booking.pk
    assert customer_api.post(CLAIM, link_body(booking)).status_code == 200
    booking.refresh_from_db()
    assert booking.user_id == customer.pk


def test_find_leaves_out_what_is_over(api):
    booking = confirmed("A1", customer=guest())
    cancelled = held("A2", customer=guest(), show=booking.show)
    services.cancel_booking(booking_id=cancelled.pk, cancelled_by=cancelled.user)
    type(booking.show).objects.update(start_time=Now() - timedelta(hours=9), end_time=Now())
    api.post(FIND, {"email": ADDRESS})
    assert not Message.objects.filter(kind="sent_again").exists()


def test_a_mail_sent_again_goes_to_the_typed_address_with_tickets_and_a_link_that_opens(api, login):
    booking = confirmed(customer=guest())
    client = login(booking.user)
    assert client.post(f"/api/bookings/{booking.pk}/resend/").status_code == 202
    message = Message.objects.get(kind="sent_again")
    send_messages.call([_claimed(message)])
    [sent] = mail.outbox
    assert sent.to == [ADDRESS]
    assert {attachment[0] for attachment in sent.attachments} == {"tickets.pdf", "show.ics"}
    [(reference, token)] = re.findall(r"/bookings/([^#\s]+)#(\S+)", sent.body)
    assert api.post(OPEN, {"reference": reference, "token": token}).status_code == 200


def _claimed(message):
    Message.objects.filter(pk=message.pk).update(state="sending", attempts=1)
    return message.pk, 1


def test_a_booking_is_sent_again_five_times_a_day(login):
    booking = confirmed(customer=guest())
    client = login(booking.user)
    answers = [client.post(f"/api/bookings/{booking.pk}/resend/") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [202] * 5 + [429]
    assert int(answers[5]["Retry-After"]) > 0


# ---- Limits of guests


@pytest.fixture
def as_guest(api):
    """
    Return a function that makes an API client of a guest.

    Each call makes a new guest, and sends that guest's own token.
    """

    def _begin(address=ADDRESS):
        api.credentials()
        access = api.post("/api/users/guest/", {"email": address}).json()["access"]
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
        return api

    return _begin


def test_guests_of_one_address_share_the_limit_of_holds(as_guest, settings):
    settings.BOOKINGS_MAX_PENDING = 1
    show = scheduled_show()
    for address, wanted, expected in (
        (ADDRESS, {"seat_ids": seat_ids(show, "A1")}, 201),
        (ADDRESS, {"seat_ids": seat_ids(show, "A2")}, 429),
        (ADDRESS, {"quantity": 1}, 429),
        ("other@example.org", {"seat_ids": seat_ids(show, "A2")}, 201),
    ):
        answer = as_guest(address).post("/api/bookings/", {"show_id": show.pk, **wanted})
        assert answer.status_code == expected, (address, wanted)
    assert Booking.objects.count() == 2


def test_guests_of_one_address_share_the_limit_of_a_promo_code(as_guest):
    show = scheduled_show()
    PromoCode.objects.create(code="ONCE", percent=10, max_uses_per_customer=1)
    for address, label, expected in (
        (ADDRESS, "A1", 201),
        (ADDRESS, "A2", 400),
        ("other@example.org", "A2", 201),
    ):
        body = {"show_id": show.pk, "seat_ids": seat_ids(show, label), "promo_code": "ONCE"}
        assert as_guest(address).post("/api/bookings/", body).status_code == expected, address


# ---- The end of a guest's data


def test_a_guest_is_erased_some_months_after_the_last_show(settings, api):
    settings.GUEST_RETENTION_DAYS = 180
    old, new = confirmed("A1", customer=guest()), None
    new = confirmed("A1", customer=guest())
    body = link_body(old)
    User.objects.filter(is_guest=True).update(date_joined=Now() - timedelta(days=400))
    show = old.show
    type(show).objects.filter(pk=show.pk).update(
        start_time=Now() - timedelta(days=182), end_time=Now() - timedelta(days=181)
    )
    assert services.erase_old_guests() == 1
    old.user.refresh_from_db()
    new.user.refresh_from_db()
    assert old.user.erased_at and old.user.contact_email == ""
    assert new.user.contact_email == ADDRESS
    assert_problem(api.post(OPEN, body), 401, "token_invalid")
    assert services.erase_old_guests() == 0
