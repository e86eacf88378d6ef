"""
Which seats to offer: plain computation on positions, without a database.

`places` are seats as they stand in a `hall`, in rows that aisles part into blocks. `rules` says what
may be taken of them; `adjacent` finds so many side by side, the nearest first. On these build the two
questions that are asked: `best_available` for a party, and `alternatives` to seats that are taken.
"""

from shows.seating.adjacent import NotSeen
from shows.seating.alternatives import ALTERNATIVES, alternatives
from shows.seating.best_available import Party, choose_seats
from shows.seating.hall import Hall
from shows.seating.places import Place
from shows.seating.rules import left_of_couples, single_seats

__all__ = [
    "ALTERNATIVES",
    "Hall",
    "NotSeen",
    "Party",
    "Place",
    "alternatives",
    "choose_seats",
    "left_of_couples",
    "single_seats",
]
