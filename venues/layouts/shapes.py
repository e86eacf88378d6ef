"""
The shape of layouts, validated by a JSON Schema.

The same schema documents them at the API. `jsonschema-rs` validates a stadium of 12,851 seats in a
hundredth of the time of `jsonschema`.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft202012Validator, ValidationError

from venues.layouts.findings import Findings

SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("schema.json").read_text())
DEFINITIONS: dict[str, Any] = SCHEMA["$defs"]

_NOT_OF_TYPE = {
    "array": ("This is not a list.", "not_a_list"),
    "object": ("This is not an object.", "invalid"),
    "boolean": ("This is not true or false.", "invalid"),
    "number": ("This is not a number.", "invalid"),
    "string": ("This is not a string.", "invalid"),
}


class _WrittenAsInteger:
    """A keyword that refuses 4.0, which JSON Schema takes for an integer."""

    def __init__(self, _schema: Any, _value: Any, _path: Any) -> None:
        """Take what the library passes for any keyword."""

    def validate(self, instance: Any) -> None:
        if isinstance(instance, float):
            raise ValueError


_VALIDATORS = {
    name: Draft202012Validator(
        {**SCHEMA, "$ref": f"#/$defs/{name}"}, keywords={"x-written-as-integer": _WrittenAsInteger}
    )
    for name in ("PlainLayout", "SeatingPlan", "SeatingPlanWithSideList")
}


def check_shape(document: Mapping[str, Any], definition: str, findings: Findings) -> dict[str, Any]:
    """
    Report where a document breaks its definition. Return it without the broken parts.

    A broken member of an object is left out, and a broken entry of a list is None.
    """
    broken = []
    for error in _VALIDATORS[definition].iter_errors(document):
        if error.kind.name == "additionalProperties":
            _report_unknown_fields(error, findings)
        elif error.kind.name == "required":
            path = _joined(*error.instance_path, error.kind.property)
            findings.fault(path, "This field is required.", "required")
        else:
            broken.append(error.instance_path)
            path = _joined(*error.instance_path)
            # Also a fault of storing, such as NaN, which is no number for the validator.
            if not findings.has_fault_at(path):
                findings.fault(path, *_detail_and_code(error))
    return _without(document, broken)


def _report_unknown_fields(error: ValidationError, findings: Findings) -> None:
    is_kept = _schema_of(error).get("x-unknown-fields") == "kept"
    for name in error.kind.unexpected:
        path = _joined(*error.instance_path, name)
        if is_kept:
            detail = "This is not a field of seating plans. It is kept, but not used."
            findings.warn(path, detail, "unknown_field")
        else:
            findings.fault(path, "There is no such field.", "unknown_field")


def _detail_and_code(error: ValidationError) -> tuple[str, str]:
    schema = _schema_of(error)
    match error.kind.name:
        case "type" if error.instance is None:
            return "This field may not be null.", "null"
        case _ if schema.get("type") == "integer":
            lowest, highest = schema["minimum"], schema["maximum"]
            return f"This is not an integer from {lowest} to {highest}.", "invalid"
        case "type":
            return _NOT_OF_TYPE[next(name for name in error.kind.types if name != "null")]
        case "minimum" | "maximum":
            lowest, highest = schema["minimum"], schema["maximum"]
            return f"This is not between {lowest:,} and {highest:,}.", "out_of_range"
        case "maxLength":
            return f"More than {error.kind.limit} characters.", "max_length"
        case "maxItems":
            return f"More than {error.kind.limit} entries.", "max_length"
        case "pattern" if not error.instance.strip():
            return "This may not be blank.", "blank"
        case "pattern":
            return schema["x-fault"], "invalid"
    return error.message, "invalid"


def _schema_of(error: ValidationError) -> dict[str, Any]:
    """Find the schema's object with the keyword that the error breaks."""
    schema: Any = SCHEMA
    for step in error.schema_path[:-1]:
        schema = schema[step]
    return schema


def _joined(*steps: str | int) -> str:
    return ".".join(map(str, steps))


def _without(document: Mapping[str, Any], paths: Iterable[list[str | int]]) -> dict[str, Any]:
    """Remove the parts at these paths, copying the containers on the way."""
    result = dict(document)
    copied = {id(result): result}
    for *parents, last in paths:
        parent: Any = result
        for step in parents:
            child = parent.get(step) if isinstance(parent, dict) else parent[step]
            if child is None:
                break  # Taken out already.
            if id(child) not in copied:
                child = child.copy()
                copied[id(child)] = parent[step] = child
            parent = child
        else:
            if isinstance(parent, dict):
                parent.pop(last, None)
            else:
                parent[last] = None
    return result
