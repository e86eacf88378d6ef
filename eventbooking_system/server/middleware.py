"""Middleware for every request: its id, log line, language and limits."""

import re
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import lru_cache
from io import BytesIO

from corsheaders import middleware as cors
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.utils import translation
from django.utils.cache import patch_vary_headers

from eventbooking_system.problems import ProblemResponse, as_problem, for_browser, problem_of
from eventbooking_system.server.logs import log_request
from eventbooking_system.server.request_bodies import CUT_OFF, max_body
from eventbooking_system.server.request_context import (
    current_request_id,
    current_staff_id,
    request_id,
)

_CONTENT_LENGTH = re.compile(r"[0-9]{1,15}")

# Pages load nothing from other hosts and run no inline script. ReDoc's search is a worker.
_CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; worker-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)


class RequestContextMiddleware:
    """The outermost middleware, which logs requests and makes errors problems."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        own_id = request_id(request.META.get("HTTP_X_REQUEST_ID", ""))
        outer, outer_staff = current_request_id.set(own_id), current_staff_id.set(None)
        try:
            response = as_problem(self.get_response(request))
            response["X-Request-ID"] = own_id
            if not response.streaming:
                response.setdefault("Content-Length", str(len(response.content)))
            if request.path.startswith("/api/"):
                # Answers have tokens and personal data, unless their view makes them cacheable.
                response.setdefault("Cache-Control", "no-store")
            if response.get("Content-Type", "").startswith("text/html"):
                response.setdefault("Content-Security-Policy", _CONTENT_SECURITY_POLICY)
            # Without the query string, which may hold personal data.
            log_request(
                method=request.method,
                path=request.path,
                status=response.status_code,
                ms=round((time.perf_counter() - started) * 1000, 1),
            )
            return response
        finally:
            current_request_id.reset(outer)
            current_staff_id.reset(outer_staff)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse:
        """Answer an exception of a view outside the API. Clients never see a traceback, also with DEBUG."""
        problem = problem_of(exception)
        return problem if request.path.startswith("/api/") else for_browser(request, problem)


class LanguageMiddleware:
    """
    Chooses the language of the API's problems by Accept-Language. The default is English.

    Data is the same in every language, so only problems vary.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/"):
            return self.get_response(request)
        language = _preferred(request.META.get("HTTP_ACCEPT_LANGUAGE", "")[:500])
        is_usual = language == settings.LANGUAGE_CODE
        with nullcontext() if is_usual else translation.override(language):
            response = self.get_response(request)
            if response.status_code >= 400:
                response["Content-Language"] = translation.get_language()
                patch_vary_headers(response, ["Accept-Language"])
        return response


@lru_cache(maxsize=1000)
def _preferred(accept_language: str) -> str:
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = accept_language
    return translation.get_language_from_request(request)


class SkipCookieMiddleware:
    """
    A shortcut past the middleware that API requests do not need.

    The middleware down to EndOfCookieMiddleware in MIDDLEWARE is for static files, pages, and
    logins with a cookie. API requests with a token, or without any cookie, skip it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.skip = EndOfCookieMiddleware.newest.get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        has_token = request.META.get("HTTP_AUTHORIZATION", "").startswith("Bearer ")
        without_login = has_token or not request.META.get("HTTP_COOKIE")
        if without_login and request.path_info.startswith("/api/"):
            return self.skip(request)
        return self.get_response(request)


class EndOfCookieMiddleware:
    """
    The end of the middleware that SkipCookieMiddleware skips.

    Django makes middleware from the innermost to the outermost, so the newest instance belongs to
    the chain that is being made.
    """

    newest: "EndOfCookieMiddleware"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        EndOfCookieMiddleware.newest = self

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


class CorsMiddleware(cors.CorsMiddleware):
    """The library's middleware with a short way for requests without an Origin."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "HTTP_ORIGIN" in request.META:
            return super().__call__(request)
        response = self.get_response(request)
        # Only an answer that may be cached needs to name the header that it varies by.
        if request.method in ("GET", "HEAD") and self.is_enabled(request):
            patch_vary_headers(response, ["origin"])
        return response


class RequestLimitsMiddleware:
    """
    A middleware that refuses malformed requests and bodies.

    Django would answer them with its own page. A bad body is too large or cut off. Bodies are read
    here: if a client leaves early, a server passes on the part that it has as if it were complete,
    and half a form is still a form.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._served = lru_cache(maxsize=100)(_served)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._refusal(request) or self.get_response(request)

    def _refusal(self, request: HttpRequest) -> HttpResponse | None:
        try:
            self._clean_host(request)
        except DisallowedHost:
            return ProblemResponse("bad_request", "This host is not served here.")
        if request.META.get("HTTP_TRANSFER_ENCODING"):
            return _refusal_of_chunks(request)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not _CONTENT_LENGTH.fullmatch(length):
            return ProblemResponse("bad_request", "The Content-Length is not a number.")
        if int(length) > max_body(request.META):
            return _too_large(request)
        if int(length) and _read(request, int(length)) < int(length):
            return ProblemResponse("bad_request", CUT_OFF)
        return None

    def _clean_host(self, request: HttpRequest) -> None:
        """
        Drop a wrong port and a last dot from the Host.

        Django accepts both, links in answers repeat them, and answers are cached. Behind a proxy
        the port is the proxy's. Raises DisallowedHost.
        """
        meta = request.META
        if settings.DEBUG or "HTTP_HOST" not in meta:
            request.get_host()
        else:
            meta["HTTP_HOST"] = self._served(meta["HTTP_HOST"], meta.get("SERVER_PORT", ""))


def _served(host: str, server_port: str) -> str:
    """Check a Host, and return it as links repeat it."""
    request = HttpRequest()
    request.META = {"HTTP_HOST": host, "SERVER_PORT": server_port}
    request.get_host()
    name, port = split_domain_port(host)
    if not settings.TRUSTED_PROXIES and port != server_port:
        port = ""
    return f"{name}:{port}" if port else name


def _refusal_of_chunks(request: HttpRequest) -> HttpResponse | None:
    """
    Read a chunked body, which Django would take for an empty one. Return a refusal or None.

    No server says whether the last chunk came. The parser refuses half a JSON object. An empty body
    or half of another type could pass for a complete one, so these are refused here.
    """
    if not request.META.get("wsgi.input_terminated") or request.content_type != "application/json":
        return ProblemResponse("bad_request", "This body needs a Content-Length.")
    limit = max_body(request.META)
    length = _read(request, limit + 1)
    if length > limit:
        return _too_large(request)
    if not length:
        return ProblemResponse("bad_request", "The body is not whole.")
    request.META["CONTENT_LENGTH"] = str(length)
    return None


def _read(request: HttpRequest, size: int) -> int:
    """
    Read up to `size` bytes of the body, and return their number.

    They are stored on the request.
    """
    try:
        body = request.META["wsgi.input"].read(size)
    except OSError:
        body = b""
    request._body, request._stream = body, BytesIO(body)
    return len(body)


def _too_large(request: HttpRequest) -> HttpResponse:
    limit = max_body(request.META)
    return ProblemResponse("too_large", f"A body may have {limit} bytes at the most.")
