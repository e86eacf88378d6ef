"""The task that writes a report into a file."""

import gzip
import io
import logging
from collections.abc import Iterator, Sequence
from typing import Any

from eventbooking_system.errors import DomainError
from eventbooking_system.spreadsheets import csv_lines
from reports import selectors, services
from reports.models import ReportRun
from reports.selectors import Wanted
from venues.models import Venue

log = logging.getLogger(__name__)
NOTED_EVERY = 2000


def start_run() -> bool:
    """
    Write the next report that somebody asked for.

    Return whether there was one.
    """
    run = services.take_next_run()
    if run is None:
        return False
    try:
        content, row_count = _written(run)
    except DomainError as refusal:
        services.fail_run(run, refusal.detail)
    except Exception as error:
        log.exception("report failed", extra={"run": run.pk})
        services.fail_run(run, repr(error))
    else:
        services.finish_run(run, content=content, row_count=row_count)
    return True


def _written(run: ReportRun) -> tuple[bytes, int]:
    document, count = io.BytesIO(), 0
    rows, total = _rows_of(run)
    with gzip.GzipFile(fileobj=document, mode="wb") as file:
        file.write(b"\xef\xbb\xbf")
        for count, line in enumerate(csv_lines(rows)):  # The first line is the header.
            file.write(line.encode())
            if count % NOTED_EVERY == 0:
                services.note_progress(run, min(99, 100 * count // max(1, total)))
    return document.getvalue(), count


def _rows_of(run: ReportRun) -> tuple[Iterator[Sequence[Any]], int]:
    """Return the rows of a run, and their approximate number."""
    venues = [run.venue] if run.venue else list(Venue.objects.all())
    groups = run.group_by.split(",") if run.group_by else []
    wanted = Wanted(venues, run.date_from, run.date_to, groups, run.currency)
    if run.report == ReportRun.Report.LINES:
        return selectors.ticket_lines(wanted), selectors.ticket_count(wanted)
    figures = getattr(selectors, run.report)(wanted)
    return selectors.figure_rows(figures), len(figures.groups)
