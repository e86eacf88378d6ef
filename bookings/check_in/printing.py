"""The door list on A4 paper, by name, with boxes to tick."""

import io
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm

from bookings.check_in.selectors import Party
from bookings.tickets.lettering import TextCanvas, wrapped
from bookings.tickets.pdf import fonts_lock
from eventbooking_system.spreadsheets import csv_document
from shows.models import Show

_WIDTH, _HEIGHT = A4
_MARGIN = 15 * mm
_SIZE = 9
_STEP = 4.5 * mm
# The left edge and the width of each column, in millimetres.
_COLUMNS = ((15, 58), (75, 24), (101, 48), (151, 32), (185, 12))


def heads() -> list[str]:
    return [_("Name"), _("Booking"), _("Seats"), _("Tickets"), _("In")]


def door_list_csv(parties: Sequence[Party]) -> bytes:
    """Return a door list as CSV. Cells that would be formulas are quoted."""
    return csv_document([heads(), *(_cells(party) for party in parties)])


def door_list_pdf(show: Show, parties: Sequence[Party]) -> bytes:
    """Return a door list as a PDF. The same list gives the same bytes."""
    buffer = io.BytesIO()
    with fonts_lock:
        canvas = TextCanvas(buffer, pagesize=A4)
        canvas.setTitle(f"{show.event.title}: {_('Door list')}")
        _draw(canvas, show, parties)
        canvas.save()
    return buffer.getvalue()


def _cells(party: Party) -> list[str]:
    total, came_in = len(party.tickets), party.came_in
    whether_in = {0: _("no"), total: _("yes")}.get(came_in, f"{came_in}/{total}")
    return [party.name, party.reference, party.seats, party.types, whether_in]


def _draw(canvas: TextCanvas, show: Show, parties: Sequence[Party]) -> None:
    page, y = 1, _draw_head(canvas, show, parties, page=1)
    for party in parties:
        texts = _cells(party)
        columns = [
            wrapped(text, _SIZE, width * mm, lines=40)
            for text, (_left, width) in zip(texts, _COLUMNS, strict=True)
        ]
        height = _STEP * max(map(len, columns))
        if y - height < _MARGIN:
            canvas.showPage()
            page += 1
            y = _draw_head(canvas, show, parties, page=page)
        for rows, (left, _width) in zip(columns, _COLUMNS, strict=True):
            for number, row in enumerate(rows):
                canvas.draw(left * mm, y - _STEP * (number + 1) + 1.2 * mm, row, _SIZE)
        y -= height
        canvas.setLineWidth(0.2)
        canvas.line(_MARGIN, y, _WIDTH - _MARGIN, y)
    canvas.showPage()


def _draw_head(canvas: TextCanvas, show: Show, parties: Sequence[Party], *, page: int) -> float:
    venue = show.screen.venue
    start = show.start_time.astimezone(ZoneInfo(venue.timezone))
    y = _HEIGHT - _MARGIN - 4 * mm
    (title,) = wrapped(show.event.title, 14, _WIDTH - 2 * _MARGIN, lines=1, bold=True)
    canvas.draw(_MARGIN, y, title, 14, bold=True)
    y -= 6 * mm
    tickets = sum(len(party.tickets) for party in parties)
    facts = [
        venue.name,
        show.screen.name,
        date_format(start, "Y-m-d H:i"),
        _("Tickets: %(count)d") % {"count": tickets},
        _("Page %(page)d") % {"page": page},
    ]
    (line,) = wrapped(" · ".join(facts), _SIZE, _WIDTH - 2 * _MARGIN, lines=1)
    canvas.draw(_MARGIN, y, line, _SIZE)
    y -= 7 * mm
    for text, (left, _width) in zip(heads(), _COLUMNS, strict=True):
        canvas.draw(left * mm, y, text, _SIZE, bold=True)
    y -= 1.5 * mm
    canvas.setLineWidth(0.8)
    canvas.line(_MARGIN, y, _WIDTH - _MARGIN, y)
    return y
