"""The OpenAPI document: every operation with every problem that it may answer."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.urls import get_urlconf
from drf_spectacular import generators
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS, AllowAny

from eventbooking_system.api.permissions import StaffPermissionOrReadOnly
from eventbooking_system.errors import PROBLEMS, DomainError
from eventbooking_system.problems import MEDIA_TYPE, problem_document


class FieldErrorSerializer(serializers.Serializer):
    field = serializers.CharField(help_text="Dotted path; empty where no one field is wrong.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """RFC 9457. `code` is stable; `title` and `detail` are for people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    errors = FieldErrorSerializer(many=True, required=False)


def problems(*refusals: type[DomainError] | str) -> dict[Any, OpenApiResponse]:
    """Responses for `extend_schema`, one a status, with an example for each refusal."""
    by_status: dict[int, list[str]] = {}
    for refusal in refusals:
        code = refusal if isinstance(refusal, str) else refusal.code
        by_status.setdefault(PROBLEMS[code].status, []).append(code)
    return {(status, MEDIA_TYPE): _response(codes) for status, codes in by_status.items()}


def _response(codes: Iterable[str]) -> OpenApiResponse:
    return OpenApiResponse(
        ProblemSerializer,
        description=" · ".join(f"`{code}`: {PROBLEMS[code].title}" for code in codes),
        examples=[
            OpenApiExample(
                code, problem_document(code, PROBLEMS[code].explanation), media_type=MEDIA_TYPE
            )
            for code in codes
        ],
    )


class ProblemAutoSchema(AutoSchema):
    """Adds to what a view declares the problems that its kind of operation may always answer."""

    def get_request_serializer(self) -> Any:
        # `extend_schema(request=…)` of a view takes precedence over this.
        return None if self.method == "DELETE" else super().get_request_serializer()

    def _get_request_body(self, direction: str = "request") -> Any:
        """The base class knows no DELETE with a body, but erasing an account asks a password."""
        if self.method != "DELETE" or self.get_request_serializer() is None:
            return super()._get_request_body(direction)
        self.method = "POST"
        try:
            return super()._get_request_body(direction)
        finally:
            self.method = "DELETE"

    def _get_response_bodies(self, direction: str = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        if direction == "response":
            for code in self._usual_problems():
                self._add_problem(bodies, code)
        return dict(sorted(bodies.items()))

    def _add_problem(self, bodies: dict[str, Any], code: str) -> None:
        status = str(PROBLEMS[code].status)
        usual = self._get_response_for_code(_response([code]), status, [MEDIA_TYPE])
        declared = bodies.setdefault(status, usual)
        examples = declared.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
        added = usual["content"][MEDIA_TYPE]["examples"]
        if examples and not examples.keys() & added.keys():
            examples.update(added)
            declared["description"] += f" · {usual['description']}"

    def get_auth(self) -> list[dict[str, list[str]]]:
        auth = super().get_auth()
        return [*auth, {}] if self._is_public() and {} not in auth else auth

    def _is_public(self) -> bool:
        open_to_all = (AllowAny,)
        if self.method in SAFE_METHODS:
            open_to_all = (AllowAny, StaffPermissionOrReadOnly)
        return any(
            isinstance(permission, open_to_all) for permission in self.view.get_permissions()
        )

    def _usual_problems(self) -> list[str]:
        codes = ["throttled", "busy", "not_acceptable"]
        if not self._is_public():
            codes += ["not_authenticated", "permission_denied"]
        if self.view.get_authenticators():
            codes.append("token_invalid")
        if "{" in self.path:
            codes.append("not_found")
        if self.method in ("POST", "PUT", "PATCH") or self._get_request_body():
            codes += ["invalid", "parse_error", "too_large", "unsupported_media_type"]
        elif self._is_list_view():
            codes.append("invalid")
        return codes


class SchemaGenerator(generators.SchemaGenerator):
    """Makes the document once: it is the same for everyone, and a second of work."""

    _made: ClassVar[dict[str, Any]] = {}

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        urlconf = get_urlconf() or settings.ROOT_URLCONF
        if urlconf not in self._made:
            self._made[urlconf] = super().get_schema(request, public)
        return self._made[urlconf]
