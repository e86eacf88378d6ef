"""Strict query parameters and bodies of operations without lists."""

from collections.abc import Container, Mapping
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from eventbooking_system.api.serializers import StrictSerializer


class StrictQueryMixin:
    """
    A mixin that refuses unknown query parameters.

    It also refuses a body where none is read. `query_serializers` has a serializer for each action,
    or method of a view without actions, that takes parameters; `self.query` has their values. Lists
    are left to StrictFilterBackend.
    """

    query_serializers: ClassVar[Mapping[str, type[serializers.Serializer]]] = {}
    without_body: ClassVar[Container[str]] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        operation = getattr(self, "action", None) or request.method.lower()
        serializer_class = self.query_serializers.get(operation)
        if operation != "list" and (serializer_class or request.META.get("QUERY_STRING")):
            self.query = _read(request, serializer_class or StrictSerializer)
        if operation in self.without_body:
            StrictSerializer().run_validation(request.data)


def _read(request: Request, serializer_class: type[serializers.Serializer]) -> dict[str, Any]:
    known = serializer_class().fields
    errors = {}
    for name, values in request.query_params.lists():
        if name not in known:
            errors[name] = [ErrorDetail("There is no such parameter.", "unknown_parameter")]
        elif len(values) > 1:
            errors[name] = [ErrorDetail("This parameter takes one value.", "repeated")]
    serializer = serializer_class(data=request.query_params.dict())
    if not serializer.is_valid():
        errors = {**serializer.errors, **errors}
    if errors:
        raise ValidationError(errors)
    return serializer.validated_data
