"""Admin forms of shows as browsers send them, and the answers."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.tests.factories import EventFactory
from shows.models import Show, ShowPrice, ShowSeat

SHOWS = "/admin/shows/show/"
SEATS = "/admin/shows/showseat/"
KOLKATA = ZoneInfo("Asia/Kolkata")
START = datetime(2031, 3, 8, 19, 30, tzinfo=KOLKATA)


def new_show(hall, **changes):
    """Return the form data that a browser sends for a new show."""
    empty = dict.fromkeys(
        ["end_time", "language", "format", "sales_open_at", "sales_close_at", "publish_at",
         "max_seats_per_booking", "fee_per_ticket", "fee_per_booking", "tax_rate",
         "tax_inclusive", "refund_cutoff_hours", "refund_percent", "cleaning_minutes"], "",
    )  # fmt: skip
    filled = {
        "event": EventFactory().pk,
        "screen": hall.pk,
        "start_time": "2031-03-08T19:30",
        "currency": "INR",
        "prices": "Gold: 250.00",
        "single_seat_rule": "off",
        "publication": "public",
    }
    return {**empty, **filled, **changes}


def form_of(page, **changes):
    """Return a served form's data as browsers send it, with changes."""
    form = page.context["adminform"].form
    values = {}
    for field in form:
        value = field.field.widget.format_value(field.value())
        if value is not None and value is not False:
            values[field.html_name] = value
    # Browsers send a checked box, and end the lines of a text with two signs.
    values["tax_inclusive"] = values["fees_refundable"] = "on"
    values["single_seat_rule"] = form["single_seat_rule"].value()
    values["prices"] = values["prices"].replace("\n", "\r\n")
    return {**values, **changes}


def errors(page):
    assert page.status_code == 200
    return {name: list(texts) for name, texts in page.context["adminform"].form.errors.items()}


def texts(response):
    return [str(message) for message in response.context["messages"]]


def counts():
    return Show.objects.count(), ShowSeat.objects.count(), ShowPrice.objects.count()


def queries_of(client, path):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(path).status_code == 200
    return len(queries)
