"""The OpenAPI document, in which every operation lists its problems."""

from collections.abc import Iterable
from threading import Lock
from typing import Any, ClassVar

from django.conf import settings
from django.urls import get_urlconf
from drf_spectacular import generators
from drf_spectacular.contrib.django_filters import DjangoFilterExtension
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import force_instance
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS, AllowAny

from eventbooking_system.api.filters import DayFilter, FlagFilter, IdFilter
from eventbooking_system.api.permissions import StaffPermissionOrReadOnly
from eventbooking_system.errors import PROBLEMS, DomainError
from eventbooking_system.problems import MEDIA_TYPE, problem_document

# The id of something, in a path or a query.
ID = {"type": "integer", "format": "int64", "minimum": 1}


class FieldErrorSerializer(serializers.Serializer):
    field = serializers.CharField(
        help_text="The dotted path of the field. Empty if no single field is wrong."
    )
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """A problem document (RFC 9457). `code` is stable; `title` and `detail` are for people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.ChoiceField(choices=[])
    detail = serializers.CharField()
    errors = FieldErrorSerializer(many=True, required=False, help_text="With the code `invalid`.")


def problem_codes() -> list[str]:
    return sorted(PROBLEMS)


class ProblemSchema(OpenApiSerializerExtension):
    """Adds every code, and the members that come with some codes."""

    target_class = ProblemSerializer

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        codes: dict[str, list[str]] = {}
        for error in _subclasses(DomainError):
            for name, shape in error.member_schemas.items():
                schema["properties"].setdefault(name, shape)
                codes.setdefault(name, []).append(f"`{error.code}`")
        for name, wearers in codes.items():
            with_codes = f"With the code {' or '.join(sorted(set(wearers)))}."
            schema["properties"][name] = {**schema["properties"][name], "description": with_codes}
        schema["properties"]["code"] = {"type": "string", "enum": problem_codes()}
        return schema


def _subclasses(error: type[DomainError]) -> list[type[DomainError]]:
    found = [each for child in error.__subclasses__() for each in (child, *_subclasses(child))]
    return sorted(found, key=lambda each: (each.code, each.__name__))


class FilterParameters(DjangoFilterExtension):
    """The documentation of filters: booleans, days and ids as such."""

    priority = 1
    _SHAPES: ClassVar[dict[type, dict[str, Any]]] = {
        FlagFilter: {"type": "boolean"},
        DayFilter: {"type": "string", "format": "date"},
        IdFilter: ID,
    }

    def resolve_filter_field(
        self, auto_schema: Any, model: Any, filterset_class: Any, name: str, filter_field: Any
    ) -> list[dict[str, Any]]:
        parameters = super().resolve_filter_field(
            auto_schema, model, filterset_class, name, filter_field
        )
        shape = self._SHAPES.get(type(filter_field))
        if shape:
            for parameter in parameters:
                parameter["schema"] = shape
                parameter["description"] = filter_field.extra.get("help_text") or ""
        return parameters


def problems(*refusals: type[DomainError] | str) -> dict[Any, OpenApiResponse]:
    """
    Make the problem responses for `extend_schema`, by status.

    Each refusal has an example.
    """
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
    """Adds the problems that an operation of its kind may always answer."""

    def get_description(self) -> str:
        """Leave out docstrings, as `extend_schema` describes the operations."""
        return ""

    def get_operation_id(self) -> str:
        return super().get_operation_id().replace(".", "_")

    def _get_serializer_name(self, serializer: Any, direction: Any, *options: Any) -> str:
        name = super()._get_serializer_name(serializer, direction, *options)
        return name.replace("RequestRequest", "Request")

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        parameters = super()._resolve_path_parameters(variables)
        for parameter in parameters:
            if parameter["name"] == "id" or parameter["name"].endswith("_id"):
                parameter["schema"] = ID
        return parameters

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        schema = super()._map_basic_serializer(serializer, direction)
        properties = schema.get("properties", {})
        if direction == "request":
            # Generators of typed clients assume that a field with a default is always present.
            for shape in properties.values():
                shape.pop("default", None)
            return schema
        instance = force_instance(serializer)
        sent = [name for name in properties if _is_always_sent(instance, instance.fields[name])]
        if sent:
            schema["required"] = sorted(sent)
        if getattr(instance, "takes_more_members", False):
            schema["additionalProperties"] = {}
        return schema

    def get_request_serializer(self) -> Any:
        # `extend_schema(request=…)` of a view takes precedence over this.
        return None if self.method == "DELETE" else super().get_request_serializer()

    def _get_request_body(self, direction: str = "request") -> Any:
        """Describe a DELETE's body, too. Erasing an account asks for a password."""
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


def _is_always_sent(serializer: serializers.Serializer, field: serializers.Field) -> bool:
    """
    Return whether answers always have the field.

    Answers of a model have all fields except those in `sent_to_some`. In other serializers, a field
    with `required=False` may be left out.
    """
    if field.field_name in getattr(serializer, "sent_to_some", ()):
        return False
    is_model = isinstance(serializer, serializers.ModelSerializer)
    return is_model or field.required or field.read_only or field.default is not serializers.empty


class SchemaGenerator(generators.SchemaGenerator):
    """Generates the document once for a process, as that takes a second."""

    _made: ClassVar[dict[str, Any]] = {}
    _lock: ClassVar[Lock] = Lock()

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        urlconf = get_urlconf() or settings.ROOT_URLCONF
        with self._lock:  # The library's registries are not made for several threads.
            if urlconf not in self._made:
                self._made[urlconf] = super().get_schema(request, public)
        return self._made[urlconf]
