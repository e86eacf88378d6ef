"""A search that finds references and ticket codes without their dashes."""

import re

from django.db.models import QuerySet
from django.http import HttpRequest

_REFERENCE = re.compile(r"([0-9A-Z]{4})([0-9A-Z]{4})", re.IGNORECASE)
_TICKET_CODE = re.compile(r"([0-9A-Z]{3})([0-9A-Z]{3})([0-9A-Z]{3})", re.IGNORECASE)


class CodeSearchMixin:
    """A search for references and ticket codes, with or without dashes."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        code = _REFERENCE.fullmatch(search_term.strip()) or _TICKET_CODE.fullmatch(
            search_term.strip()
        )
        if code is None:
            return found, may_repeat
        dashed, _ = super().get_search_results(request, queryset, "-".join(code.groups()))
        return found | dashed, may_repeat
