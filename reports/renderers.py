"""Reports as CSV and as a spreadsheet."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter
from rest_framework.renderers import BaseRenderer

from eventbooking_system.spreadsheets import cell, csv_document

Table = Iterable[Sequence[Any]]


def table_of(report: Any) -> list[list[Any]]:
    """Return a rendered report as rows: header, groups and totals."""
    dimensions = list(report["group_by"])
    measures = list(report["totals"])
    rows = [[*dimensions, "label", *measures, "currency"]]
    for group in report["groups"]:
        values = [group[name] for name in (*dimensions, "label", *measures)]
        rows.append([*values, report["currency"]])
    totals = [report["totals"][name] for name in measures]
    return [*rows, [*[""] * len(dimensions), "Total", *totals, report["currency"]]]


class CSVRenderer(BaseRenderer):
    """A report as CSV, in the same rows as the JSON answer."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, *_: object) -> bytes:
        return csv_document(table_of(data))


class XLSXRenderer(BaseRenderer):
    """A report as a workbook with one sheet. Amounts are numbers, so that they can be summed."""

    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    format = "xlsx"
    charset = None
    render_style = "binary"

    def render(self, data: Any, *_: object) -> bytes:
        document = io.BytesIO()
        # A text that somebody typed must not become a formula or a link.
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(document, options) as workbook:
            sheet = workbook.add_worksheet("Report")
            measures = set(data["totals"])
            header, *rows = table_of(data)
            for column, name in enumerate(header):
                sheet.write_string(0, column, name)
            for index, row in enumerate(rows, 1):
                for column, (name, value) in enumerate(zip(header, row, strict=True)):
                    if name in measures and value is not None:
                        sheet.write_number(index, column, float(value))
                    else:
                        sheet.write_string(index, column, cell(value))
        return document.getvalue()
