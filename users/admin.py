"""The admin of accounts."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse_lazy
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from eventbooking_system.admin import Page, RelatedById, StrictAdmin
from users import services
from users.addresses import canonical_address
from users.forms import SecondFactorLoginForm
from users.models import WALK_IN_EMAIL, LoginSession, User

RIGHTS = ["is_staff", "is_superuser", "groups", "user_permissions"]


class OneSpellingOfEmail:
    """A form that stores the e-mail in its one spelling."""

    def clean_email(self) -> str:
        return canonical_address(self.cleaned_data["email"])


class UserCreationForm(OneSpellingOfEmail, AdminUserCreationForm):
    """The form of a new account."""

    class Meta:
        model = User
        fields = ["email"]


class UserForm(OneSpellingOfEmail, UserChangeForm):
    """The form of an existing account."""

    class Meta:
        model = User
        fields = "__all__"


class LoginSessionInline(admin.TabularInline):
    """The logins that have not ended, read-only."""

    model = LoginSession
    fields = readonly_fields = ["created_at", "expires_at"]
    verbose_name = "current login"
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[LoginSession]:
        return super().get_queryset(request).filter(ended_at=None)

    def has_add_permission(self, *_: object) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission


@admin.register(User)
class UserAdmin(RelatedById, StrictAdmin, DjangoUserAdmin):
    """
    The accounts, by e-mail. An erased account is read-only.

    Only superusers change rights and the accounts of staff, because a person who can change them
    can become a superuser.
    """

    form = UserForm
    add_form = UserCreationForm
    inlines = [LoginSessionInline]
    actions = ["end_logins", "remove_second_factors"]
    list_display = [
        "email",
        "first_name",
        "last_name",
        "phone",
        "is_active",
        "date_joined",
    ]
    list_filter = ["is_active", "is_guest", ("erased_at", admin.EmptyFieldListFilter)]
    secret_fields = ["password"]
    search_fields = ["email", "contact_email", "name_folded", "phone"]
    ordering = ["-pk"]
    date_hierarchy = "date_joined"
    readonly_fields = [
        "contact_email",
        "email_verified_at",
        "second_factor_enabled_at",
        "last_login",
        "date_joined",
        "erased_at",
    ]
    fieldsets = [
        (None, {"fields": ["email", "contact_email", "email_verified_at", "password"]}),
        ("Person", {"fields": ["first_name", "last_name", "phone", "language", "sms_consent"]}),
        ("Access", {"fields": ["is_active"]}),
        ("Dates", {"fields": ["date_joined", "last_login", "erased_at"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "usable_password", "password1", "password2"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        users = super().get_queryset(request)
        # The account of walk-ins belongs to the system, so nobody may change it.
        users = users.exclude(email=WALK_IN_EMAIL)
        return users if request.user.is_superuser else users.customers()

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not request.user.is_superuser:
            return fieldsets
        return [*fieldsets, ("Rights", {"fields": [*RIGHTS, "second_factor_enabled_at"]})]

    def get_list_display(self, request: HttpRequest) -> list[str]:
        return self.list_display + (["is_staff"] if request.user.is_superuser else [])

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        rights = ["is_staff", "is_superuser", "groups"] if request.user.is_superuser else []
        return rights + self.list_filter

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        is_right = lookup.partition(LOOKUP_SEP)[0] in RIGHTS
        if is_right and not request.user.is_superuser:
            return False
        return super().lookup_allowed(lookup, value, request)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[Any]:
        return self.inlines if obj else []

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        erased = obj is not None and obj.erased_at is not None
        return not erased and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        erased = obj is not None and obj.erased_at is not None
        return not erased and super().has_delete_permission(request, obj)

    def get_object(self, request: HttpRequest, *args: Any) -> User | None:
        """Lock the account before a change. The form writes every field of the row."""
        user = super().get_object(request, *args)
        if user is None or request.method != "POST":
            return user
        return User.objects.locked().filter(pk=user.pk).first()

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if "email" in form.changed_data:
            obj.email_verified_at = None
        super().save_model(request, obj, form, change)

    @transaction.atomic
    def user_change_password(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """
        Change the password in a transaction, so that the lock lasts.

        Django's other pages have one already.
        """
        return super().user_change_password(request, **kwargs)

    @admin.action(description="End all logins of the selected users", permissions=["change"])
    def end_logins(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        ended = services.end_logins(users=queryset)
        self.message_user(request, f"{ended} logins ended.", messages.SUCCESS)

    @admin.action(
        description="Remove the second factor of the selected users", permissions=["change"]
    )
    def remove_second_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            services.remove_second_factor(user=user)
            self.log_change(request, user, "Second factor removed.")
        self.message_user(request, f"{len(queryset)} second factors removed.", messages.SUCCESS)


def _second_factor_panel(request: HttpRequest) -> str:
    if not request.user.second_factor_is_missing:
        return ""
    return render_to_string("users/second_factor_panel.html")


admin.site.login_form = SecondFactorLoginForm
admin.site.login_template = "users/admin_login.html"
admin.site.register_panel(_second_factor_panel, order=0)
admin.site.register_page(
    Page("People", "Your second factor", reverse_lazy("second-factor"), lambda _: True)
)
# The pages of devices show other people's secrets. Groups get a stricter page below.
admin.site.unregister([Group, TOTPDevice, StaticDevice])


@admin.register(Group)
class GroupAdmin(RelatedById, StrictAdmin, DjangoGroupAdmin):
    """The groups of permissions, for superusers only."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser and not request.user.second_factor_is_missing

    def has_view_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return self.has_module_permission(request)

    has_change_permission = has_delete_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)
