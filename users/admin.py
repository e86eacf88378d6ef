"""The admin of accounts."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from eventbooking_system.admin import RelatedById, StrictAdmin
from users import services
from users.models import LoginSession, User


class LowerCaseEmail:
    """A form that stores the e-mail in lower case."""

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()


class UserCreationForm(LowerCaseEmail, AdminUserCreationForm):
    """The form of a new account."""

    class Meta:
        model = User
        fields = ["email"]


class UserForm(LowerCaseEmail, UserChangeForm):
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
    """The accounts, by e-mail. An erased account is read-only."""

    form = UserForm
    add_form = UserCreationForm
    inlines = [LoginSessionInline]
    actions = ["end_logins"]
    list_display = [
        "email",
        "first_name",
        "last_name",
        "phone",
        "is_active",
        "is_staff",
        "date_joined",
    ]
    list_filter = [
        "is_staff",
        "is_superuser",
        "is_active",
        "groups",
        ("erased_at", admin.EmptyFieldListFilter),
    ]
    search_fields = ["email", "first_name", "last_name", "phone"]
    ordering = ["-pk"]
    date_hierarchy = "date_joined"
    readonly_fields = ["last_login", "date_joined", "erased_at"]
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        ("Person", {"fields": ["first_name", "last_name", "phone", "language", "sms_consent"]}),
        (
            "Rights",
            {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]},
        ),
        ("Dates", {"fields": ["date_joined", "last_login", "erased_at"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "usable_password", "password1", "password2"]})]

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[Any]:
        return self.inlines if obj else []

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        erased = obj is not None and obj.erased_at is not None
        return not erased and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        erased = obj is not None and obj.erased_at is not None
        return not erased and super().has_delete_permission(request, obj)

    def get_object(self, request: HttpRequest, *args: Any) -> User | None:
        """Lock the account before a change, as the form writes every field of the row."""
        user = super().get_object(request, *args)
        if user is None or request.method != "POST":
            return user
        return User.objects.locked().filter(pk=user.pk).first()

    @transaction.atomic
    def user_change_password(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Run in a transaction, as Django's other pages do, so that the lock lasts."""
        return super().user_change_password(request, **kwargs)

    @admin.action(description="End all logins of the selected users", permissions=["change"])
    def end_logins(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        ended = services.end_logins(users=queryset)
        self.message_user(request, f"{ended} logins ended.", messages.SUCCESS)
