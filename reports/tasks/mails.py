"""The task that mails a scheduled report."""

from collections.abc import Callable

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import override

from bookings import services as outgoing
from bookings.notifications.email import Attachment, send_email
from bookings.notifications.texts import Text
from bookings.tasks.recording import recording
from eventbooking_system.spreadsheets import csv_document
from events.models import Event
from reports import selectors
from reports.models import ReportMail, ScheduledReport
from reports.selectors import Wanted, currencies_of
from shows.models import Show
from venues.business_days import DAY, WEEK, calendar_of, instants_around

Lines = list[tuple[str, str]]
Rows = list[list]


def start_report_mail() -> bool:
    """
    Send the next mail of a scheduled report.

    Return whether there was one.
    """
    mail = outgoing.take_next(ReportMail)
    if mail is None:
        return False
    report = mail.scheduled
    if not report.is_active:
        outgoing.record_dropped(mail, "the report is switched off")
        return True
    with recording(mail):
        with override(report.language):
            subject, lines, rows = _WRITERS[report.kind](report, mail)
        file = Attachment(f"{report.kind}-{mail.day}.csv", csv_document(rows), "text/csv")
        text = _text(subject, lines)
        send_email(text, to=mail.recipient, message_id=f"report-{mail.pk}", attachments=[file])
        outgoing.record_sent(mail)
    return True


def _text(subject: str, lines: Lines) -> Text:
    body = "\n".join(f"{name}: {value}" for name, value in lines)
    table = format_html_join("", "<tr><td>{}</td><td>{}</td></tr>", lines)
    html = format_html("<h1>{}</h1><table>{}</table>", subject, table)
    return Text(subject, body, html, "")


def _daily_takings(report: ScheduledReport, mail: ReportMail) -> tuple[str, Lines, Rows]:
    """Write a business day's admissions, and takings by tender and channel."""
    subject = _("Takings of %(day)s, %(venue)s") % {"day": mail.day, "venue": report.venue.name}
    plain = Wanted([report.venue], mail.day, mail.day, ())
    lines, rows = [], []
    for currency in currencies_of(plain):
        wanted = Wanted([report.venue], mail.day, mail.day, ("tender", "sales_channel"), currency)
        takings = selectors.takings(wanted)
        admissions = selectors.admissions(
            Wanted([report.venue], mail.day, mail.day, ("day",), currency)
        )
        names = {"taken": _("Taken"), "refunded": _("Refunded"), "net": _("Net")}
        for name, label in names.items():
            lines.append((label, f"{takings.formatted(takings.totals[name])} {currency}"))
        lines.append((_("Admissions"), str(admissions.totals["admissions"])))
        rows += [list(row) for row in selectors.figure_rows(takings)]
    return subject, lines or [(_("Taken"), _("nothing"))], rows


def _weekly_return(report: ScheduledReport, mail: ReportMail) -> tuple[str, Lines, Rows]:
    """Write the film week of each event that the venue showed."""
    last = mail.day + WEEK - DAY
    subject = _("Return of %(from)s to %(to)s, %(venue)s") % {
        "from": mail.day, "to": last, "venue": report.venue.name,
    }  # fmt: skip
    since, until = instants_around(mail.day, last, [calendar_of(report.venue)])
    calendar = calendar_of(report.venue)
    shows = Show.objects.filter(
        screen__venue=report.venue, start_time__gte=since, start_time__lt=until, status="scheduled"
    )
    shown = {
        event
        for event, start in shows.values_list("event", "start_time")
        if mail.day <= calendar.day_of(start) <= last
    }
    lines, rows = [], []
    for event in Event.objects.filter(pk__in=shown).order_by("title", "pk"):
        wanted = Wanted([report.venue], mail.day, last, ("day",), event=event.pk)
        for currency in currencies_of(wanted) or [""]:
            found = selectors.box_office_return(
                Wanted([report.venue], mail.day, last, ("day",), currency), event=event
            )
            rows = rows or [selectors.return_header(found)]
            rows += [list(row) for row in selectors.return_rows(found)]
            gross = f"{found.formatted(found.week['gross'])} {currency}"
            text = _("%(count)d admissions, %(gross)s") % {
                "count": found.week["admissions"], "gross": gross,
            }  # fmt: skip
            lines.append((event.title, text))
    return subject, lines or [(_("Films"), _("none"))], rows


_WRITERS: dict[str, Callable[[ScheduledReport, ReportMail], tuple[str, Lines, Rows]]] = {
    ScheduledReport.Kind.DAILY_TAKINGS: _daily_takings,
    ScheduledReport.Kind.WEEKLY_RETURN: _weekly_return,
}
