"""The steps of a transfer that its tests share."""

import re
from typing import Any

from django.core import mail
from rest_framework.test import APIClient

from bookings.models import Booking, Ticket
from bookings.tasks import start_messages
from users.models import User

RAVI = "ravi@example.org"


def first_of(booking: Booking) -> Ticket:
    return Ticket.objects.with_show_and_seat().filter(booking=booking).order_by("pk")[0]


def path_of(ticket: Ticket) -> str:
    return f"/api/bookings/{ticket.booking_id}/tickets/{ticket.pk}/transfer/"


def sent_to(address: str) -> list[Any]:
    while start_messages():
        pass
    return [each for each in mail.outbox if each.to == [address]]


def token_for(address: str) -> str:
    """Return the token of the newest mail to an address."""
    return re.findall(r"/transfers/#([\w-]+)", sent_to(address)[-1].body)[-1]


def offer(client: APIClient, ticket: Ticket, email: str = RAVI, **body: Any) -> str:
    answer = client.post(path_of(ticket), {"email": email, **body})
    assert answer.status_code == 201, answer.content
    return token_for(email)


def accept(client: APIClient, token: str, **body: Any) -> Any:
    return client.post("/api/bookings/transfers/accept/", {"token": token, **body})


def passed_on(login, payer, booking, user: User) -> Ticket:
    ticket = first_of(booking)
    assert accept(login(user), offer(payer, ticket)).status_code == 200
    return first_of(booking)
