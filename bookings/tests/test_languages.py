"""Refusals in the client's language: only the words change."""

import pytest
from django.utils.translation import gettext, override

from bookings.tests.factories import confirmed, held
from eventbooking_system.errors import PROBLEMS
from shows.tests.factories import seat_ids
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("accepted", "language", "title", "detail"),
    [
        (None, "en", "Seats unavailable", "1 of the 2 seats is no longer available."),
        ("fr", "en", "Seats unavailable", "1 of the 2 seats is no longer available."),
        ("es-MX, en;q=0.5", "es", "Asientos no disponibles", "1 de los 2 asientos ya no está disponible."),
        ("hi", "hi", "सीटें उपलब्ध नहीं", "2 में से 1 सीट अब उपलब्ध नहीं है।"),
    ],
)  # fmt: skip
def test_a_refusal_is_in_the_language_of_the_client(
    login, accepted: str | None, language: str, title: str, detail: str
) -> None:
    show = held("A1").show
    headers = {"Accept-Language": accepted} if accepted else {}
    answer = login(UserFactory()).post(
        "/api/bookings/",
        {"show_id": show.pk, "seat_ids": seat_ids(show, "A1", "A2")},
        headers=headers,
    )
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "seats_unavailable")
    assert (problem["title"], problem["detail"]) == (title, detail)
    assert answer["Content-Language"] == language
    assert "Accept-Language" in answer["Vary"]


@pytest.mark.parametrize(
    ("card", "language", "detail"),
    [
        ("pm_card_declined", "en", "The card was declined."),
        ("pm_card_declined", "es", "La tarjeta ha sido rechazada."),
        ("pm_card_declined", "hi", "कार्ड अस्वीकार कर दिया गया।"),
        ("pm_nobodys", "es", "Uno de pm_card_visa, pm_card_declined, "),
    ],
)
def test_a_declined_payment_is_answered_in_the_client_s_language_and_stored_in_english(
    login, card: str, language: str, detail: str
) -> None:
    booking = held()
    path = f"/api/bookings/{booking.pk}/payments/"
    headers = {"Accept-Language": language}
    problem = login(booking.user).post(path, {"payment_method": card}, headers=headers).json()
    assert problem["detail"].startswith(detail)
    stored = [payment.failure for payment in booking.payments.all()]
    assert stored == (["The card was declined."] if problem["status"] == 402 else [])


@pytest.mark.parametrize(
    ("language", "detail"),
    [
        ("en", "The booking is confirmed already."),
        ("es", "La reserva ya está en el estado «confirmed»."),
        ("hi", "बुकिंग पहले से “confirmed” स्थिति में है।"),
    ],
)
def test_a_second_payment_is_refused_in_the_language_of_the_client(
    login, language: str, detail: str
) -> None:
    booking = confirmed()
    path, headers = f"/api/bookings/{booking.pk}/payments/", {"Accept-Language": language}
    problem = login(booking.user).post(path, {}, headers=headers).json()
    assert (problem["code"], problem["detail"]) == ("invalid_transition", detail)


def test_data_is_the_same_in_every_language(api) -> None:
    show = held("A1").show
    answer = api.get(f"/api/shows/{show.pk}/", headers={"Accept-Language": "es"})
    assert "Accept-Language" not in answer["Vary"] and "Content-Language" not in answer
    assert answer.json() == api.get(f"/api/shows/{show.pk}/").json()


def test_an_invalid_language_is_answered_in_english(api) -> None:
    for nonsense in ("", "*", "\0", "x" * 5000, "es;q=nan", "../../etc"):
        answer = api.get("/api/bookings/", headers={"Accept-Language": nonsense})
        assert (answer.status_code, answer["Content-Language"]) == (401, "en")


@pytest.mark.parametrize(
    ("accepted", "title"),
    [("es", "Hay que iniciar sesión"), ("hi", "लॉगिन आवश्यक है"), ("de", "Login required")],
)
def test_errors_of_the_framework_are_in_the_language_of_the_client(
    api, accepted: str, title: str
) -> None:
    problem = api.get("/api/bookings/", headers={"Accept-Language": accepted}).json()
    assert (problem["code"], problem["title"]) == ("not_authenticated", title)


@pytest.mark.parametrize("language", ["es", "hi"])
def test_every_title_of_a_problem_is_translated(language: str) -> None:
    with override(language):
        same = [
            problem.code for problem in PROBLEMS.values() if gettext(problem.title) == problem.title
        ]
    assert same == []
