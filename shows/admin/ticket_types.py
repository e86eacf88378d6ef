"""Ticket types at the admin site."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from eventbooking_system.admin import StrictAdmin
from eventbooking_system.errors import DomainError
from shows import services
from shows.models import TicketType

CHANNELS = ("on_web", "at_box_office")


class TicketTypeForm(forms.ModelForm):
    """A form that checks rules as the service does. A refusal is shown at its field."""

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors:
            draft = TicketType(pk=self.instance.pk, **data)
            try:
                services.check_ticket_type(draft)
            except DomainError as refusal:
                field = refusal.members["errors"][0]["field"]
                self.add_error(field if field in self.fields else None, refusal.detail)
        return data


@admin.register(TicketType)
class TicketTypeAdmin(StrictAdmin):
    form = TicketTypeForm
    list_display = ["name", "code", "venue", "needs", "max_per_booking", "max_per_show", *CHANNELS]
    list_filter = ["venue"]
    search_fields = ["name", "code"]
    fieldsets = [
        (None, {"fields": ["name", "code", "venue", "position"]}),
        ("Number", {"fields": ["min_per_booking", "max_per_booking", "max_per_show"]}),
        ("Together with", {"fields": ["needs", "per_needed"]}),
        ("Sale", {"fields": [*CHANNELS, "no_fee", "minimum_age", "proof_text"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TicketType]:
        return super().get_queryset(request).select_related("venue", "needs__venue")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "needs":
            kwargs["queryset"] = TicketType.objects.select_related("venue")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
