"""Promo codes at the admin site."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path

from bookings import services
from bookings.models import PromoCode
from eventbooking_system.admin import RelatedById, StrictAdmin
from eventbooking_system.admin.choices import currency_choices
from eventbooking_system.errors import DomainError
from eventbooking_system.spreadsheets import csv_document
from shows.models import Show


class PromoCodeForm(forms.ModelForm):
    """A form that saves by the service, with refusals at fields."""

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


class PromoCodesForm(PromoCodeForm):
    """A form that makes many codes for one use each."""

    count = forms.IntegerField(min_value=1, max_value=services.MAX_PROMO_CODES)
    prefix = forms.RegexField(r"^[A-Za-z0-9_-]*$", max_length=services.MAX_PREFIX, required=False)
    code = None

    class Meta(PromoCodeForm.Meta):
        fields = [
            "percent", "amount", "currency", "min_total", "valid_from", "valid_until", "shows",
            "events",
        ]  # fmt: skip

    field_order = ["count", "prefix"]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        terms = {name: data.get(name) for name in self.Meta.fields[:6]}
        if not self.errors:
            try:
                services.check_promo_code(
                    PromoCode(**{**terms, "currency": terms["currency"] or ""})
                )
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
        """Refuse deletion, because bookings keep their code. Staff switch it off instead."""
        return False

    # ---- Many codes at once

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.bulk_view)
        return [path("bulk/", view, name="bookings_promocode_bulk"), *super().get_urls()]

    def bulk_view(self, request: HttpRequest) -> HttpResponse:
        """Make many codes, and answer with them as CSV."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = PromoCodesForm(request.POST or None)
        form.fields["shows"].queryset = Show.objects.select_related("event", "screen__venue")
        if form.is_valid():
            made = services.make_promo_codes(**form.cleaned_data)
            rows = [["code"], *([promo.code] for promo in made)]
            headers = {"Content-Disposition": 'attachment; filename="promo-codes.csv"'}
            return HttpResponse(csv_document(rows), content_type="text/csv", headers=headers)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Make many promo codes",
            "form": form,
        }
        return TemplateResponse(request, "admin/bookings/promocode/bulk.html", context)
