"""The scanner page for the door. It contains no data; its scripts use the API."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shows.pages.serving import CONTENT_SECURITY_POLICY, public_page

FILES = (
    "check_in/scanner.css",
    *(
        f"check_in/{name}.js"
        for name in (
            "camera",
            "decoder",
            "scanner",
            "shows",
            "state",
            "sync",
            "ticket",
            "verdicts",
            "visitors",
        )
    ),
    "shows/api.js",
    "shows/page.js",
    "shows/texts.js",
)
"""The scripts and the style sheet of the page."""

DECODER = tuple(
    f"check_in/vendor/zxing-wasm/{name}"
    for name in ("reader/index.js", "reader/zxing_reader.wasm", "share.js")
)
"""The decoder of browsers that cannot read QR codes themselves."""

# WebAssembly counts as a script that is made at run time.
_POLICY = CONTENT_SECURITY_POLICY.replace(
    "script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'"
)


@public_page
def scanner(request: HttpRequest) -> HttpResponse:
    response = render(request, "check_in/scanner.html")
    response["Content-Security-Policy"] = _POLICY
    return response


@public_page
def worker(request: HttpRequest) -> HttpResponse:
    """Serve the service worker, which opens the scanner page without a connection."""
    context = {"files": (*FILES, *DECODER)}
    return render(request, "check_in/worker.js", context, content_type="text/javascript")
