"""Renderers for files, which clients choose by the Accept header."""

from rest_framework.renderers import BaseRenderer


class FileRenderer(BaseRenderer):
    """A renderer for a file that the view has made already."""

    def render(self, data: bytes, *_: object) -> bytes:
        return data


class PDFRenderer(FileRenderer):
    media_type = "application/pdf"
    format = "pdf"


class SVGRenderer(FileRenderer):
    media_type = "image/svg+xml"
    format = "svg"


class CalendarRenderer(FileRenderer):
    media_type = "text/calendar"
    format = "ics"
