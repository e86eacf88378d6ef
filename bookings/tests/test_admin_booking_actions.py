"""Actions and notes on a booking's admin page."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from bookings import services
from bookings.models import BookingNote, Message
from bookings.tests.factories import confirmed, held
from users.services import erase_account
from users.tests.factories import PASSWORD, StaffFactory

pytestmark = pytest.mark.django_db
BOOKINGS = "/admin/bookings/booking/"


def page_of(client, booking) -> str:
    response = client.get(f"{BOOKINGS}{booking.pk}/change/")
    assert response.status_code == 200
    return response.content.decode()


def do(client, booking, name, **body):
    return client.post(f"{BOOKINGS}{booking.pk}/do/{name}/", body, follow=True)


def texts(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_one_click_sends_the_tickets_of_a_booking_again(boss) -> None:
    booking = confirmed("A1")
    before = Message.objects.count()
    assert f"{BOOKINGS}{booking.pk}/do/send-again/" in page_of(boss, booking)
    response = do(boss, booking, "send-again")
    assert texts(response) == [f"Booking and tickets are on their way to {booking.contact_email}."]
    assert Message.objects.count() == before + 1
    assert Message.objects.latest("pk").kind == Message.Kind.SENT_AGAIN


def test_send_again_refuses_a_sixth_time_a_day_and_sends_nothing(boss) -> None:
    booking = confirmed("A1")
    for _ in range(5):
        do(boss, booking, "send-again")
    before = Message.objects.count()
    assert texts(do(boss, booking, "send-again")) == ["This booking was sent several times today."]
    assert Message.objects.count() == before


def test_an_action_refuses_a_booking_that_it_is_not_for_and_sends_nothing(boss) -> None:
    booking = held("A1")
    services.cancel_booking(booking_id=booking.pk, cancelled_by=booking.user)
    before = Message.objects.count()
    assert "send-again" not in page_of(boss, booking)
    response = do(boss, booking, "send-again")
    assert texts(response) == ["Send again: not for a booking that is cancelled."]
    assert Message.objects.count() == before


def test_an_immediate_action_refuses_get_and_does_nothing(boss) -> None:
    booking, before = confirmed("A1"), Message.objects.count()
    assert boss.get(f"{BOOKINGS}{booking.pk}/do/send-again/").status_code == 405
    assert Message.objects.count() == before


def test_an_action_refuses_staff_without_its_permission_and_does_nothing(staff) -> None:
    booking, before = confirmed("A1"), Message.objects.count()
    client = staff("view_booking")
    page = page_of(client, booking)
    assert "send-again" not in page and "add-note" not in page
    for name in ("send-again", "add-note"):
        assert do(client, booking, name, text="Hello").status_code == 403
    assert Message.objects.count() == before and not BookingNote.objects.exists()


def test_an_action_refuses_staff_who_may_not_see_bookings(staff) -> None:
    booking, before = confirmed("A1"), Message.objects.count()
    client = staff("change_message", "add_bookingnote")
    assert do(client, booking, "send-again").status_code == 403
    assert do(client, booking, "add-note", text="Hello").status_code == 403
    assert Message.objects.count() == before and not BookingNote.objects.exists()


def test_an_unknown_action_is_not_found(boss) -> None:
    assert do(boss, confirmed("A1"), "unknown").status_code == 404


@pytest.mark.parametrize("number", ["0", "999999999999999999"])
def test_an_action_of_an_unknown_booking_is_not_found(boss, number) -> None:
    assert boss.post(f"{BOOKINGS}{number}/do/send-again/").status_code == 404


def test_staff_add_notes_which_the_page_shows_newest_first(boss) -> None:
    booking = confirmed("A1")
    do(boss, booking, "add-note", text="  Called: comes by\r\nwheelchair <b> ")
    response = do(boss, booking, "add-note", text="Moved to the aisle")
    assert texts(response) == ["The note was added."]
    page = page_of(boss, booking)
    assert page.index("Moved to the aisle") < page.index("wheelchair &lt;b&gt;")
    [newest, _] = BookingNote.objects.all()
    assert newest.by.is_superuser and timezone.now() - newest.at < timedelta(minutes=1)


@pytest.mark.parametrize("text", ["", "  ", "x" * 1001, "bell \a"])
def test_a_note_that_cannot_be_kept_is_refused_and_not_written(boss, text) -> None:
    response = do(boss, confirmed("A1"), "add-note", text=text)
    assert texts(response)[0].startswith("The note was not saved.")
    assert not BookingNote.objects.exists()


def test_notes_are_visible_with_their_permission_only(staff) -> None:
    booking = confirmed("A1")
    services.add_note(booking=booking, text="Allergic to nuts", by=StaffFactory())
    assert "Allergic" not in page_of(staff("view_booking"), booking)
    assert "Allergic" in page_of(staff("view_booking", "view_bookingnote"), booking)


def test_the_erasure_of_a_person_empties_the_notes_about_their_bookings() -> None:
    booking = confirmed("A1")
    services.add_note(booking=booking, text="Has a cold", by=StaffFactory())
    erase_account(user=booking.user, password=PASSWORD, session=None, network="")
    assert BookingNote.objects.get().text == ""


@pytest.mark.postgres
def test_postgresql_refuses_to_change_or_delete_a_note() -> None:
    note = services.add_note(booking=confirmed("A1"), text="First", by=StaffFactory())
    notes = BookingNote.objects.filter(pk=note.pk)
    for change in (lambda: notes.update(text="Second"), notes.delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    assert notes.get().text == "First"
