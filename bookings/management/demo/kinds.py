"""The events, screens and venues that `load_demo` makes."""

from dataclasses import dataclass, field
from datetime import date, time
from typing import Any


@dataclass(frozen=True)
class DemoEvent:
    title: str
    minutes: int
    language: str
    genres: tuple[str, ...]
    cast: tuple[str, ...]
    description: str
    certificate: str = ""
    released: date | None = None
    kind: str = "movie"


@dataclass(frozen=True)
class DemoScreen:
    """
    A hall and its programme.

    It shows the titles in `programme` in turn, from `opens` on.
    """

    name: str
    rows: list[dict[str, Any]]
    prices: dict[str, Any]
    programme: tuple[str, ...]
    format: str = "2D"
    opens: time = time(11, 0)
    per_day: int = 5
    weekday: int | None = None
    """The only day of the week with shows; 0 is Monday."""

    document: dict[str, Any] | None = None
    """A layout in place of the rows."""

    @property
    def layout(self) -> dict[str, Any]:
        return self.document or {"rows": self.rows}


@dataclass(frozen=True)
class DemoVenue:
    name: str
    address: str
    city: str
    country: str
    timezone: str
    latitude: float
    longitude: float
    currency: str
    screens: tuple[DemoScreen, ...]
    terms: dict[str, Any] = field(default_factory=dict)
