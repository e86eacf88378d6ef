"""Shows and their seats at the admin site: whatever is written there, a service writes."""

from shows.admin.seats import ShowSeatAdmin
from shows.admin.shows import ShowAdmin

__all__ = ["ShowAdmin", "ShowSeatAdmin"]
