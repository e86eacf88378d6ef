"""The version of a show's stock, which caches depend on."""

from eventbooking_system.cache.versioned import invalidate


def stock_version(show_id: int) -> str:
    """Return the name of the version."""
    return f"stock:{show_id}"


def invalidate_stock(show_id: int) -> None:
    """Invalidate cached stock of the show when the transaction commits."""
    invalidate(stock_version(show_id))
