"""The space of a sweep: which values a path may take."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from kerasapp.annotations import Slot
from kerasapp.checking import Checker
from kerasapp.names import meant
from kerasapp.reading import Node, dump
from kerasapp.types import PositiveFloat, PositiveInt
from kerasapp.wording import shown

SAMPLING = Slot("sampling", Literal["linear", "log"], False, "linear")
WHEN = Slot("when", dict[str, list[Any]] | None, False, None)
KINDS = {
    "float": (Slot("float", tuple[float, float], True), Slot("step", PositiveFloat | None, False), SAMPLING, WHEN),
    "int": (Slot("int", tuple[int, int], True), Slot("step", PositiveInt | None, False), SAMPLING, WHEN),
    "choice": (Slot("choice", list[Any], True), WHEN),
    "boolean": (Slot("boolean", None | Literal[True], True), WHEN),
}
TRIED = 24  # values of a whole-number range that are each held against the schema; of a longer one its ends are
Changes = dict[str, tuple[Node, Node]]
"""By dotted path: the key and the value."""


@dataclass(frozen=True)
class Entry:
    """One path of a space. `low`, `high`, `step` and `sampling` are a range's, `values` those of a choice, each a plain
    value; `when` names the values of other paths under which this one counts.
    """

    path: str
    kind: Literal["float", "int", "choice", "boolean"]
    key: Node
    node: Node
    low: float | int | None = None
    high: float | int | None = None
    step: float | int | None = None
    sampling: str = "linear"
    values: tuple[Any, ...] = ()
    when: Mapping[str, tuple[Any, ...]] | None = None

    def told(self) -> dict[str, Any]:
        """As JSON."""
        own = (
            {"low": self.low, "high": self.high, "step": self.step, "sampling": self.sampling}
            if self.kind in ("float", "int")
            else {"values": list(self.values)}
        )
        return {"kind": self.kind, **own, "when": {path: list(values) for path, values in (self.when or {}).items()}}

    def tried(self) -> list[Node]:
        """The values that are held against the schema, where they stand."""
        place = self.node.value.get(self.kind) if isinstance(self.node.value, dict) else None
        if self.kind == "choice":
            return list(place.value)
        if self.kind == "boolean":
            return [replace(place, value=value) for value in (False, True)]
        number = float if self.kind == "float" else int  # what is drawn between 1 and 8 is no whole number
        ends = [replace(node, value=number(node.value)) for node in place.value]
        if self.kind == "int" and self.sampling == "linear":
            numbers = range(self.low, self.high + 1, self.step or 1)[: TRIED + 1]
            if len(numbers) <= TRIED:
                return [ends[0], *(replace(ends[1], value=number) for number in numbers[1:])]
        return ends

    def allows(self, value: Any) -> bool:
        """Whether the path may take a value; of a float range, which never is a condition, no value is asked."""
        if self.kind != "int":
            return any(same(value, own) for own in self.values)
        if type(value) is not int or not self.low <= value <= self.high:
            return False
        if self.sampling == "linear":
            return (value - self.low) % (self.step or 1) == 0
        return self.step is None or any(self.low * self.step**power == value for power in range(64))


def same(a: Any, b: Any) -> bool:
    """Equal, and of one type: `1` is not `true`."""
    return type(a) is type(b) and json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)


def read_space(checker: Checker, node: Node) -> list[Entry]:
    """The entries of a space, those that others depend on before these; faults are noted."""
    if not isinstance(node.value, dict) or not node.value:
        return checker.note(node, "space", f"expected a mapping of paths, got {shown(node.plain()) or 'nothing'}") or []
    found = {}
    for path, place in node.value.items():
        entry = _entry(checker, path, node.keys[path], place)
        if entry is not None:
            found[path] = entry
    before = len(checker.faults)
    for entry in found.values():
        _check_when(checker, entry, found, complete=len(found) == len(node.value))
    ordered = _in_order(checker, found)
    for entry in ordered if len(checker.faults) == before else ():
        _check_together(checker, entry, found)
    return ordered


def _entry(checker: Checker, path: str, key: Node, node: Node) -> Entry | None:
    where = f"space.{path}"
    kinds = [kind for kind in KINDS if isinstance(node.value, dict) and kind in node.value]
    if len(kinds) != 1:
        told = "one of float: [a, b], int: [a, b], choice: [...], boolean"
        wrong = next((word for word in node.value if word not in KINDS), "") if isinstance(node.value, dict) else ""
        return checker.note(node, where, f"{path}: expected {told}{meant(wrong, list(KINDS), listed=False)}")
    kind, before = kinds[0], len(checker.faults)
    values = checker.mapping(list(KINDS[kind]), node, where, f'key "{{}}" of {path}', path)
    if len(checker.faults) > before:
        return None
    when = {name: tuple(one) for name, one in (values["when"] or {}).items()} or None
    if kind in ("choice", "boolean"):
        given = tuple(node.value["choice"].plain()) if kind == "choice" else (False, True)
        return _choice(checker, Entry(path, kind, key, node, values=given, when=when))
    low, high = values[kind]
    made = Entry(path, kind, key, node, low, high, values.get("step"), values["sampling"], when=when)
    return _range(checker, made)


def _choice(checker: Checker, entry: Entry) -> Entry | None:
    """A choice of nothing is none; a value twice would be tried twice as often."""
    place = entry.node.value[entry.kind]
    if not entry.values:
        return checker.note(place, f"space.{entry.path}", f"{entry.path}: a choice of nothing")
    for at, value in enumerate(entry.values):
        if any(same(value, other) for other in entry.values[:at]):
            told = f"{entry.path}: {shown(value)} stands there twice"
            return checker.note(place.value[at], f"space.{entry.path}.choice.{at}", told)
    return entry


def _range(checker: Checker, entry: Entry) -> Entry | None:
    node, where = entry.node.value[entry.kind], f"space.{entry.path}"
    if entry.low > entry.high:
        told = f"{entry.path}: from {entry.low:g} to {entry.high:g} there is nothing: the lower end comes first"
        return checker.note(node, where, told)
    if entry.sampling == "log" and entry.low <= 0:
        told = f"{entry.path}: sampling: log begins above 0, got {entry.low:g}"
        return checker.note(node, where, told)
    step = entry.node.value.get("step")
    if entry.sampling == "log" and entry.step is not None and entry.step <= 1:
        told = f"{entry.path}: with sampling: log the step multiplies, and must be above 1, got {entry.step:g}"
        return checker.note(step, f"{where}.step", told)
    if entry.sampling == "linear" and entry.step is not None and entry.step > max(entry.high - entry.low, 1e-300):
        told = f"{entry.path}: a step of {entry.step:g} leads past {entry.high:g} at once"
        return checker.note(step, f"{where}.step", told)
    return entry


def _check_when(checker: Checker, entry: Entry, entries: Mapping[str, Entry], complete: bool) -> None:
    """What a condition names is in the space, and can be so."""
    for path, values in (entry.when or {}).items():
        when = entry.node.value["when"]
        key, other = when.keys[path], entries.get(path)
        where = f"space.{entry.path}.when.{path}"
        if other is None:
            if complete:
                there = [name for name in entries if name != entry.path]
                checker.note(key, where, f'"{path}" is not in this space{meant(path, there)}')
        elif other is entry:
            checker.note(key, where, f"{path} can't depend on itself")
        elif other.kind == "float":
            checker.note(key, where, f"{path} is a float, and only a choice, an int or a boolean can be a condition")
        elif not values:
            checker.note(when.value[path], where, "expected a list of values, got an empty one")
        for at, value in enumerate(values if other is not None and other.kind != "float" else ()):
            if not other.allows(value):
                checker.note(when.value[path].value[at], where, f"{path} is never {shown(value)} in this space")


def _check_together(checker: Checker, entry: Entry, entries: Mapping[str, Entry]) -> None:
    """Conditions, and those of what they name, can all be so at once."""
    for path, values in _asked(entry, entries).items():
        if not values:
            told = f"{entry.path}: never counts, because its conditions together leave no value of {path}"
            checker.note(entry.key, f"space.{entry.path}.when", told)


def _asked(entry: Entry, entries: Mapping[str, Entry]) -> dict[str, list[Any]]:
    """The values of other paths under which an entry counts."""
    found: dict[str, list[Any]] = {}
    for path, values in (entry.when or {}).items():
        for name, allowed in {path: list(values), **_asked(entries[path], entries)}.items():
            found[name] = [one for one in allowed if any(same(one, other) for other in found.get(name, allowed))]
    return found


def _in_order(checker: Checker, entries: dict[str, Entry]) -> list[Entry]:
    """Those that others depend on first; a circle is noted."""
    ordered: list[Entry] = []
    left = dict(entries)
    while left:
        ready = [e for e in left.values() if not any(path in left and path != e.path for path in e.when or ())]
        if not ready:
            entry = next(iter(left.values()))
            checker.note(entry.key, f"space.{entry.path}", f"{entry.path} depends on itself by way of its conditions")
            return ordered + list(left.values())
        ordered += ready
        left = {path: entry for path, entry in left.items() if entry not in ready}
    return ordered


def in_depth(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes in an order in which none undoes another: a whole spec before a value within it."""
    return dict(sorted(changes.items(), key=lambda item: item[0].count(".")))


def written(value: Any) -> str:
    """A value as YAML in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(written, value))}]"
    return dump([value]).strip()[1:-1]
