"""The mark of a show's stock: what is kept of it is outdated once the mark changes."""

from eventbooking_system.cache.versioned import invalidate


def stock_version(show_id: int) -> str:
    return f"stock:{show_id}"


def invalidate_stock(show_id: int) -> None:
    """Say so within every transaction that writes rows of ShowSeat."""
    invalidate(stock_version(show_id))
