"""Paper for the till: reports on a roll of 80 mm."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from reportlab.lib.units import mm

from bookings.models import Booking
from bookings.refund_shares import amounts_now
from bookings.services import left_of
from bookings.tickets.lettering import TextCanvas, width_of, wrapped
from bookings.tickets.pdf import fonts_lock
from box_office.selectors import CashReport
from eventbooking_system.money import with_currency

_WIDTH = 80 * mm
_MARGIN = 5 * mm
_INNER = _WIDTH - 2 * _MARGIN
_SIZE = 8


@dataclass(frozen=True)
class Row:
    """One line of a roll, mostly a text and an amount."""

    left: str
    right: str = ""
    size: float = _SIZE
    bold: bool = False


def cash_report_pdf(report: CashReport) -> bytes:
    """
    Return an X or Z report as a PDF for paper rolls.

    The same report gives the same bytes.
    """
    return roll_pdf(_report_rows(report), title=_title(report))


def receipt_pdf(booking: Booking) -> bytes:
    """
    Return the receipt of a booking for 80 mm paper.

    The booking comes from `sales_with_details`.
    """
    return roll_pdf(_receipt_rows(booking), title=booking.reference)


def roll_pdf(rows: Sequence[Row], *, title: str) -> bytes:
    """Return rows as one page, as long as they need. It is 80 mm wide."""
    buffer = io.BytesIO()
    with fonts_lock:
        lines = [line for row in rows for line in _lines(row)]
        height = 2 * _MARGIN + sum(line.size * 1.5 for line in lines)
        canvas = TextCanvas(buffer, pagesize=(_WIDTH, height))
        canvas.setTitle(title)
        y = height - _MARGIN
        for line in lines:
            y -= line.size * 1.5
            canvas.draw(_MARGIN, y, line.left, line.size, bold=line.bold)
            right = _WIDTH - _MARGIN - width_of(line.right, line.size, bold=line.bold)
            canvas.draw(right, y, line.right, line.size, bold=line.bold)
        canvas.showPage()
        canvas.save()
    return buffer.getvalue()


def _lines(row: Row) -> list[Row]:
    """Return a row as lines that fit, the amount on the last."""
    space = width_of(row.right, row.size, bold=row.bold) + (2 * mm if row.right else 0)
    *above, last = wrapped(row.left, row.size, _INNER - space, lines=6, bold=row.bold)
    return [Row(text, "", row.size, row.bold) for text in above] + [
        Row(last, row.right, row.size, row.bold)
    ]


def _title(report: CashReport) -> str:
    session = report.session
    if session.number is None:
        return _("X report, %(station)s") % {"station": session.station}
    return _("Z report %(number)d, %(station)s") % {
        "number": session.number,
        "station": session.station,
    }


def _report_rows(report: CashReport) -> list[Row]:
    session, rows = report.session, []
    zone = ZoneInfo(session.venue.timezone)

    def money(amount: object) -> str:
        return with_currency(amount, session.currency)

    def instant(value: object) -> str:
        return date_format(value.astimezone(zone), "Y-m-d H:i")

    rows += [Row(session.venue.name, size=11, bold=True), Row(_title(report), size=10, bold=True)]
    rows += [Row(_("Opened"), instant(session.opened_at)), Row(session.opened_by.get_full_name())]
    if session.closed_at:
        rows += [Row(_("Closed"), instant(session.closed_at))]
        rows += [Row(session.closed_by.get_full_name())]
    rows += [Row(""), Row(_("Opening float"), money(session.opening_float))]
    for movement in report.movements:
        label = f"{movement.get_kind_display()}: {movement.reason}"
        sign = movement.SIGNS[movement.Kind(movement.kind)]
        rows.append(Row(label, money(sign * movement.amount)))
    for totals in report.methods:
        name = totals.method.label
        rows.append(Row(f"{name}, {totals.sales} ×", money(totals.taken)))
        if totals.refunds:
            rows.append(
                Row(_("%(method)s, given back") % {"method": name}, money(-totals.given_back))
            )
    rows += [Row(""), Row(_("Cash expected"), money(report.expected), 10, bold=True)]
    if session.counted is not None:
        difference = session.counted - report.expected
        rows += [Row(_("Cash counted"), money(session.counted), 10, bold=True)]
        rows += [Row(_("Difference"), money(difference), 10, bold=True)]
        rows += [Row(""), Row(_("Digest")), *_hexadecimal(session.digest)]
        if session.previous_digest:
            rows += [Row(_("Previous digest")), *_hexadecimal(session.previous_digest)]
    return rows


def _receipt_rows(booking: Booking) -> list[Row]:
    """Return valid tickets with their amounts, then payments and refunds."""
    show, venue = booking.show, booking.show.screen.venue
    start = date_format(show.start_time.astimezone(ZoneInfo(venue.timezone)), "Y-m-d H:i")
    seller = booking.sold_by.get_full_name() if booking.sold_by else ""
    return [
        Row(venue.name, size=11, bold=True),
        Row(", ".join(part for part in (venue.address, venue.city) if part)),
        Row(_("Receipt"), booking.reference, 10, bold=True),
        Row(show.event.title, size=10, bold=True),
        Row(f"{start}, {show.screen.name}"),
        Row(""),
        *_price_rows(booking),
        *_money_rows(booking),
        Row(""),
        Row(seller),
    ]


def _price_rows(booking: Booking) -> list[Row]:
    rows = [
        Row(f"{line.show_seat.seat} {line.ticket_type}".strip(), _money(line.price, booking))
        for line in booking.lines
    ]
    now = amounts_now(booking, booking.lines)
    is_added = now.total != now.subtotal - now.discount + now.fees
    parts = [(_("Discount"), -now.discount), (_("Fees"), now.fees)]
    parts += [(_("Tax"), now.tax)] if is_added else []
    rows += [Row(label, _money(amount, booking)) for label, amount in parts if amount]
    rows.append(Row(_("Total"), _money(now.total, booking), 10, bold=True))
    if now.tax and not is_added:
        rows.append(Row(_("Tax, included"), _money(now.tax, booking)))
    return rows


def _money_rows(booking: Booking) -> list[Row]:
    rows = []
    if booking.credit:
        rows.append(Row(_("Paid with exchanged tickets"), _money(booking.credit, booking)))
    for payment in booking.all_payments:
        if payment.status not in (payment.Status.SUCCEEDED, payment.Status.REFUNDED):
            continue
        tender = getattr(payment, "tender", None)
        label = tender.get_method_display() if tender else payment.provider
        rows.append(Row(label, _money(tender.tendered if tender else payment.amount, booking)))
        if tender and tender.change_due:
            rows.append(Row(_("Change"), _money(tender.change_due, booking)))
        if tender and tender.reference:
            rows.append(Row(tender.reference))
    for refund in booking.all_refunds:
        rows.append(Row(_("Refund"), _money(-refund.amount, booking)))
    if booking.all_refunds:
        left = left_of([booking.pk])[booking.pk]
        rows.append(Row(_("Paid less refunds"), _money(left, booking), bold=True))
    return rows


def _money(amount: object, booking: Booking) -> str:
    return with_currency(amount, booking.currency)


def _hexadecimal(digest: str) -> list[Row]:
    return [Row(digest[start : start + 32], size=7) for start in range(0, len(digest), 32)]
