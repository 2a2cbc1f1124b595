"""What the preflight and others judge by: numbers in, findings out. Nothing heavy is imported here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

TINY = 10  # examples of a class, below which it can't be learned or measured
FEW = 3000  # examples of a class: the rule of thumb for training a network from nothing
UNEVEN = 10  # times the smallest class that the largest may have before it is said

Severity = Literal["note", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""The worst first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about the data: what kind, how bad, where, what to do; and the ids of examples that show it."""

    kind: str
    severity: Severity
    where: str
    message: str
    shows: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.severity}: {self.where}: {self.message}"

    def as_json(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in ("kind", "severity", "where", "message")}


def class_sizes(counts: Mapping[str, int]) -> Iterator[Finding]:
    """Classes of train with so few examples that nothing can be learned, or less than a network from nothing likes."""
    for label, count in counts.items():
        if 0 < count < TINY:
            told = f"{count} example{'s' * (count > 1)} in train: add some, or leave the class out"
            yield Finding("tiny_class", "warning", label, told)
    present = {label: count for label, count in counts.items() if count}
    if not present:
        return
    smallest, largest = min(present, key=present.get), max(present, key=present.get)
    if present[smallest] < FEW:
        told = f"{present[smallest]} examples in train, the fewest of {len(counts)} classes; a network that begins"
        told += f" with nothing likes about {FEW}. Augmentation and transfer help"
        yield Finding("few_examples", "note", smallest, told)
    if present[largest] > UNEVEN * present[smallest]:
        told = f'{present[largest]} examples in train, and "{smallest}" has {present[smallest]}'
        yield Finding("imbalance", "note", largest, f"{told}. Consider train.class_weight: balanced")
