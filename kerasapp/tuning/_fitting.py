"""That a recipe can hold every value of a sweep's space, with the others that it needs."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from kerasapp.checking import Checker
from kerasapp.errors import Fault, RecipeError
from kerasapp.paths import as_node
from kerasapp.reading import Node
from kerasapp.recipe import Recipe
from kerasapp.tuning._space import Changes, Entry, in_depth, same, written


def check_space(checker: Checker, recipe: Recipe, fixed: Changes, entries: list[Entry]) -> None:
    """Holds every end and every choice against the recipe's schema, each with what its conditions ask for, and with a
    value of another path where it takes one to be valid; and finds values that another value of the space makes void.
    """
    trial = _Trial(checker, recipe, fixed)
    by_path = {entry.path: entry for entry in entries}
    for entry in entries:
        context = _fitting(trial, entry, by_path, _context(entry, by_path))
        before = len(checker.faults)
        for value in entry.tried():
            found = trial.faults(entry, value, context)
            if found and not _has_partner(trial, entry, value, by_path, context):
                checker.faults += found
        _distinct(checker)
        if len(checker.faults) == before:
            _check_void(trial, entry, by_path, context)


class _Trial:
    """Tries changes on a recipe."""

    def __init__(self, checker: Checker, recipe: Recipe, fixed: Changes):
        self.checker, self.recipe, self.fixed = checker, recipe, fixed

    def faults(self, entry: Entry, value: Node, context: Changes) -> list[Fault]:
        """What is wrong with a value of an entry, told in the sweep's file."""
        changes = in_depth({**self.fixed, **context, entry.path: (entry.key, value)})
        values = {path: node.copy() for path, (_, node) in changes.items()}
        keys = {path: key for path, (key, _) in changes.items()}
        try:
            self.recipe.replaced(values, keys, self.checker)
        except RecipeError as error:
            return [self._told(fault, entry, value) for fault in error.faults]
        return []

    def _told(self, fault: Fault, entry: Entry, value: Node) -> Fault:
        if fault.file == entry.key.file:
            return fault
        told = f"{entry.path}: {written(value.plain())} does not go with the rest of the recipe ({fault})"
        return value.fault(f"space.{entry.path}", told)


def _context(entry: Entry, entries: Mapping[str, Entry]) -> Changes:
    """Values of other paths under which an entry counts: of each condition the first."""
    found: Changes = {}
    for path, values in (entry.when or {}).items():
        if path in entries and entries[path] is not entry and values:
            found |= _context(entries[path], {p: e for p, e in entries.items() if p != entry.path})
            found[path] = entries[path].key, as_node(values[0], entries[path].key)
    return found


def _fitting(trial: _Trial, entry: Entry, entries: Mapping[str, Entry], context: Changes) -> Changes:
    """The context, where a choice above the entry's path decides, with one of its values that leaves a place for it."""
    for owner in _owners(entry.path, entries):
        for choice in owner.values if owner.path not in context else ():
            fuller = {**context, owner.path: (owner.key, as_node(choice, owner.key))}
            if not _undone(owner, choice) and not trial.faults(entry, entry.tried()[0], fuller):
                context = fuller
                break
    return context


def _has_partner(trial: _Trial, entry: Entry, value: Node, entries: Mapping[str, Entry], context: Changes) -> bool:
    """Whether a value is valid together with one of another path; a trial that has not both is replaced."""
    others = [other for other in entries.values() if other is not entry and other.path not in context]
    return any(
        not trial.faults(entry, value, {**_context(other, entries), **context, other.path: (other.key, choice)})
        for other in others
        for choice in other.tried()
    )


def _check_void(trial: _Trial, entry: Entry, entries: Mapping[str, Entry], context: Changes) -> None:
    """Notes where a choice above the entry's path leaves no place for it: it needs a condition."""
    value = entry.tried()[0]
    for owner in _owners(entry.path, entries):
        allowed = (entry.when or {}).get(owner.path, owner.values)
        bad = [
            choice
            for choice in allowed
            if _undone(owner, choice)
            or trial.faults(entry, value, {**context, owner.path: (owner.key, as_node(choice, owner.key))})
        ]
        if not bad:
            continue
        good = [choice for choice in allowed if not any(same(choice, one) for one in bad)]
        way = f"Add when: {{{owner.path}: {written(good)}}}" if good else "Take it out"
        told = f"{entry.path}: is void where {owner.path} is {written(bad[0])}. {way}"
        trial.checker.note(entry.key, f"space.{entry.path}", told)


def _owners(path: str, entries: Mapping[str, Entry]) -> Iterator[Entry]:
    """Choices whose value decides what may stand at a path: of a part of it, or of the name of one."""
    steps = path.split(".")
    for above in itertools.accumulate(steps[:-1], lambda a, b: f"{a}.{b}"):
        for name in (above, f"{above}.name"):
            if name in entries and name != path and entries[name].kind == "choice":
                yield entries[name]


def _undone(owner: Entry, choice: Any) -> bool:
    """A `null` above a path would be no null any more, a number no number."""
    return not owner.path.endswith(".name") and not isinstance(choice, (str, dict, list))


def _distinct(checker: Checker) -> None:
    """A path that is not there is wrong with every value: told once."""
    seen: dict[str, Fault] = {}
    for fault in checker.faults:
        seen.setdefault(str(fault), fault)
    checker.faults = list(seen.values())
