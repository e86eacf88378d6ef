"""The file of a report as an answer."""

import gzip

from django.http import HttpResponse

from reports.models import ReportRun


def run_file(run: ReportRun) -> HttpResponse:
    """Answer with the file of a run that is done."""
    name = f"{run.report}-{run.date_from}-{run.date_to}.csv"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
    }
    content = gzip.decompress(run.content)
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)
