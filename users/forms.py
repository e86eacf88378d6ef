"""The login form of the admin."""

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import SESSION_KEY as USER_ID_KEY
from django.core.exceptions import ValidationError

from eventbooking_system.errors import InvalidField
from users.models import User
from users.services import use_second_factor


class SecondFactorLoginForm(AdminAuthenticationForm):
    """Asks staff with a second factor for a code as well."""

    code = forms.CharField(
        label="Code of your authenticator app, or a recovery code",
        required=False,
        max_length=16,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )

    def confirm_login_allowed(self, user: User) -> None:
        super().confirm_login_allowed(user)
        if user.second_factor_enabled_at is None:
            return
        # Another user's session would be thrown away, and the time of the code with it.
        if USER_ID_KEY in self.request.session:
            self.request.session.flush()
        code: Any = self.data.get("code", "").strip()[:16]
        try:
            use_second_factor(user=user, code=code, login=self.request.session)
        except InvalidField as error:
            raise ValidationError(error.detail, "code") from error
