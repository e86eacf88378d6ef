"""The version of a show's stock: what caches keep of it is outdated once the version changes."""

from eventbooking_system.cache.versioned import invalidate


def stock_version(show_id: int) -> str:
    """The name of the version."""
    return f"stock:{show_id}"


def invalidate_stock(show_id: int) -> None:
    """Outdate what is kept of the stock when the transaction commits."""
    invalidate(stock_version(show_id))
