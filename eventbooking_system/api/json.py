"""JSON: the renderer, the strict parser, and their negotiation."""

import json
from collections import Counter
from decimal import Decimal
from typing import Any

import orjson
from django.utils.functional import Promise
from rest_framework import exceptions
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

# More than any document of the API has, and less than any recursion limit.
MAX_JSON_DEPTH = 64


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, media_type: str | None = None, context: dict[str, Any] | None = None
    ) -> bytes:
        if data is None:
            return b""
        # The browsable API asks for an indent.
        return dump_json(data, pretty=bool((context or {}).get("indent")))


def dump_json(data: Any, *, pretty: bool = False) -> bytes:
    option = orjson.OPT_NON_STR_KEYS | (orjson.OPT_INDENT_2 if pretty else 0)
    return orjson.dumps(data, default=_jsonable, option=option)


def _jsonable(value: object) -> object:
    """Convert a value that orjson does not know. A Decimal becomes a string."""
    if isinstance(value, Decimal | Promise):
        return str(value)
    if isinstance(value, tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


class Negotiation(DefaultContentNegotiation):
    """DRF's negotiation, with a fast path for JSON bodies and any Accept."""

    def select_parser(self, request: Request, parsers: list[BaseParser]) -> BaseParser | None:
        if request.content_type == parsers[0].media_type:
            return parsers[0]
        return super().select_parser(request, parsers)

    def select_renderer(
        self, request: Request, renderers: list[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        if request.META.get("HTTP_ACCEPT", "*/*") == "*/*" and not format_suffix:
            return renderers[0], renderers[0].media_type
        return super().select_renderer(request, renderers, format_suffix)


class StrictJSONParser(JSONParser):
    """
    A parser for strict JSON by RFC 8259.

    It refuses NaN, repeated names, deep nesting, and text that is not UTF-8.
    """

    renderer_class = JSONRenderer

    def parse(self, stream: Any, *_: object) -> Any:
        raw = stream.read()
        try:
            data = orjson.loads(raw)
            brackets = raw.count(b"[") + raw.count(b"{")
            if brackets > MAX_JSON_DEPTH and not _is_shallow(data, MAX_JSON_DEPTH):
                raise ValueError(f"it is nested more than {MAX_JSON_DEPTH} deep")
            # orjson is strict, but keeps the last of two equal names, so the names are read again by
            # the standard library. Each name has a colon, so flat objects need no second look.
            if not (isinstance(data, dict) and raw.count(b":") == len(data)):
                json.loads(raw, object_pairs_hook=_refuse_twins, parse_int=str, parse_float=str)
        except ValueError as error:
            raise exceptions.ParseError(f"Malformed JSON: {error}") from error
        return data


def _is_shallow(value: Any, depth: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    children = value.values() if isinstance(value, dict) else value
    return depth > 0 and all(_is_shallow(child, depth - 1) for child in children)


def _refuse_twins(pairs: list[tuple[str, Any]]) -> None:
    names = Counter(name for name, _ in pairs)
    twins = [name[:50] for name, count in names.most_common(3) if count > 1]
    if twins:
        raise ValueError(f"these names appear twice: {', '.join(sorted(twins))}")
