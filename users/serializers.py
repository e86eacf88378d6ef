"""The shapes of requests and responses."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from phonenumber_field.phonenumber import PhoneNumber, to_python
from rest_framework import serializers

from eventbooking_system.api.serializers import (
    StrictBooleanField,
    StrictCharField,
    StrictModelSerializer,
    StrictSerializer,
)
from users.addresses import MAX_LENGTH, canonical_address
from users.models import User
from users.names import validate_name

_E164 = re.compile(r"\+[1-9][0-9]{1,14}")


class EmailField(StrictCharField, serializers.EmailField):
    """An e-mail address, read in its one spelling."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": MAX_LENGTH, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        try:
            return canonical_address(super().to_internal_value(data))
        except ValidationError:
            self.fail("invalid")


class PasswordField(StrictCharField):
    """A password, which is never trimmed and never part of a response."""

    @staticmethod
    def validate_text(text: str) -> None:
        """Take every character: nobody ever reads a password."""

    def __init__(self, **kwargs: Any) -> None:
        # The limit bounds the work of the validators and of the hash.
        super().__init__(
            write_only=True, trim_whitespace=False, max_length=1000,
            style={"input_type": "password"}, **kwargs,
        )  # fmt: skip


class PhoneField(StrictCharField):
    """A valid phone number in E.164, or an empty string."""

    default_error_messages = {"invalid": "Enter a phone number such as +919876543210 (E.164)."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_blank=True, **kwargs)

    def to_internal_value(self, data: Any) -> PhoneNumber | str:
        text = super().to_internal_value(data)
        if not _E164.fullmatch(text) or not (number := to_python(text)).is_valid():
            self.fail("invalid")
        return number

    def to_representation(self, value: PhoneNumber | str) -> str:
        return value.as_e164 if isinstance(value, PhoneNumber) else value


class NameField(StrictCharField):
    """A first or last name, or an empty string."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=100, allow_blank=True, default="", validators=[validate_name], **kwargs
        )


class ProfileSerializer(StrictModelSerializer):
    email = serializers.EmailField(source="mail_address", read_only=True)
    phone = PhoneField(required=False, help_text="E.164, or empty.")
    phone_is_verified = serializers.BooleanField(
        read_only=True, help_text="Text messages are sent only to a confirmed number."
    )

    class Meta:
        model = User
        fields = [
            "id", "email", "email_verified_at", "first_name", "last_name", "phone", "phone_is_verified", "language", "sms_consent",
            "date_joined",
        ]  # fmt: skip
        read_only_fields = ["id", "email_verified_at", "date_joined"]


class RegistrationSerializer(StrictSerializer):
    email = EmailField()
    password = PasswordField()
    first_name = NameField()
    last_name = NameField()
    phone = PhoneField(default="", help_text="E.164, or empty.")
    language = serializers.ChoiceField(
        User.Language.choices,
        default=User.Language.EN,
        help_text="The language of messages to this person.",
    )
    sms_consent = StrictBooleanField(
        default=False, help_text="Whether to send text messages to the phone."
    )


class GuestSerializer(StrictSerializer):
    email = EmailField(help_text="Where the booking's mails go.")
    first_name = NameField()
    last_name = NameField()
    phone = PhoneField(default="", help_text="E.164, or empty.")
    language = serializers.ChoiceField(User.Language.choices, default=User.Language.EN)


class GuestAccessSerializer(serializers.Serializer):
    access = serializers.CharField(help_text="For `Authorization: Bearer …`.")
    expires_at = serializers.DateTimeField()


class LoginSerializer(StrictSerializer):
    email = StrictCharField(max_length=254)
    password = PasswordField()


class RefreshSerializer(StrictSerializer):
    refresh = StrictCharField(max_length=4000)


class TokensSerializer(serializers.Serializer):
    access = serializers.CharField(
        help_text="For `Authorization: Bearer …`; expires after minutes."
    )
    refresh = serializers.CharField(help_text="Exchange it, once, for the next pair of tokens.")


class RegisteredSerializer(ProfileSerializer):
    """The profile of a new account, with its first tokens."""

    access = serializers.CharField(
        help_text="For `Authorization: Bearer …`; expires after minutes."
    )
    refresh = serializers.CharField(help_text="Exchange it, once, for the next pair of tokens.")

    class Meta(ProfileSerializer.Meta):
        fields = [*ProfileSerializer.Meta.fields, "access", "refresh"]


class ErasureSerializer(StrictSerializer):
    password = PasswordField()


class CodeSerializer(StrictSerializer):
    code = StrictCharField(max_length=16, help_text="A code of the app, or a recovery code.")


class PhoneCodeSerializer(StrictSerializer):
    code = StrictCharField(max_length=6, help_text="Six digits.")


class SecondFactorRemovalSerializer(CodeSerializer):
    password = PasswordField()


class SecondFactorSerializer(serializers.Serializer):
    enabled_at = serializers.DateTimeField(allow_null=True)
    used_at = serializers.DateTimeField(allow_null=True, help_text="In this login.")
    due_at = serializers.DateTimeField(allow_null=True, help_text="When one is required.")
    is_missing = serializers.BooleanField(help_text="Whether this login has no rights without it.")


class EnrolmentSerializer(serializers.Serializer):
    secret = serializers.CharField()
    uri = serializers.CharField(help_text="For a QR code.")


class RecoveryCodesSerializer(serializers.Serializer):
    recovery_codes = serializers.ListField(child=serializers.CharField())


class PasswordChangeSerializer(StrictSerializer):
    current_password = PasswordField()
    new_password = PasswordField()


class NoFieldsSerializer(StrictSerializer):
    """A body without fields, which may also be missing."""


class EmailVerificationSerializer(StrictSerializer):
    token = StrictCharField(max_length=2000)


class EmailChangeSerializer(StrictSerializer):
    password = PasswordField()
    email = EmailField()


class PasswordResetSerializer(StrictSerializer):
    email = EmailField()


class PasswordResetConfirmationSerializer(StrictSerializer):
    uid = StrictCharField(max_length=100)
    token = StrictCharField(max_length=200)
    new_password = PasswordField()


class ExportedProfileSerializer(ProfileSerializer):
    class Meta(ProfileSerializer.Meta):
        fields = [
            *ProfileSerializer.Meta.fields,
            "is_staff",
            "last_login",
            "second_factor_enabled_at",
        ]


class ExportedLoginSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class ExportedNetworkSerializer(serializers.Serializer):
    network = serializers.CharField()
    seen_at = serializers.DateTimeField()


class ExportedFailureSerializer(serializers.Serializer):
    failed_at = serializers.DateTimeField()
    source = serializers.CharField()


class ExportSerializer(serializers.Serializer):
    """All data about a person. Other apps add members of their own, such as `bookings`."""

    takes_more_members = True

    profile = ExportedProfileSerializer()
    logins = ExportedLoginSerializer(many=True)
    known_networks = ExportedNetworkSerializer(many=True)
    failed_logins = ExportedFailureSerializer(many=True)
