"""The OpenAPI document, compared with every answer of the suite."""

import copy
import gzip
import re
import threading
from functools import cache
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpResponseBase
from django.test import Client
from jsonschema_rs import Draft202012Validator

from eventbooking_system.api.schema import SchemaGenerator
from eventbooking_system.problems import MEDIA_TYPE

ROOT_URLCONF = "eventbooking_system.urls"
# Problems that a broken request or a fault of ours has on every path; the document does not repeat
# them. A path or a method that is not there is not in the document at all.
_EVERYWHERE = {400, 413, 415, 500}
_WHERE_NOTHING_IS = {*_EVERYWHERE, 401, 403, 404, 405, 406, 429, 503}
_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
_building = threading.Lock()


class Contract:
    """Finds an answer's schema in the document, and reports differences."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.paths = document["paths"]
        schemas = copy.deepcopy(document["components"]["schemas"])
        self.components = {"schemas": {name: _closed(shape) for name, shape in schemas.items()}}
        self._validators: dict[bytes, Draft202012Validator] = {}
        # Literal paths come before those with parameters: /api/bookings/quote/ is not a booking.
        by_parameters = sorted(self.paths, key=lambda path: path.count("{"))
        self.templates = [(_pattern(path), path) for path in by_parameters]

    def fault(self, method: str, path: str, response: HttpResponseBase) -> str:
        """Say how the answer differs from the document, or nothing."""
        status, media_type = response.status_code, response.get("Content-Type", "").split(";")[0]
        template = next((known for regex, known in self.templates if regex.fullmatch(path)), None)
        operation = self.paths.get(template, {}).get(method.lower())
        declared = operation and operation["responses"].get(str(status))
        if declared is None:
            if media_type != MEDIA_TYPE or status not in (
                _EVERYWHERE if operation else _WHERE_NOTHING_IS
            ):
                return f"the document has no {status} with {media_type!r}"
            return self._fault_of(response, {"$ref": "#/components/schemas/Problem"})
        content = declared.get("content")
        if content is None:
            return "" if not response.content else "the document says that there is no body"
        if media_type == "text/html":
            return ""  # The browsable API shows the same to people.
        if media_type not in content:
            return f"the document has {', '.join(content)} and not {media_type!r}"
        if not media_type.endswith("json"):
            return ""
        return self._fault_of(response, content[media_type].get("schema", {}))

    def _fault_of(self, response: HttpResponseBase, schema: dict[str, Any]) -> str:
        body = response.content
        if response.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return self.fault_of_value(orjson.loads(body), schema)

    def fault_of_value(self, value: Any, schema: dict[str, Any]) -> str:
        """Say how a value differs from a schema of the document."""
        key = orjson.dumps(schema)
        validator = self._validators.get(key)
        if validator is None:
            whole = {**schema, "components": self.components}
            validator = self._validators[key] = Draft202012Validator(whole, validate_formats=True)
        error = next(validator.iter_errors(value), None)
        if error is None:
            return ""
        place = ".".join(map(str, error.instance_path))
        return f"{place or 'the body'}: {error.message[:500]}"


def _pattern(path: str) -> re.Pattern[str]:
    literals = re.split(r"\{\w+\}", path)
    return re.compile("[^/]+".join(map(re.escape, literals)))


def _closed(schema: Any) -> Any:
    """Return the shape without members that the document does not name."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed


@cache
def _contract() -> Contract:
    return Contract(SchemaGenerator().get_schema(request=None, public=True))


def contract() -> Contract:
    with _building:
        return _contract()


_plain_request = Client.request


def _checked_request(self: Client, **request: Any) -> Any:
    """Send the request, and compare the answer with the document."""
    response = _plain_request(self, **request)
    path, method = request.get("PATH_INFO", "/"), request.get("REQUEST_METHOD", "GET")
    if (
        settings.ROOT_URLCONF == ROOT_URLCONF
        and path.startswith("/api/")
        and path != "/api/"
        and not path.startswith(("/api/schema/", "/api/docs/", "/api/redoc/", "/api/problems/"))
        and method in _METHODS
        and response.status_code != 304
        and not response.streaming
    ):
        fault = contract().fault(method, path, response)
        assert not fault, f"{method} {path} answers {response.status_code}, but {fault}"
    return response


Client.request = _checked_request
