"""The admin site of a house, and base classes of its pages."""

from eventbooking_system.admin.choices import SearchedChoicesMixin, grouped_fields
from eventbooking_system.admin.site import HouseAdminSite, Page
from eventbooking_system.admin.strict import (
    PlainTextMixin,
    RelatedById,
    StrictAdmin,
    StrictHistoryAdmin,
    is_id,
    register_recorder,
)

__all__ = [
    "HouseAdminSite",
    "Page",
    "PlainTextMixin",
    "RelatedById",
    "SearchedChoicesMixin",
    "StrictAdmin",
    "StrictHistoryAdmin",
    "grouped_fields",
    "is_id",
    "register_recorder",
]
