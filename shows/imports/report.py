"""The report of an import: counts, and a line for each event."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Report:
    """
    The counts of an import.

    Each entry of the file is counted by its result, and so is each show that the file lacks.
    `is_update` says whether differences are applied. Each line goes to `on_line` at once, so that
    an import that is interrupted has said what it did.
    """

    is_update: bool = False
    is_rehearsal: bool = False
    new: int = 0
    same: int = 0
    changed: int = 0
    gone: int = 0
    refused: int = 0
    cancelled: int | None = None
    lines: list[str] = field(default_factory=list)
    on_line: Callable[[str], None] | None = None

    def say(self, line: str) -> None:
        self.lines.append(line)
        if self.on_line:
            self.on_line(line)

    def refuse(self, name: str, reason: object) -> None:
        self.refused += 1
        self.say(f"{name}: {reason}")

    def summary(self, created: Counter[str], seconds: float) -> list[str]:
        """Write the counts, and how to apply differences that were not applied."""
        cancelled = "" if self.cancelled is None else f"{self.cancelled} cancelled, "
        made = ", ".join(f"{number} {kind}" for kind, number in sorted(created.items()))
        lines = [
            f"{self.new} new, {self.same} same, {self.changed} changed, {self.gone} gone, {cancelled}"
            f"{self.refused} refused, in {seconds:.0f} s. Made on the way: {made or 'nothing'}."
        ]
        if not self.is_update and (self.changed or self.gone):
            lines.append(
                "Changes were not applied, and shows that are gone stay: an update does that."
            )
        if self.is_rehearsal:
            lines.append("This was a dry run; nothing was changed.")
        return lines
