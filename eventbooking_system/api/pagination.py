"""Pagination whose cost does not grow with the list."""

import math
import re
from typing import Any

from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property
from rest_framework import exceptions
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

from eventbooking_system.db.querysets import count_up_to

# A client with this many rows before it does not need the exact number.
MAX_COUNTED = 10_000


class _Paginator(Paginator):
    """
    A paginator whose cost does not grow with the list.

    It reads one row more than the page has. If that row is missing, the page is the last one, and
    the count is known. Otherwise it counts rows up to `MAX_COUNTED`. Rows before the page are
    skipped by their keys alone.
    """

    def page(self, number: int) -> Page:
        first = (number - 1) * self.per_page
        wanted = slice(first, first + self.per_page + 1)
        rows = self.object_list
        if first and isinstance(rows, QuerySet):
            rows = rows.filter(pk__in=rows.values("pk")[wanted])
            found = list(rows)
        else:
            found = list(rows[wanted])
        if first and not found:
            raise EmptyPage("That page contains no results")
        goes_on = len(found) > self.per_page
        if not goes_on:
            self.count = min(first + len(found), MAX_COUNTED)
        self._pages_seen = number + goes_on
        return Page(found[: self.per_page], number, self)

    @cached_property
    def count(self) -> int:
        if not isinstance(self.object_list, QuerySet):
            return len(self.object_list)
        parts = getattr(self.object_list, "parts", None) or [self.object_list]
        return count_up_to(MAX_COUNTED, *parts)

    @property
    def num_pages(self) -> int:
        """Return the number of pages, at least up to the current one."""
        return max(math.ceil(self.count / self.per_page), self._pages_seen)


class Pagination(PageNumberPagination):
    """Pages whose `count` is exact up to MAX_COUNTED. Longer lists have MAX_COUNTED."""

    django_paginator_class = _Paginator
    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100

    def get_page_size(self, request: Request) -> int:
        return _positive(request, self.page_size_query_param, self.page_size, self.max_page_size)

    def get_page_number(self, request: Request, paginator: Any) -> int:
        return _positive(request, self.page_query_param, 1, 10**9)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        address = "https://tickets.example.org/?page="
        count = {
            "type": "integer",
            "minimum": 0,
            "example": 123,
            "description": f"Exact up to {MAX_COUNTED:,}. A longer list has this count, and `next` "
            "goes on through all of it.",
        }
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": count,
                "next": {**link, "example": f"{address}4"},
                "previous": {**link, "example": f"{address}2"},
                "results": schema,
            },
        }


def _positive(request: Request, name: str, default: int, maximum: int) -> int:
    value = request.query_params.get(name, str(default))
    if not (re.fullmatch("[0-9]{1,18}", value) and 1 <= int(value) <= maximum):
        detail = f"A whole number from 1 to {maximum}."
        raise exceptions.ValidationError({name: [exceptions.ErrorDetail(detail, "invalid")]})
    return int(value)
