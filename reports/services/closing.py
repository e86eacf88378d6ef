"""The closing of a business day."""

import hashlib
import json
from datetime import date

from django.db import transaction
from django.db.models.functions import Now

from eventbooking_system.errors import NotFound
from reports.errors import DayNotOver
from reports.models import DayClosing
from reports.selectors import day_figures
from users.models import User
from venues.business_days import calendar_of
from venues.models import Venue


@transaction.atomic(durable=True)
def close_day(*, venue_id: int, business_date: date, closed_by: User) -> DayClosing:
    """
    Write down the figures of a venue's business day. They never change afterwards.

    Safe to repeat: a day that is closed keeps its first figures. A later refund belongs to the day
    on which it happens. Raises NotFound and DayNotOver.
    """
    venue = Venue.objects.select_for_update().filter(pk=venue_id).annotate(clock=Now()).first()
    if venue is None:
        raise NotFound
    closings = DayClosing.objects.filter(venue=venue)
    if closed := closings.filter(business_date=business_date).first():
        return closed
    if not calendar_of(venue).is_over(business_date, now=venue.clock):
        raise DayNotOver
    last = closings.order_by("number").last()
    closing = DayClosing(
        venue=venue,
        business_date=business_date,
        number=last.number + 1 if last else 1,
        figures=day_figures(venue, business_date),
        previous_digest=last.digest if last else "",
        closed_at=venue.clock,
        closed_by=closed_by,
    )
    closing.digest = closing_digest(closing)
    closing.save(force_insert=True)
    return closing


def closing_digest(closing: DayClosing) -> str:
    """Return the SHA-256 digest of a closing, in hexadecimal. It covers the digest before."""
    document = {
        "venue": closing.venue_id,
        "business_date": str(closing.business_date),
        "number": closing.number,
        "figures": closing.figures,
        "previous_digest": closing.previous_digest,
    }
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
