"""The receipts of card terminals, which count once."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError

from bookings.services import check_receipt
from box_office.services.tenders import WantedTender


@contextmanager
def naming_known_receipts(tender: WantedTender | None) -> Iterator[None]:
    """
    Refuse a receipt that two tills entered at one moment.

    The constraint stops the second one. Raises InvalidField, which names the field.
    """
    try:
        yield
    except IntegrityError:
        if tender:
            check_receipt(provider=tender.method, receipt=tender.reference)
        raise
