"""Tickets as a PDF of A5 pages in the active language."""

import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A5
from reportlab.lib.units import mm
from reportlab.pdfgen.pathobject import PDFPathObject

from bookings.tickets.lettering import TextCanvas, fitted, width_of, wrapped
from bookings.tickets.qr import qr_code

# Nothing needs a PDF to be text, and encoding it as such takes time.
rl_config.useA85 = 0
_INK, _FAINT, _LINE, _BAND = map(HexColor, ("#1a1a1a", "#5f6368", "#d5d5d5", "#14213d"))
_WHITE = HexColor("#ffffff")
_WIDTH, _HEIGHT = A5
_MARGIN = 13 * mm
_INNER = _WIDTH - 2 * _MARGIN
_QR = 62 * mm
# All threads share the fonts, which keep state of the document that they are used in.
fonts_lock = threading.Lock()


@dataclass(frozen=True)
class Sheet:
    """The contents of a ticket's page."""

    title: str
    venue: str
    screen: str
    address: str
    starts: datetime  # At the venue, with its zone.
    zone: str
    section: str
    row: str
    number: str
    area: str
    category: str
    ticket_type: str
    reference: str
    code: str
    payload: str
    price_lines: Sequence[tuple[str, str]]
    position: int
    count: int


def tickets_pdf(sheets: Sequence[Sheet]) -> bytes:
    """
    Draw one page for each ticket.

    The same sheets give the same bytes.
    """
    buffer = io.BytesIO()
    with fonts_lock:
        canvas = TextCanvas(buffer, pagesize=A5)
        canvas.setTitle(f"{sheets[0].title}: {sheets[0].reference}")
        canvas.setAuthor(sheets[0].venue)
        for sheet in sheets:
            _draw_page(canvas, sheet)
            canvas.showPage()
        canvas.save()
    return buffer.getvalue()


def _draw_page(canvas: TextCanvas, sheet: Sheet) -> None:
    y = _draw_band(canvas, sheet)
    y = _draw_event(canvas, sheet, y)
    _draw_seat(canvas, sheet, y)
    _draw_code(canvas, sheet, y)
    _draw_footer(canvas, sheet)


def _draw_band(canvas: TextCanvas, sheet: Sheet) -> float:
    height = 17 * mm
    canvas.setFillColor(_BAND)
    canvas.rect(0, _HEIGHT - height, _WIDTH, height, stroke=0, fill=1)
    canvas.setFillColor(_WHITE)
    base = _HEIGHT - height / 2 - 4
    right = _("Ticket %(position)d of %(count)d") % vars(sheet)
    space = width_of(right, 9)
    canvas.draw(_WIDTH - _MARGIN - space, base, right, 9)
    (name,), size = fitted(sheet.venue, 13, _INNER - space - 6 * mm, least=9, lines=1, bold=True)
    canvas.draw(_MARGIN, base, name, size, bold=True)
    return _HEIGHT - height


def _draw_event(canvas: TextCanvas, sheet: Sheet, y: float) -> float:
    canvas.setFillColor(_INK)
    size = 24 if width_of(sheet.title, 24, bold=True) <= 2 * _INNER else 18
    y -= 6 * mm
    for row in wrapped(sheet.title, size, _INNER, lines=3, bold=True):
        y -= size * 1.3
        canvas.draw(_MARGIN, y, row, size, bold=True)
    y -= 10 * mm
    start = sheet.starts
    # Translators: a day and a time, in the letters of Django's date filter.
    canvas.draw(_MARGIN, y, date_format(start, _("l j F Y, H:i")), 14, bold=True)
    y -= 5 * mm
    canvas.setFillColor(_FAINT)
    offset = f"{start:%z}"
    zone = _("%(zone)s time") % {"zone": sheet.zone}
    canvas.draw(_MARGIN, y, f"{zone}, UTC{offset[:3]}:{offset[3:]}", 9)
    for row in wrapped(sheet.address, 9, _INNER, lines=2):
        y -= 4.5 * mm
        canvas.draw(_MARGIN, y, row, 9)
    y -= 5 * mm
    canvas.setStrokeColor(_LINE)
    canvas.line(_MARGIN, y, _WIDTH - _MARGIN, y)
    return y


def _draw_seat(canvas: TextCanvas, sheet: Sheet, y: float) -> None:
    """Draw the seat on the left, beside the QR code."""
    width = _INNER - _QR - 4 * mm
    facts = [
        (_("Screen"), sheet.screen, 13),
        (_("Section"), sheet.section, 13),
        (_("Row"), sheet.row, 34),
        (_("Seat"), sheet.number, 34),
        (_("Area"), sheet.area, 24),
        (_("Category"), sheet.category, 13),
        (_("Ticket"), sheet.ticket_type, 13),
    ]
    y -= 2 * mm
    for label, text, size in facts:
        if not text:
            continue
        y -= 5 * mm
        canvas.setFillColor(_FAINT)
        canvas.draw(_MARGIN, y, label.upper(), 7)
        canvas.setFillColor(_INK)
        rows, size = fitted(text, size, width, least=11, lines=3, bold=True)
        for row in rows:
            y -= size * 0.95 + 2
            canvas.draw(_MARGIN, y, row, size, bold=True)


def _draw_code(canvas: TextCanvas, sheet: Sheet, y: float) -> None:
    """Draw the QR code and the short code on the right."""
    code = qr_code(sheet.payload)
    module = _QR / code.size
    left, top = _WIDTH - _MARGIN - _QR, y - 7 * mm
    canvas.setFillColor(_INK)
    canvas.saveState()
    canvas.translate(left, top)
    canvas.scale(module, -module)
    # Written as PDF operators, as there are hundreds of runs.
    runs = [f"{start} {row} {width} 1 re" for start, row, width in code.runs]
    canvas.drawPath(PDFPathObject(runs), stroke=0, fill=1)
    canvas.restoreState()
    for text, size, bold, down in (
        (sheet.code, 15, True, 8 * mm),
        (_("Booking %(reference)s") % vars(sheet), 9, False, 13 * mm),
    ):
        x = left + (_QR - width_of(text, size, bold=bold)) / 2
        canvas.draw(x, top - _QR - down, text, size, bold=bold)


def _draw_footer(canvas: TextCanvas, sheet: Sheet) -> None:
    size, step = 8, 4 * mm
    y = _MARGIN + step * len(sheet.price_lines) + 3 * mm
    canvas.setStrokeColor(_LINE)
    canvas.line(_MARGIN, y, _WIDTH - _MARGIN, y)
    y -= 1 * mm
    for number, (label, amount) in enumerate(sheet.price_lines):
        y -= step
        is_total = number == len(sheet.price_lines) - 1
        canvas.setFillColor(_INK if is_total else _FAINT)
        canvas.draw(_MARGIN, y, label, size, bold=is_total)
        right = _WIDTH - _MARGIN - width_of(amount, size, bold=is_total)
        canvas.draw(right, y, amount, size, bold=is_total)
    canvas.setFillColor(_FAINT)
    note = _("Each code lets one person in, once. Keep it to yourself.")
    canvas.draw(_MARGIN, _MARGIN - 4 * mm, note, 7)
