"""The mark of a show's stock: what is kept of it is outdated once the mark changes."""

from eventbooking_system.caching import changed


def stock_mark(show_id: int) -> str:
    return f"stock:{show_id}"


def stock_changed(show_id: int) -> None:
    """Say so within every transaction that writes rows of ShowSeat."""
    changed(stock_mark(show_id))
