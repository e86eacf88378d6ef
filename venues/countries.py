"""The country codes of ISO 3166-1, from the package `tzdata`."""

from functools import cache
from importlib.resources import files

from django.core.exceptions import ValidationError


@cache
def country_codes() -> frozenset[str]:
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    return frozenset(line[:2] for line in table.splitlines() if not line.startswith("#"))


def validate_country(code: str) -> None:
    if code not in country_codes():
        raise ValidationError(
            "This is not a country code of ISO 3166-1, such as IN.", "unknown_country"
        )
