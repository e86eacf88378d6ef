"""Refusals at the box office."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext, gettext_noop

from eventbooking_system.errors import DomainError
from eventbooking_system.money import formatted


class TenderMismatch(DomainError):
    """
    The tender differs from the booking's price.

    `errors` names the field, and `amount_due` is the price.
    """

    code = "tender_mismatch"
    status = 400
    title = gettext_noop("Tender mismatch")
    member_schemas = {"amount_due": {"type": "string"}, "currency": {"type": "string"}}

    def __init__(self, field: str, detail: str, *, due: Decimal, currency: str) -> None:
        super().__init__(
            detail,
            errors=[{"field": field, "code": self.code, "detail": detail}],
            amount_due=formatted(due, currency),
            currency=currency,
        )


class CashSessionRequired(DomainError):
    """Cash needs an open cash session of the seller at this venue. Open one first."""

    code = "cash_session_required"
    title = gettext_noop("Cash session required")


class CashSessionOpen(DomainError):
    """The station has an open session, `cash_session`. Close it first."""

    code = "cash_session_open"
    title = gettext_noop("Cash session open")
    member_schemas = {"cash_session": {"type": "integer"}}

    def __init__(self, **members: Any) -> None:
        super().__init__(gettext("This station has an open cash session."), **members)


class CashSessionClosed(DomainError):
    """The cash session is closed; nothing of it changes any more."""

    code = "cash_session_closed"
    title = gettext_noop("Cash session closed")

    def __init__(self) -> None:
        super().__init__(gettext("The cash session is closed."))
