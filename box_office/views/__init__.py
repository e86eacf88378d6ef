"""The box office at the API."""

from box_office.views.cash_sessions import CashSessionViewSet

__all__ = ["CashSessionViewSet"]
