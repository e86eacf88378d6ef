"""Reading a JSON document of which any part may be wrong."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

# A document may be wrong in every place; this many faults are enough to begin with.
MAX_FAULTS = 1000
_MAX_DEPTH = 64
# What PostgreSQL stores neither as text nor as JSON: NUL, and half a pair of UTF-16.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
# PostgreSQL gives 1e20 back as an integer, and answers hold none of more than 64 bits.
_NUMBERS_END = 2**63


class Findings:
    """What is wrong with a document, place by place, and what is only worth telling."""

    def __init__(self) -> None:
        self.faults: list[dict[str, str]] = []
        self._told: dict[str, tuple[dict[str, str], int]] = {}

    def fault(self, place: str, detail: str, code: str) -> None:
        if len(self.faults) < MAX_FAULTS:
            # A name of the document may be half a pair of UTF-16, which no answer can hold.
            field = place.encode(errors="replace").decode()
            self.faults.append({"field": field, "code": code, "detail": detail})

    def tell(self, place: str, detail: str, code: str) -> None:
        """Once for all places that differ in their indexes only: a stadium has 10,000 seats."""
        kind = re.sub(r"\.\d+", "", place) + code
        if kind not in self._told and len(self._told) == MAX_FAULTS:
            return
        first, count = self._told.get(kind, ({"field": place, "code": code, "detail": detail}, 0))
        self._told[kind] = first, count + 1

    @property
    def warnings(self) -> list[dict[str, str]]:
        return [
            {**first, "detail": f"{first['detail']} {count - 1} more alike."}
            if count > 1
            else first
            for first, count in self._told.values()
        ]


class Node:
    """An object of the document; gives its members if they are right, and notes it if not."""

    __slots__ = ("findings", "members", "path")

    def __init__(self, members: dict[str, Any], path: str, findings: Findings) -> None:
        self.members = members
        self.path = path
        self.findings = findings

    def place(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path and name else self.path or name

    def fault(self, name: str, detail: str, code: str = "invalid") -> None:
        self.findings.fault(self.place(name), detail, code)

    def tell(self, name: str, detail: str, code: str) -> None:
        self.findings.tell(self.place(name), detail, code)

    def refuse_others(self, *known: str) -> None:
        for name in [name for name in self.members if name not in known]:
            self.fault(name, "There is no such field.", "unknown_field")

    def tell_others(self, known: frozenset[str]) -> None:
        for name in self.members.keys() - known:
            self.tell(name, "Not a field of seating plans: kept, but not used.", "unknown_field")

    def text(self, name: str, longest: int) -> str | None:
        """A required label."""
        value = self._required(name)
        if value is None:
            return None
        if not isinstance(value, str):
            self.fault(name, "This is not a string.")
        elif not value.strip():
            self.fault(name, "This may not be blank.", "blank")
        elif len(value) > longest:
            self.fault(name, f"More than {longest} characters.", "max_length")
        elif value != value.strip() or any(map(_is_control, value)):
            self.fault(name, "No space at the ends, and no control characters.")
        else:
            return value
        return None

    def check_strings(self, *names: str, nullable: bool = False) -> None:
        """Optional strings that may be anything."""
        for name in names:
            value = self.members.get(name, "")
            if not isinstance(value, str) and not (nullable and value is None):
                self.fault(name, "This is not a string.")

    def integer(self, name: str, lowest: int, highest: int) -> int | None:
        value = self._required(name)
        if value is None or not self._is_integer(name, value, lowest, highest):
            return None
        return value

    def integers(self, name: str, lowest: int, highest: int, most: int) -> set[int]:
        """An optional list of different integers."""
        numbers: set[int] = set()
        for index, value in enumerate(self._list(name, most)):
            place = f"{name}.{index}"
            if self._is_integer(place, value, lowest, highest):
                if value in numbers:
                    self.fault(place, f"{value} appears twice.", "duplicate")
                numbers.add(value)
        return numbers

    def number(self, name: str, lowest: float, highest: float) -> float | None:
        value = self._required(name)
        if value is None:
            return None
        # In Python, True is an integer.
        if type(value) not in (int, float):
            self.fault(name, "This is not a number.")
        elif not lowest <= value <= highest:
            self.fault(name, f"This is not between {lowest:,} and {highest:,}.", "out_of_range")
        else:
            return float(value)
        return None

    def check_numbers(self, *names: str, lowest: float, highest: float) -> None:
        for name in names:
            if name in self.members:
                self.number(name, lowest, highest)

    def boolean(self, name: str) -> bool:
        value = self.members.get(name, False)
        if not isinstance(value, bool):
            self.fault(name, "This is not true or false.")
        return value is True

    def child(self, name: str, *, required: bool = True) -> "Node | None":
        """The object that is a member."""
        if name not in self.members and not required:
            return None
        value = self._required(name)
        if isinstance(value, dict):
            return Node(value, self.place(name), self.findings)
        if value is not None:
            self.fault(name, "This is not an object.")
        return None

    def nodes(self, name: str, most: int, *, required: bool = False) -> Iterator["Node"]:
        """The objects of a list."""
        if required and self._required(name) is None:
            return
        for index, value in enumerate(self._list(name, most)):
            place = f"{name}.{index}"
            if isinstance(value, dict):
                yield Node(value, self.place(place), self.findings)
            else:
                self.fault(place, "This is not an object.")

    def _required(self, name: str) -> Any:
        if name not in self.members:
            self.fault(name, "This field is required.", "required")
        elif self.members[name] is None:
            self.fault(name, "This field may not be null.", "null")
        return self.members.get(name)

    def _list(self, name: str, most: int) -> list[Any]:
        values = self.members.get(name, [])
        if not isinstance(values, list):
            self.fault(name, "This is not a list.", "not_a_list")
        elif len(values) > most:
            self.fault(name, f"More than {most} entries.", "max_length")
        else:
            return values
        return []

    def _is_integer(self, place: str, value: Any, lowest: int, highest: int) -> bool:
        is_right = type(value) is int and lowest <= value <= highest
        if not is_right:
            self.fault(place, f"This is not an integer from {lowest} to {highest}.")
        return is_right


def check_storable(document: Any, findings: Findings) -> None:
    """
    Note what cannot be kept, also in members that nobody reads: the document is stored whole.

    A place that has been noted for another reason is not named again.
    """
    noted = {fault["field"] for fault in findings.faults}
    pending: list[tuple[Any, str, int]] = [(document, "", 0)]
    while pending:
        value, path, depth = pending.pop()
        if isinstance(value, dict | list):
            if depth == _MAX_DEPTH:
                findings.fault(path, f"More than {_MAX_DEPTH} levels deep.", "invalid")
                continue
            entries = value.items() if isinstance(value, dict) else enumerate(value)
            prefix = f"{path}." if path else ""
            pending.extend((child, f"{prefix}{name}", depth + 1) for name, child in entries)
            if isinstance(value, dict) and any(map(_UNSTORABLE.search, value)):
                findings.fault(path, "A name holds characters that cannot be stored.", "invalid")
        elif path in noted:
            continue
        elif isinstance(value, str) and _UNSTORABLE.search(value):
            findings.fault(path, "This holds characters that cannot be stored.", "invalid")
        elif isinstance(value, int | float) and not abs(value) < _NUMBERS_END:
            findings.fault(path, "This number is too large to be stored.", "out_of_range")


def _is_control(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Cs")
