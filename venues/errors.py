"""Refusals about venues and their seats."""

from eventbooking_system.errors import DomainError


class InvalidLayout(DomainError):
    """A layout with faults. `errors` names the path of each fault in the document."""

    code = "invalid"
    status = 400

    def __init__(self, faults: list[dict[str, str]]) -> None:
        detail = faults[0]["detail"] if len(faults) == 1 else f"{len(faults)} fields are wrong."
        super().__init__(detail, errors=faults)
