"""Price lists and their windows at the admin site."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from eventbooking_system.admin import PlainTextMixin, StrictAdmin
from eventbooking_system.admin.choices import SearchedSelect, currency_choices
from eventbooking_system.errors import DomainError
from eventbooking_system.money import CURRENCY_DIGITS, why_not_payable
from shows import services
from shows.models import ListPrice, PriceList, PriceWindow
from shows.models.price_lists import WEEKDAYS
from venues.models import SeatCategory

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class PriceListForm(forms.ModelForm):
    currency = forms.ChoiceField(choices=currency_choices, widget=SearchedSelect)


class ListPriceForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        data = super().clean()
        amount, currency = data.get("amount"), self.data.get("currency", "")
        is_known = amount is not None and currency in CURRENCY_DIGITS
        if is_known and (reason := why_not_payable(amount, currency)):
            self.add_error("amount", reason)
        return data


class ListPriceInline(PlainTextMixin, admin.TabularInline):
    """The prices of a list. Its categories are those of the venue's screens."""

    model = ListPrice
    form = ListPriceForm
    extra = 3

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "category":
            found = SeatCategory.objects.filter(
                screen__venue__price_lists=request.resolver_match.kwargs.get("object_id")
            )
            names = found.order_by("name").values_list("name", flat=True).distinct()
            return forms.ChoiceField(choices=[("", "---------"), *((name, name) for name in names)])
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(PriceList)
class PriceListAdmin(StrictAdmin):
    form = PriceListForm
    list_display = ["name", "venue", "currency"]
    list_filter = ["venue", "currency"]
    search_fields = ["name"]
    list_select_related = ["venue"]

    def get_inlines(self, request: HttpRequest, obj: PriceList | None) -> list[Any]:
        # The categories to choose from are those of the venue.
        return [ListPriceInline] if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: PriceList | None = None) -> list[str]:
        return ["venue"] if obj else []

    def response_add(self, request: HttpRequest, obj: PriceList, *args: Any) -> Any:
        """Go on to the prices of the new list."""
        request.POST = request.POST | {"_continue": "1"}
        return super().response_add(request, obj, *args)


class PriceWindowForm(forms.ModelForm):
    """A form that checks a window as the service does."""

    weekdays = forms.MultipleChoiceField(
        choices=list(zip(WEEKDAYS, DAYS, strict=True)),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Every day, if none is chosen.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.weekdays:
            self.initial["weekdays"] = self.instance.weekdays.split(",")

    def clean_weekdays(self) -> str:
        return ",".join(self.cleaned_data["weekdays"])

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors:
            try:
                services.check_window(PriceWindow(pk=self.instance.pk, **data))
            except DomainError as refusal:
                field = refusal.members["errors"][0]["field"]
                self.add_error(field if field in self.fields else None, refusal.detail)
        return data


@admin.register(PriceWindow)
class PriceWindowAdmin(StrictAdmin):
    form = PriceWindowForm
    list_display = [
        "name", "venue", "price_list", "weekdays", "from_time", "to_time", "days_before", "percent",
    ]  # fmt: skip
    list_filter = ["venue"]
    list_select_related = ["venue", "price_list__venue"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "price_list":
            kwargs["queryset"] = PriceList.objects.select_related("venue")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
