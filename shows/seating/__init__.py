"""
Computing which seats to offer, without a database.

`hall_seats` has a seat and its position, and `blocks` splits rows into blocks of neighbours. `hall`
has all seats of one show, and `rules` says which seats may not be booked. `adjacent` finds groups of
free seats side by side, the nearest first. `best_available` and `alternatives` are built on it. `rehousing` moves everyone to another hall.
"""

from shows.seating.adjacent import NotSeen
from shows.seating.alternatives import ALTERNATIVES, alternatives
from shows.seating.best_available import Party, choose_seats, ids_around
from shows.seating.hall import Hall
from shows.seating.hall_seats import HallSeat
from shows.seating.rehousing import Area, NewHall, Occupied, Rehousing, rehouse
from shows.seating.rules import LENIENT, OFF, STRICT, left_of_couples, single_seats

__all__ = [
    "ALTERNATIVES",
    "LENIENT",
    "OFF",
    "STRICT",
    "Area",
    "Hall",
    "HallSeat",
    "NewHall",
    "NotSeen",
    "Occupied",
    "Party",
    "Rehousing",
    "alternatives",
    "choose_seats",
    "ids_around",
    "left_of_couples",
    "rehouse",
    "single_seats",
]
