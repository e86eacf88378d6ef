"""Messages, webhooks and periodic jobs at the admin site."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from bookings import services
from bookings.admin.columns import (
    CUSTOMER_OF_BOOKING,
    VENUE_OF_BOOKING,
    at_venue,
    booking_link,
    customer_of_booking,
)
from bookings.admin.searching import CodeSearchMixin
from bookings.models import AccountMail, Message, PeriodicJob, WebhookDelivery, WebhookSubscription
from bookings.notifications.webhooks import is_secret, new_secret
from eventbooking_system.admin import StrictAdmin
from shows.admin.lists import ReadOnlyAdmin


class OutgoingAdmin(ReadOnlyAdmin):
    actions = ["send_again"]
    date_hierarchy = "created_at"

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"bookings.change_{self.opts.model_name}")

    @admin.action(description="Send again", permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        count = services.send_again(model=self.model, ids=ids)
        self.message_user(request, f"{count} queued to be sent again.", messages.SUCCESS)


@admin.register(Message)
class MessageAdmin(CodeSearchMixin, OutgoingAdmin):
    list_display = [
        "id", "kind", "channel", "state", booking_link, customer_of_booking, "attempts",
        "last_error", "created", "finished",
    ]  # fmt: skip
    created = at_venue("created_at")
    finished = at_venue("finished_at")
    due = at_venue("due_at")
    give_up = at_venue("give_up_at")
    list_filter = ["state", "kind", "channel", "created_at"]
    list_select_related = ["booking__user", VENUE_OF_BOOKING]
    search_fields = ["booking__reference", *CUSTOMER_OF_BOOKING]
    fields = [
        booking_link, customer_of_booking, "kind", "channel", "facts", "state", "attempts",
        "due", "give_up", "last_error", "created", "finished",
    ]  # fmt: skip


@admin.register(AccountMail)
class AccountMailAdmin(OutgoingAdmin):
    list_display = [
        "id", "kind", "state", "user", "attempts", "last_error", "created_at", "finished_at",
    ]  # fmt: skip
    list_filter = ["state", "kind", "created_at"]
    list_select_related = ["user"]
    search_fields = ["user__email"]
    fields = [
        "user", "kind", "to", "state", "attempts", "due_at", "give_up_at", "last_error",
        "created_at", "finished_at",
    ]  # fmt: skip


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(OutgoingAdmin):
    list_display = [
        "id", "event", "subscription", "state", "response_status", "attempts", "last_error",
        "created_at", "finished_at",
    ]  # fmt: skip
    list_filter = ["state", "subscription", "event", "created_at"]
    list_select_related = ["subscription"]
    search_fields = ["body", "webhook_id"]
    fields = [
        "subscription", "event", "webhook_id", "body", "state", "attempts", "response_status",
        "due_at", "give_up_at", "last_error", "created_at", "finished_at",
    ]  # fmt: skip


class SubscriptionForm(forms.ModelForm):
    events = forms.MultipleChoiceField(
        choices=WebhookSubscription.Event.choices, widget=forms.CheckboxSelectMultiple
    )
    secret = forms.CharField(
        initial=new_secret, max_length=100, help_text="The partner verifies signatures with it."
    )

    class Meta:
        model = WebhookSubscription
        fields = ["name", "url", "events", "secret", "is_active"]

    def clean_secret(self) -> str:
        secret = self.cleaned_data["secret"]
        if not is_secret(secret):
            raise forms.ValidationError("Enter whsec_ followed by the base64 of 24 to 64 bytes.")
        return secret


@admin.register(WebhookSubscription)
class WebhookSubscriptionAdmin(StrictAdmin):
    form = SubscriptionForm
    secret_fields = ["secret"]
    list_display = ["name", "url", "events", "is_active", "created_at"]
    list_filter = ["is_active"]
    search_fields = ["name", "url"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Hide the secret, which could forge events, from staff with read-only access."""
        may_change = obj is None or self.has_change_permission(request, obj)
        return [name for name in SubscriptionForm.Meta.fields if may_change or name != "secret"]


@admin.register(PeriodicJob)
class PeriodicJobAdmin(ReadOnlyAdmin):
    list_display = [
        "name", "due_at", "leased_until", "runs", "started_at", "succeeded_at", "last_error",
    ]  # fmt: skip
    list_filter = [("last_error", admin.EmptyFieldListFilter)]
