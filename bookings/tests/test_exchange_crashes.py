"""
Processes killed with SIGKILL while tickets are exchanged.

At every point the customer has either the older tickets or the new ones, and the repeated request
comes to the same end as one that was not cut off.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import stripe

from bookings.models import Booking, Ticket
from bookings.payments import providers
from bookings.tests.crash_world import WIRE, World, jobs, pass_time, settings_of
from bookings.tests.crashing import act, mortal_process
from bookings.tests.factories import run_out
from bookings.tests.provider_books import disagreements
from bookings.tests.soundness import broken
from bookings.tests.stripe_server import running
from shows.models import Show
from shows.tests.factories import scheduled_show, seat_ids

pytestmark = [
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
]

GATEWAY = "bookings.payments.stripe.StripeGateway"
HOLDING = "bookings.services.holding"


@pytest.fixture
def world(settings, monkeypatch) -> Iterator[World]:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    with running() as server:
        for name, value in settings_of(server).items():
            setattr(settings, name, value)
        providers.stripe_gateway.cache_clear()
        yield World(server, mortal_process())
        assert [*broken(), *disagreements(server)] == []


def later(world: World, price: str) -> Show:
    start = world.show.start_time + timedelta(days=1)
    return scheduled_show(event=world.show.event, rows={"A": 20}, price=price, start_time=start)


def exchanging(older: Booking, show: Show, label: str) -> dict[str, object]:
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, label)}
    path = f"/api/bookings/{older.pk}/exchange/"
    return {"user": older.user_id, "path": path, "body": body, "key": f"exchange-{older.pk}"}


def shows_of_valid_tickets(older: Booking) -> list[int]:
    chain = [older.pk, *older.exchanges.values_list("pk", flat=True)]
    tickets = Ticket.objects.in_force().filter(booking__in=chain)
    return list(tickets.values_list("booking__show", flat=True))


EXCHANGE_POINTS = {
    "older seats locked": (f"{HOLDING}.lock_for_exchange", "after", 1),
    "planned": (f"{HOLDING}.plan_exchange", "after", 1),
    "not written": (f"{HOLDING}.write", "before", 1),
    "written, not confirmed": (f"{HOLDING}.confirm", "before", 1),
    "older lines ended": ("bookings.services.transitions.end_older", "after", 1),
    "confirmed, not committed": (f"{HOLDING}.confirm", "after", 1),
    "committed, no answer sent": ("bookings.services.hold", "after", 1),
}


def test_a_repeated_request_completes_a_killed_exchange_once(world) -> None:
    show = later(world, "250.00")
    for number, (point, at) in enumerate(EXCHANGE_POINTS.items()):
        older = world.paid()
        request = exchanging(older, show, f"A{number + 1}")
        world.killed(at, "post", **request)
        survived = point.startswith("committed")
        assert shows_of_valid_tickets(older) == [show.pk if survived else world.show.pk], point
        answer = act("post", **request)
        assert answer.status_code == 201 and answer.json()["status"] == "confirmed", point
        assert ("Idempotent-Replayed" in answer) == survived, point
        assert shows_of_valid_tickets(older) == [show.pk], point
        assert older.exchanges.count() == 1, point


PAY_POINTS = {
    "before the call": (f"{GATEWAY}.create_payment", "before", 1),
    "after the call, the response lost": (WIRE, "after", 2),
    "response in, nothing written": ("bookings.services.record_payment", "before", 1),
    "older lines ended": ("bookings.services.transitions.end_older", "after", 1),
    "confirmed, no answer sent": ("bookings.services.record_payment", "after", 1),
}


@pytest.mark.parametrize("point", PAY_POINTS)
def test_an_exchange_whose_payment_was_cut_off_leaves_one_valid_ticket(world, point) -> None:
    show, took_money = later(world, "400.00"), point != "before the call"
    ends = {}
    for number, how in enumerate(("client", "events", "jobs", "nobody")):
        older = ends[how] = world.paid()
        held = act("post", **exchanging(older, show, f"A{number + 1}")).json()
        assert (held["status"], held["amount_due"]) == ("pending", "150.00")
        world.killed(PAY_POINTS[point], "post", **world.paying(newer_of(older)))
        is_done = point == "confirmed, no answer sent"
        assert shows_of_valid_tickets(older) == [show.pk if is_done else world.show.pk]
    pass_time()
    assert act("post", **world.paying(newer_of(ends["client"]))).status_code == 201
    assert shows_of_valid_tickets(ends["client"]) == [show.pk]
    world.deliver()
    after = show.pk if took_money else world.show.pk
    assert shows_of_valid_tickets(ends["events"]) == [after]
    run_out(newer_of(ends["nobody"]))
    jobs()
    for how in ("jobs", "nobody"):
        assert shows_of_valid_tickets(ends[how]) == [after]
        assert world.charges(newer_of(ends[how])) == took_money


def newer_of(older: Booking) -> Booking:
    return older.exchanges.get()
