"""Findings as they come: in order of severity, and of each kind no more than a person or a program can use."""

from collections import Counter
from collections.abc import Iterable

from kerasapp.rules import SEVERITIES, Finding

MOST = 1000  # findings of one kind; beyond, they are counted


class Collected:
    """A list of findings that does not grow with the data."""

    def __init__(self) -> None:
        self._kept: list[Finding] = []
        self.counts: Counter[tuple[str, str]] = Counter()
        """Of each severity and kind, all that were added."""

    def add(self, finding: Finding) -> None:
        key = finding.severity, finding.kind
        self.counts[key] += 1
        if self.counts[key] <= MOST:
            self._kept.append(finding)

    def extend(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.add(finding)

    @property
    def errors(self) -> int:
        """How many there are of that severity."""
        return sum(count for (severity, _), count in self.counts.items() if severity == "error")

    def findings(self) -> list[Finding]:
        """The worst first, else as they came; of a kind with more than `MOST` a last one tells how many more."""
        more = [
            Finding(kind, severity, kind, f"and {count - MOST} more like these")
            for (severity, kind), count in self.counts.items()
            if count > MOST
        ]
        return sorted([*self._kept, *more], key=lambda finding: SEVERITIES.index(finding.severity))
