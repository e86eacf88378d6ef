"""Questions about shows and their seats, a module for each subject."""

from shows.selectors.choice import (
    Choice,
    best_seats,
    choose_places,
    free_in,
    hall_with_free_seats,
    other_shows,
    party_of,
    split_ids,
)
from shows.selectors.listing import (
    count_of_seats,
    films_with_shows,
    final_count,
    price_list_of,
    prices_of,
    shows_listed_for,
    shows_to_come,
    shows_visible_to,
)
from shows.selectors.seat_map import (
    PricedSeats,
    areas_of,
    categories_with_free_seats,
    claims_of,
    counts_by_category,
    layouts_of,
    priced_seats,
    unavailable_seats,
)
from shows.selectors.ticket_types import RULES, TicketRule, TicketRules, ticket_types_of
from shows.selectors.week import terms_for, week_of

__all__ = [
    "RULES",
    "Choice",
    "PricedSeats",
    "TicketRule",
    "TicketRules",
    "areas_of",
    "best_seats",
    "categories_with_free_seats",
    "choose_places",
    "claims_of",
    "count_of_seats",
    "counts_by_category",
    "films_with_shows",
    "final_count",
    "free_in",
    "hall_with_free_seats",
    "layouts_of",
    "other_shows",
    "party_of",
    "price_list_of",
    "priced_seats",
    "prices_of",
    "shows_listed_for",
    "shows_to_come",
    "shows_visible_to",
    "split_ids",
    "terms_for",
    "ticket_types_of",
    "unavailable_seats",
    "week_of",
]
