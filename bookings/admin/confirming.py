"""The confirmation page of admin actions, and messages about refunds."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from bookings.admin.columns import change_url
from bookings.models import Refund


class ReasonForm(forms.Form):
    # The shorter of the two columns that keep the reason sets the limit.
    reason = forms.CharField(
        required=False,
        max_length=Refund._meta.get_field("reason").max_length,
        help_text="Kept in the history of the booking.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


class ShowReasonForm(ReasonForm):
    """The reason for cancelling shows, which customers get by mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[
            "reason"
        ].help_text = "The mail about the cancellation tells customers this reason."


def confirmation(
    request: HttpRequest, model_admin: admin.ModelAdmin, **context: Any
) -> TemplateResponse:
    """Return a page that describes an action and asks for confirmation."""
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "action": request.POST["action"],
        **context,
    }
    return TemplateResponse(request, "admin/bookings/confirmation.html", context)


def back_to(rows: Sequence[Model]) -> HttpResponse | None:
    """Redirect to the only row. Return None after several, for the list."""
    return redirect(change_url(rows[0])) if len(rows) == 1 else None


def warn_of_waiting_refunds(request: HttpRequest, **which: Any) -> None:
    """Warn if the provider has not accepted every refund yet."""
    waiting = Refund.objects.filter(status=Refund.Status.PENDING, **which).count()
    if waiting:
        text = f"{waiting} refunds are still waiting. Send them again in the list of refunds."
        messages.warning(request, text)
