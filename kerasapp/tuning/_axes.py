"""A searched value as a line from 0 to 1, so that any two can be drawn, compared and cut into parts alike."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kerasapp.evaluation.parts import number

DECADES = 5  # the most whose powers of ten an axis names
WRITTEN = 6  # the most whole numbers that it names
LENGTH = 22  # characters of a choice


@dataclass(frozen=True)
class Axis:
    """One entry of a sweep's space. Choices and whole numbers have parts of equal width."""

    path: str
    label: str
    kind: str
    low: float = 0.0
    high: float = 1.0
    step: float = 1.0
    log: bool = False
    choices: tuple = ()
    conditional: bool = False

    @property
    def ordered(self) -> bool:
        """Whether more and less mean something: a number, or a choice of numbers."""
        return self.kind in ("float", "int") or all(_is_number(choice) for choice in self.choices)

    def place(self, values: Mapping[str, Any]) -> float:
        """0 to 1, the middle of its part for a choice; NaN where a trial's `values` have none."""
        if self.path not in values:
            return math.nan
        value = values[self.path]
        if self.choices:
            found = next((at for at, choice in enumerate(self.choices) if _same(choice, value)), None)
            return math.nan if found is None else (found + 0.5) / len(self.choices)
        if not _is_number(value):
            return math.nan
        low, high, value = (self._scaled(it) for it in (self.low, self.high, value))
        part = self.step if self.kind == "int" and not self.log else 0.0
        return min(max((value - low + part / 2) / ((high - low + part) or 1.0), 0.0), 1.0)

    def ticks(self) -> list[tuple[float, str]]:
        """Places and words of what an axis names."""
        named = self.choices or self._named()
        return [(self.place({self.path: value}), shown(value)) for value in named]

    def _named(self) -> list[float]:
        if self.log:
            decades = [10.0**power for power in range(math.ceil(_log(self.low)), math.floor(_log(self.high)) + 1)]
            between = decades[:: max(1, -(-len(decades) // DECADES))]
            return between if len(between) > 1 else [self.low, self.high]
        count = round((self.high - self.low) / self.step) + 1
        if self.kind == "int" and count <= WRITTEN:
            return [round(self.low + at * self.step) for at in range(count)]
        middle = (self.low + self.high) / 2
        return [self.low, round(middle) if self.kind == "int" else middle, self.high]

    def _scaled(self, value: float) -> float:
        return math.log(max(value, 1e-300)) if self.log else value


def axes_of(space: Mapping[str, Mapping[str, Any]]) -> list[Axis]:
    """The axes of a sweep's space, in its order; choices of numbers from the lowest to the highest."""
    labels = _labels(list(space))
    return [_axis(path, labels[path], entry) for path, entry in space.items()]


def _axis(path: str, label: str, entry: Mapping[str, Any]) -> Axis:
    conditional = bool(entry.get("when"))
    if entry["kind"] in ("choice", "boolean"):
        values = list(entry.get("values") or (False, True))
        values = sorted(values) if all(map(_is_number, values)) else values
        return Axis(path, label, entry["kind"], choices=tuple(values), conditional=conditional)
    return Axis(
        path, label, entry["kind"], entry["low"], entry["high"], entry.get("step") or 1.0,
        entry.get("sampling") == "log", conditional=conditional,
    )  # fmt: skip


def _labels(paths: Sequence[str]) -> dict[str, str]:
    """The shortest end of each dotted path that no other has."""
    labels = {}
    for path in paths:
        parts = path.split(".")
        ends = [".".join(parts[-count:]) for count in range(1, len(parts) + 1)]
        labels[path] = next(
            (end for end in ends if sum(f".{other}".endswith(f".{end}") for other in paths) == 1 and end != "name"),
            path,
        )
    return labels


def shown(value: Any) -> str:
    """A value in a few characters: `.001`, `true`, `SGD`, `SGD, momentum .9`."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return number(value)
    if isinstance(value, float):
        return re.sub(r"e-0*", "e-", f"{value:.3g}").replace("0.", ".", 1) if abs(value) < 1 else f"{value:.4g}"
    if isinstance(value, Mapping):
        value = ", ".join(str(item) if key == "name" else f"{key} {shown(item)}" for key, item in value.items())
    elif isinstance(value, (list, tuple)):
        value = f"[{', '.join(map(shown, value))}]"
    text = " ".join(str(value).split())
    return text if len(text) <= LENGTH else text[: LENGTH - 1] + "…"


def _same(one: Any, other: Any) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _log(value: float) -> float:
    return round(math.log10(value), 9)
