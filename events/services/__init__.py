"""Use cases that change the catalogue."""

from events.services.catalogue import create_event, delete_event, promo_codes_for, update_event
from events.services.poster_images import PosterImage, draw_poster_sizes
from events.services.posters import delete_poster_files, remove_poster, set_poster

__all__ = [
    "PosterImage", "create_event", "delete_event", "delete_poster_files", "draw_poster_sizes",
    "promo_codes_for", "remove_poster", "set_poster", "update_event",
]  # fmt: skip
