"""The API's edge: JSON in, JSON out, problems for errors, pages of lists, validators for caches."""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import orjson
from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseNotModified
from django.utils.functional import Promise, cached_property
from django.utils.http import parse_etags
from rest_framework import exceptions
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from eventbooking_system import replica
from eventbooking_system.caching import Marks, remembered
from eventbooking_system.catalogue import CATALOGUE
from eventbooking_system.documents import Document, digest_of
from eventbooking_system.errors import PROBLEMS
from eventbooking_system.problems import ProblemResponse, code_of_status, problem_of
from eventbooking_system.querysets import count_up_to

# Deeper than any document of the API, and shallower than any recursion limit.
MAX_JSON_DEPTH = 64
# An answer does not outgrow its request.
MAX_ERRORS = 100
# Whoever has so many rows before them does not want to know how many exactly.
MOST_COUNTED = 10_000
_TAKES_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q\s*=\s*0(\.0*)?\s*(,|$))", re.IGNORECASE)


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, media_type: str | None = None, context: dict[str, Any] | None = None
    ) -> bytes:
        if data is None:
            return b""
        # The browsable API asks for an indent.
        return dump_json(data, pretty=bool((context or {}).get("indent")))


def dump_json(data: Any, *, pretty: bool = False) -> bytes:
    option = orjson.OPT_NON_STR_KEYS | (orjson.OPT_INDENT_2 if pretty else 0)
    return orjson.dumps(data, default=_jsonable, option=option)


def _jsonable(value: object) -> object:
    """What orjson does not know; a Decimal keeps its digits as a string."""
    if isinstance(value, Decimal | Promise):
        return str(value)
    if isinstance(value, tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


class Negotiation(DefaultContentNegotiation):
    """DRF's, with a short way for who sends JSON, and takes anything."""

    def select_parser(self, request: Request, parsers: list[BaseParser]) -> BaseParser | None:
        if request.content_type == parsers[0].media_type:
            return parsers[0]
        return super().select_parser(request, parsers)

    def select_renderer(
        self, request: Request, renderers: list[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        if request.META.get("HTTP_ACCEPT", "*/*") == "*/*" and not format_suffix:
            return renderers[0], renderers[0].media_type
        return super().select_renderer(request, renderers, format_suffix)


class StrictJSONParser(JSONParser):
    """RFC 8259 without its loopholes: UTF-8, no NaN, no name twice, no towers of brackets."""

    renderer_class = JSONRenderer

    def parse(self, stream: Any, *_: object) -> Any:
        raw = stream.read()
        try:
            data = orjson.loads(raw)
            brackets = raw.count(b"[") + raw.count(b"{")
            if brackets > MAX_JSON_DEPTH and not _is_shallow(data, MAX_JSON_DEPTH):
                raise ValueError(f"it is nested more than {MAX_JSON_DEPTH} deep")
            # orjson is quick and strict, but keeps the last of two equal names. Its reading is
            # the one that counts, so numbers are not read again. Each name has a colon.
            if not (isinstance(data, dict) and raw.count(b":") == len(data)):
                json.loads(raw, object_pairs_hook=_refuse_twins, parse_int=str, parse_float=str)
        except ValueError as error:
            raise exceptions.ParseError(f"Malformed JSON: {error}") from error
        return data


def _is_shallow(value: Any, depth: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    children = value.values() if isinstance(value, dict) else value
    return depth > 0 and all(_is_shallow(child, depth - 1) for child in children)


def _refuse_twins(pairs: list[tuple[str, Any]]) -> None:
    names = Counter(name for name, _ in pairs)
    twins = [name[:50] for name, count in names.most_common(3) if count > 1]
    if twins:
        raise ValueError(f"these names appear twice: {', '.join(sorted(twins))}")


class _Paginator(Paginator):
    """
    Pages whose cost does not grow with the list.

    One row more than the page says whether there is another; if not, it also says the count.
    Otherwise rows are counted as far as `MOST_COUNTED`. Rows before the page are passed over by
    their keys alone, before anything else of a row is worked out.
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
            self.count = min(first + len(found), MOST_COUNTED)
        self._pages_seen = number + goes_on
        return Page(found[: self.per_page], number, self)

    @cached_property
    def count(self) -> int:
        if not isinstance(self.object_list, QuerySet):
            return len(self.object_list)
        parts = getattr(self.object_list, "parts", None) or [self.object_list]
        return count_up_to(MOST_COUNTED, *parts)

    @property
    def num_pages(self) -> int:
        """As many as the count says, and those that are there without being counted."""
        return max(math.ceil(self.count / self.per_page), self._pages_seen)


class Pagination(PageNumberPagination):
    """`count` is exact up to MOST_COUNTED, and that number for a longer list, which goes on."""

    django_paginator_class = _Paginator
    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100

    def get_page_size(self, request: Request) -> int:
        return _positive(request, self.page_size_query_param, self.page_size, self.max_page_size)

    def get_page_number(self, request: Request, paginator: Any) -> int:
        return _positive(request, self.page_query_param, 1, 10**9)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        described = super().get_paginated_response_schema(schema)
        described["properties"]["count"]["description"] = (
            f"Exact up to {MOST_COUNTED:,}; of a longer list, which `next` goes on through, that."
        )
        return described


def _positive(request: Request, name: str, default: int, maximum: int) -> int:
    value = request.query_params.get(name, str(default))
    if not (re.fullmatch("[0-9]{1,18}", value) and 1 <= int(value) <= maximum):
        detail = f"A whole number from 1 to {maximum}."
        raise exceptions.ValidationError({name: [exceptions.ErrorDetail(detail, "invalid")]})
    return int(value)


class DocumentResponse(HttpResponse):
    """A document as it is kept; `data` is what it says, as Response has it."""

    def __init__(self, document: Document, *, takes_gzip: bool) -> None:
        compress = takes_gzip and document.is_long
        body = document.compressed if compress else document.body
        super().__init__(body, content_type=JSONRenderer.media_type)
        self["ETag"] = f'W/"{document.digest}"'
        self["Vary"] = "Accept-Encoding"
        if compress:
            self["Content-Encoding"] = "gzip"
        self._document = document

    @property
    def data(self) -> Any:
        return orjson.loads(self._document.body)


class BareHeaders:
    """Answers say what else can be done with a path only to who tries what cannot, or asks."""

    vary = "Accept"

    @property
    def default_response_headers(self) -> dict[str, str]:
        wants_to_know = getattr(self, "action", None) in (None, "metadata")
        headers = super().default_response_headers if wants_to_know else {}
        return {**headers, "Vary": self.vary}


class CachedReads(BareHeaders):
    """
    GETs of the catalogue carry an ETag and answer If-None-Match with 304.

    `max_age` is how long others may show a stale answer, in seconds. What a login changes
    (staff see more) is private to it. Reads go to the replica, if there is one, but for staff and
    for customers who have just written.
    """

    max_age = 60
    vary = "Accept, Authorization, Cookie"
    # Actions whose answers we keep ourselves, and for how many seconds at the most. They are for
    # all but staff, and hold for as long as the marks do that they depend on.
    kept: Mapping[str, float] = {}

    def depends_on(self) -> Sequence[str]:
        return [CATALOGUE]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        with replica.scope():
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method not in SAFE_METHODS or getattr(request.user, "is_staff", False):
            return
        if not replica.has_just_written(request.user):
            replica.let_reads_lag()
        seconds = self.kept.get(getattr(self, "action", ""))
        if seconds and request.accepted_renderer.format == JSONRenderer.format:
            # The method that is called next.
            name = request.method.lower()
            setattr(self, name, partial(self._recalled, getattr(self, name), seconds))

    def _recalled(
        self,
        handler: Callable[..., Response],
        seconds: float,
        request: Request,
        *args: Any,
        **kwargs: Any,
    ) -> HttpResponse:
        def compute() -> Document:
            return _written(handler(request, *args, **kwargs))

        marks = Marks.now(*self.depends_on())
        if request.user.is_authenticated and not marks.shared:
            # Perhaps another process has just written what this customer looks for.
            return self.sent(compute())
        # Links to other pages have the scheme and the host.
        key = digest_of([request.build_absolute_uri().encode()])
        return self.sent(remembered(f"page:{key}", compute, marks=marks, seconds=seconds))

    def sent(self, document: Document) -> HttpResponse:
        """A document as the answer, compressed for those who understand it."""
        if self.request.accepted_renderer.format != JSONRenderer.format:
            return Response(orjson.loads(document.body))
        encodings = self.request.META.get("HTTP_ACCEPT_ENCODING", "")
        return DocumentResponse(document, takes_gzip=bool(_TAKES_GZIP.search(encodings)))

    def finalize_response(
        self, request: Request, response: HttpResponse, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        response = super().finalize_response(request, response, *args, **kwargs)
        if request.method not in ("GET", "HEAD") or response.status_code != 200:
            return response
        response["Cache-Control"] = self.cache_control(request)
        if isinstance(response, Response):
            source = response.accepted_media_type.encode() + _etag_source(response.data)
            response["ETag"] = f'W/"{digest_of([source])}"'
        sent = request.META.get("HTTP_IF_NONE_MATCH")
        if sent and "ETag" in response and _names_etag(sent, response["ETag"]):
            return _not_modified(response)
        return response

    def cache_control(self, request: Request) -> str:
        scope = "private" if request.user.is_authenticated else "public"
        return f"{scope}, max-age={self.max_age}"


def _written(response: Response) -> Document:
    return Document(
        dump_json(response.data), digest_of([b"application/json", _etag_source(response.data)])
    )


def _etag_source(data: Any) -> bytes:
    """What the answer says, less the moment at which it says it."""
    if isinstance(data, dict) and "as_of" in data:
        data = {name: value for name, value in data.items() if name != "as_of"}
    return dump_json(data)


def _names_etag(if_none_match: str, etag: str) -> bool:
    """Compare weakly: RFC 9110, section 13.1.2."""
    sent = {tag.removeprefix("W/") for tag in parse_etags(if_none_match)}
    return bool(sent & {"*", etag.removeprefix("W/")})


def _not_modified(response: HttpResponse) -> HttpResponse:
    not_modified = HttpResponseNotModified()
    for name in ("Cache-Control", "ETag", "Vary"):
        not_modified[name] = response[name]
    return not_modified


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """Every error of the API as a problem document."""
    if not isinstance(error, exceptions.APIException):
        return problem_of(error)
    if isinstance(error, exceptions.ValidationError):
        errors = flattened(error.get_full_details())
        detail = errors[0]["detail"] if len(errors) == 1 else f"{len(errors)} fields are wrong."
        return ProblemResponse("invalid", detail, errors=errors[:MAX_ERRORS])
    if isinstance(error, exceptions.Throttled):
        wait = max(1, math.ceil(error.wait or 1))
        return ProblemResponse(
            "throttled", f"Try again in {wait} seconds.", {"Retry-After": str(wait)}
        )
    code = _code_of(error)
    detail = error.detail if isinstance(error.detail, str) else ""
    headers = {}
    if PROBLEMS[code].status == 401:
        headers["WWW-Authenticate"] = getattr(error, "auth_header", None) or 'Bearer realm="api"'
    return ProblemResponse(code, detail, headers)


def _code_of(error: exceptions.APIException) -> str:
    if isinstance(error.detail, dict):  # So does simplejwt tell what is wrong with a token.
        return "token_invalid"
    candidates = (str(error.get_codes()), error.default_code, code_of_status(error.status_code))
    return next(code for code in candidates if code in PROBLEMS)


def flattened(details: Any, path: str = "") -> list[dict[str, str]]:
    """Turn DRF's nested details into rows: field (dotted; '' for none), code, detail."""
    if isinstance(details, dict):
        if details.keys() == {"message", "code"} and isinstance(details["message"], str):
            return [{"field": path, "code": details["code"], "detail": str(details["message"])}]
        rows = []
        for key, value in details.items():
            name = "" if key == "non_field_errors" else str(key)
            rows += flattened(value, ".".join(part for part in (path, name) if part))
        return rows
    rows = []
    for index, detail in enumerate(details):
        is_row = detail.keys() == {"message", "code"}
        rows += flattened(detail, path if is_row else f"{path}.{index}".lstrip("."))
    return rows
