"""Random cancellations, exchanges, scans, late and lost payments over three shows."""

import os
from decimal import Decimal

import pytest
from django.db.models import Sum

from bookings.models import LedgerEntry, Ticket
from bookings.tests.after_sale_game import AfterSaleGame

# For each game. A longer one is a harder one.
STEPS = int(os.environ.get("AFTER_SALE_STEPS", "40"))
MAX_STEPS = STEPS + 200
# Each game must contain all of these.
HARD = {
    "exchange confirmed", "exchange pending", "give_back", "come_in", "late exchange confirmed",
    "late exchange expired", "exchange_not_allowed", "show cancelled",
}  # fmt: skip
GAMES = [("INR", True, 1), ("JPY", False, 2), ("KWD", True, 3)]


def total(kind: str) -> Decimal:
    rows = LedgerEntry.objects.filter(kind=kind)
    return rows.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("currency", "gives_all", "seed"), GAMES)
def test_after_every_move_tickets_seats_and_money_agree(
    currency: str, gives_all: bool, seed: int
) -> None:
    game = AfterSaleGame(currency, seed=seed, gives_all=gives_all)
    step = 0
    while step < STEPS or not set(game.seen) >= HARD:
        assert step < MAX_STEPS, HARD - set(game.seen)
        step += 1
        game.step(towards=HARD - set(game.seen) if step > STEPS else ())
        complaints = game.complaints() if step % 25 else game.all_complaints()
        assert complaints == [], (step, game.seen)
    game.end()
    assert game.all_complaints() == []
    assert not Ticket.objects.in_force().exists()
    if gives_all:
        assert total("captured") == -total("refunded") > 0
    else:
        assert total("captured") > -total("refunded") > 0
