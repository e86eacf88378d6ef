"""Faults and warnings about one layout, with paths in the document."""

import re

# A document may be wrong everywhere. These limits keep the answer short enough to read.
MAX_FAULTS = 1000
MAX_EQUAL_FAULTS = 10

Finding = dict[str, str]


class Findings:
    """
    Faults, which refuse a document, and warnings, which do not.

    Findings that differ in the indexes of their paths only are equal. A stadium has 10,000 seats,
    so equal warnings are told once with their count, and equal faults ten times.
    """

    def __init__(self) -> None:
        self._faults = _Groups(MAX_EQUAL_FAULTS)
        self._warnings = _Groups(1)

    def fault(self, path: str, detail: str, code: str = "invalid") -> None:
        self._faults.add(path, detail, code)

    def warn(self, path: str, detail: str, code: str) -> None:
        self._warnings.add(path, detail, code)

    @property
    def faults(self) -> list[Finding]:
        return self._faults.as_list()

    @property
    def warnings(self) -> list[Finding]:
        return self._warnings.as_list()

    def has_fault_at(self, path: str) -> bool:
        return path in self._faults.paths


class _Groups:
    """Groups of equal findings, of which only the first few are named."""

    def __init__(self, named_in_group: int) -> None:
        self.paths: set[str] = set()
        self._named: list[tuple[Finding, tuple[str, ...]]] = []
        self._counts: dict[tuple[str, ...], int] = {}
        self._named_in_group = named_in_group

    def add(self, path: str, detail: str, code: str) -> None:
        key = (re.sub(r"\.\d+", "", path), code, detail)
        count = self._counts.get(key, 0)
        if count < self._named_in_group:
            if len(self._named) == MAX_FAULTS:
                return
            # Half a UTF-16 pair may be a name in the document, but no answer can hold it.
            field = path.encode(errors="replace").decode()
            self._named.append(({"field": field, "code": code, "detail": detail}, key))
        self.paths.add(path)
        self._counts[key] = count + 1

    def as_list(self) -> list[Finding]:
        listed, told = [], set()
        for finding, key in self._named:
            more = self._counts[key] - self._named_in_group
            if more > 0 and key not in told:
                finding = {**finding, "detail": f"{finding['detail']} {more} more alike."}
            told.add(key)
            listed.append(finding)
        return listed
