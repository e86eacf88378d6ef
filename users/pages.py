"""The admin page on which staff use their second factor."""

from base64 import b64encode
from typing import Any

import zxingcpp
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from eventbooking_system.errors import DomainError
from eventbooking_system.server.request_context import client_network
from users import services

# Longer than any password or code.
MAX_INPUT = 1000


@never_cache
def second_factor(request: HttpRequest) -> HttpResponse:
    """
    Show the next step of the second factor.

    The steps are a password, the QR code and the recovery codes; later, a code of the app.
    """
    user = request.user
    context = {
        **admin.site.each_context(request),
        "title": "Second factor",
        "is_enabled": user.second_factor_enabled_at is not None,
        "due_at": user.second_factor_due_at,
    }
    step = _STEPS.get(request.POST.get("step", "")) if request.method == "POST" else None
    if step is not None:
        try:
            more = step(request)
        except DomainError as error:
            more = {"error": error.detail, "is_confirming": step is _confirm}
        if isinstance(more, HttpResponse):
            return more
        context.update(more)
    return render(request, "users/admin_second_factor.html", context)


def _enrol(request: HttpRequest) -> dict[str, Any]:
    enrolment = services.enrol_second_factor(
        user=request.user,
        password=_input(request, "password"),
        session=None,
        network=client_network(request),
    )
    code = zxingcpp.create_barcode(enrolment.uri, zxingcpp.BarcodeFormat.QRCode).to_svg(scale=5)
    image = f"data:image/svg+xml;base64,{b64encode(code.encode()).decode()}"
    return {"qr_code": image, "secret": enrolment.secret, "is_confirming": True}


def _confirm(request: HttpRequest) -> dict[str, Any]:
    codes = services.confirm_second_factor(
        user=request.user, code=_input(request, "code").strip(), login=request.session
    )
    return {"recovery_codes": codes, "is_enabled": True}


def _use(request: HttpRequest) -> HttpResponse:
    services.use_second_factor(
        user=request.user, code=_input(request, "code").strip(), login=request.session
    )
    return redirect(reverse("admin:index"))


def _input(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "")[:MAX_INPUT]


_STEPS = {"enrol": _enrol, "confirm": _confirm, "use": _use}
