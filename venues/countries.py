"""The country codes of ISO 3166-1, from the package `tzdata`."""

from functools import cache
from importlib.resources import files

from django.core.exceptions import ValidationError


@cache
def countries() -> dict[str, str]:
    """Return the English name of each country by its code."""
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    lines = (line for line in table.splitlines() if line and not line.startswith("#"))
    return dict(line.split("\t", 1) for line in lines)


def validate_country(code: str) -> None:
    if code not in countries():
        raise ValidationError(
            "This is not a country code of ISO 3166-1, such as IN.", "unknown_country"
        )
