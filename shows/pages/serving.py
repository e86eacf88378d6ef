"""The serving of every page: language, content security policy and caching."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as render_template
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from shows.pages.house import house
from shows.pages.texts import texts_of

_YEAR = 365 * 24 * 3600


CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# https://docs.stripe.com/security/guide#content-security-policy
_STRIPE_API = "https://api.stripe.com"
_STRIPE_FRAMES = "https://hooks.stripe.com"
_Page = Callable[..., HttpResponse]


def public_page(view: _Page) -> _Page:
    """
    Serve a read-only page that is the same for all visitors.

    It has no inline scripts.
    """

    @csrf_exempt  # A POST then gets 405, and not a complaint about a missing CSRF token.
    @require_safe
    @wraps(view)
    def page(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.setdefault("Cache-Control", "public, max-age=60")
        return response

    return page


def shop_page(view: _Page) -> _Page:
    """
    Serve a public page of the shop in the visitor's language.

    `?lang=` chooses the language, and a cookie keeps the choice; without both, Accept-Language
    decides.
    """

    @public_page
    @wraps(view)
    def page(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        chosen = request.GET.get("lang", "")
        is_chosen = chosen in dict(settings.LANGUAGES)
        language = chosen if is_chosen else translation.get_language_from_request(request)
        with translation.override(language):
            response = view(request, *args, **kwargs)
        response["Content-Language"] = language
        response.setdefault("Content-Security-Policy", _policy())
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        if is_chosen:
            _keep_language(response, language)
        return response

    return page


def payment_page(view: _Page) -> _Page:
    """
    Serve a page of the shop that takes money.

    With Stripe it may load Stripe's script, which shows its fields in frames. No other page may.
    """

    @shop_page
    @wraps(view)
    def page(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if settings.PAYMENT_PROVIDER == "stripe":
            response["Content-Security-Policy"] = _policy_with_stripe()
        return response

    return page


def embeddable(view: _Page) -> _Page:
    """
    Let a named origin of SHOP_EMBED_ORIGINS frame a page.

    `?embed=` names it. The page then has no head and no foot, and tells that origin its height.
    """

    @wraps(view)
    def page(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if embedding_origin(request):
            policy = response["Content-Security-Policy"]
            ancestors = f"frame-ancestors {' '.join(settings.SHOP_EMBED_ORIGINS)}"
            response["Content-Security-Policy"] = policy.replace(
                "frame-ancestors 'none'", ancestors
            )
            response.xframe_options_exempt = True
            response["X-Robots-Tag"] = "noindex"
        return response

    return page


def embedding_origin(request: HttpRequest) -> str:
    """Return the origin that frames this page, or an empty text."""
    origin = request.GET.get("embed", "")
    return origin if origin in settings.SHOP_EMBED_ORIGINS else ""


def _policy() -> str:
    images = " ".join(["img-src 'self' data:", *settings.SHOP_IMAGE_ORIGINS])
    return CONTENT_SECURITY_POLICY.replace("img-src 'self' data:", images)


def _policy_with_stripe() -> str:
    scripts = settings.STRIPE_JS_BASE
    policy = _policy().replace("script-src 'self'", f"script-src 'self' {scripts}")
    policy = policy.replace("connect-src 'self'", f"connect-src 'self' {_STRIPE_API}")
    return f"{policy}; frame-src {scripts} {_STRIPE_FRAMES}"


def _keep_language(response: HttpResponse, language: str) -> None:
    response["Cache-Control"] = "private, no-cache"
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=_YEAR,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )


def render(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, path: str = ""
) -> HttpResponse:
    """
    Render a page with the texts of its scripts.

    The house's name and the language switch are on it. `path` is the canonical path of a page that
    search engines may list. Without it they may not.
    """
    query = [(name, value) for name, value in request.GET.items() if name != "lang"]
    languages = [
        (code, name, "?" + urlencode([*query, ("lang", code)])) for code, name in settings.LANGUAGES
    ]
    context = {
        **(context or {}),
        **house(),
        "embed": embedding_origin(request),
        "provider": settings.PAYMENT_PROVIDER,
        "stripe_script": f"{settings.STRIPE_JS_BASE}/v3/",
        "language": translation.get_language(),
        "languages": languages,
        "texts": texts_of(translation.get_language()),
        "canonical": settings.FRONTEND_URL + path if path else "",
    }
    return render_template(request, template, context)
