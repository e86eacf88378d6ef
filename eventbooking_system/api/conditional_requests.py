"""Conditional requests: ETags, 304 answers, and cached answers."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import orjson
from django.http import HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from eventbooking_system.api.json import JSONRenderer, dump_json
from eventbooking_system.api.mixins import MinimalHeadersMixin, PromptReleaseMixin
from eventbooking_system.api.queries import StrictQueryMixin
from eventbooking_system.cache.catalogue import CATALOGUE
from eventbooking_system.cache.json_document import Document, digest_of
from eventbooking_system.cache.versioned import Versions, get_or_compute
from eventbooking_system.db import replica

_TAKES_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q\s*=\s*0(\.0*)?\s*(,|$))", re.IGNORECASE)


class DocumentResponse(HttpResponse):
    """A cached JSON document as an answer. `data` is its content, as in DRF's Response."""

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


class ConditionalReadsMixin(StrictQueryMixin, PromptReleaseMixin, MinimalHeadersMixin):
    """
    A mixin for GETs of the catalogue, with ETags.

    It answers 304 to a matching If-None-Match. `max_age` is how many seconds a shared cache may
    show a stale answer. An answer to a login is private, as staff see more. Reads go to the
    replica, if there is one, except for staff and for customers who have just written.
    """

    max_age = 60
    vary = "Accept, Authorization, Cookie"
    # Actions whose answers are cached, and for how many seconds at most. An answer is valid while
    # the versions that it depends on are. Staff never get a cached answer.
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

        versions = Versions.now(*self.depends_on())
        if request.user.is_authenticated and not versions.shared:
            # Another process may have just written a row that this customer looks for.
            return self.sent(compute())
        # Links to other pages contain the scheme and the host.
        key = digest_of([request.build_absolute_uri().encode()])
        return self.sent(get_or_compute(f"page:{key}", compute, versions=versions, seconds=seconds))

    def sent(self, document: Document) -> HttpResponse:
        """Answer with a document, compressed if the client accepts gzip."""
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
    """Return the content of an answer without its creation time."""
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
