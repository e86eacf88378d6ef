"""Promo codes at the admin site."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest

from bookings import services
from bookings.models import PromoCode
from eventbooking_system.admin import RelatedById, StrictAdmin
from eventbooking_system.admin.choices import currency_choices
from eventbooking_system.errors import DomainError
from shows.models import Show


class PromoCodeForm(forms.ModelForm):
    """A form that saves by the service and shows its refusals at the field."""

    class Meta:
        model = PromoCode
        fields = [
            "code", "percent", "amount", "currency", "valid_from", "valid_until", "max_uses",
            "max_uses_per_customer", "min_total", "shows", "events", "is_active",
        ]  # fmt: skip

    def clean_code(self) -> str:
        return self.cleaned_data["code"].upper()

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors:
            draft = PromoCode(pk=self.instance.pk)
            for name, value in data.items():
                if name not in ("shows", "events"):
                    setattr(draft, name, value)
            try:
                services.check_promo_code(draft)
            except DomainError as refusal:
                self.add_error(refusal.members["errors"][0]["field"], refusal.detail)
        return data


@admin.register(PromoCode)
class PromoCodeAdmin(RelatedById, StrictAdmin):
    form = PromoCodeForm
    list_display = [
        "code",
        "percent",
        "amount",
        "currency",
        "uses",
        "max_uses",
        "valid_until",
        "is_active",
    ]
    list_filter = ["is_active", "currency", "valid_until"]
    search_fields = ["code"]
    autocomplete_fields = ["shows", "events"]
    searched_choices = {"currency": currency_choices}
    fieldsets = [
        (None, {"fields": ["code", "is_active"]}),
        ("Discount", {"fields": ["percent", "amount", "currency", "min_total"]}),
        ("Valid", {"fields": ["valid_from", "valid_until", "max_uses", "max_uses_per_customer"]}),
        ("Only for", {"fields": ["shows", "events"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        live = Q(bookings__status__in=["pending", "confirmed"])
        return super().get_queryset(request).annotate(uses=Count("bookings", filter=live))

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> forms.Field:
        if db_field.name == "shows":
            # The name of a show has its venue's time.
            kwargs["queryset"] = Show.objects.select_related("event", "screen__venue")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(ordering="uses")
    def uses(self, promo: PromoCode) -> int:
        return promo.uses

    def has_delete_permission(self, request: HttpRequest, obj: PromoCode | None = None) -> bool:
        """Refuse: bookings keep their code, so staff switch it off instead."""
        return False
