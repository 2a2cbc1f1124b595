"""The sweep: one YAML file, checked against its recipe's schema before anything heavy is imported.

It is read by what reads recipes: strict at every depth, every fault at once, each at its place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kerasapp import components
from kerasapp.annotations import Slot, slots_of
from kerasapp.checking import Checker
from kerasapp.errors import Fault, RecipeError
from kerasapp.names import meant
from kerasapp.paths import as_node
from kerasapp.reading import Node, read_file
from kerasapp.recipe import Recipe, load
from kerasapp.settings import parsed
from kerasapp.stock import find_recipe
from kerasapp.tuning._fitting import check_space
from kerasapp.tuning._frame import (
    MEASURED,
    TUNERS,
    Bound,
    Budget,
    Confirm,
    Constraints,
    Goal,
    Objective,
    Pruning,
    Weighted,
)
from kerasapp.tuning._space import Changes, Entry, in_depth, read_space
from kerasapp.tuning._sweep import Sweep
from kerasapp.types import PositiveInt
from kerasapp.wording import shown

FRAME = (
    Slot("title", str, False, ""),
    Slot("recipe", str, True),
    Slot("tuner", Any, False, "random"),
    Slot("objective", Any, True),
    Slot("budget", Budget | None, False, None),
    Slot("seeds", PositiveInt, False, 1),
    Slot("set", dict[str, Any] | None, False, None),
    Slot("space", Any, True),
    Slot("constraints", Constraints | None, False, None),
    Slot("pruning", Any, False, None),
    Slot("confirm", Confirm | None, False, {}),
)


def load_sweep(path: str | Path, settings: Sequence[str] = (), trials: int | None = None) -> Sweep:
    """The sweep in a file; `settings` are `path=value` of `--set`, changes of the recipe over the file's `set`, and
    `trials` a budget over the file's. Raises RecipeError with all its faults, and those of its recipe.
    """
    path = Path(path)
    given, faults, _ = parsed(settings)
    if faults:
        raise RecipeError(faults)
    try:
        tree = read_file(str(path))
    except RecipeError as error:
        more = []
        if error.tree is not None:  # duplicate keys, of which the last counts
            try:
                _checked(path, error.tree, given, trials)
            except RecipeError as other:
                more = other.faults
        raise RecipeError(error.faults + more) from None
    return _checked(path, tree, given, trials)


def _checked(path: Path, tree: Node, settings: Mapping[str, Node], trials: int | None) -> Sweep:
    if not isinstance(tree.value, dict):
        raise RecipeError([tree.fault("", "expected a mapping with recipe, objective, budget and space")])
    reading = _Reading(path, tree, settings, trials)
    made = reading.sweep()
    if reading.checker.faults:
        raise RecipeError(reading.checker.faults)
    return made


class _Reading:
    """One reading of a sweep's file: notes the faults of each part, and goes on with the next."""

    def __init__(self, path: Path, tree: Node, settings: Mapping[str, Node], trials: int | None):
        self.path, self.tree, self.settings, self.trials = path, tree, settings, trials
        self.checker = Checker(path.parent, components.facts())
        self.values = self.checker.mapping(list(FRAME), tree, "", 'key "{}"', "a sweep")

    def at(self, key: str) -> Node:
        """The node of a key, or what stands for it."""
        return self.tree.value.get(key) or as_node(None, self.tree)

    def sweep(self) -> Sweep | None:
        recipe, tuner, objective = self.recipe(), self.tuner(), self.objective()
        budget, pruning, constraints = self.budget(tuner), self.pruning(tuner, objective), self.constraints()
        entries = read_space(self.checker, self.at("space")) if "space" in self.tree.value else []
        if recipe is None:
            return None
        objective = self.check_objective(recipe, objective)
        if objective and objective.kind == "pareto" and tuner and tuner["name"] not in ("random", "grid"):
            told = f"a front is no single number for {tuner['name']} to go by: take random or grid, or a weighted list"
            self.checker.note(self.at("objective"), "objective", told)
        fixed = self.fixed(recipe, entries, tuner, objective, budget)
        check_space(self.checker, recipe, fixed, entries)
        if self.checker.faults:
            return None
        changes = {path: node.plain() for path, (_, node) in fixed.items()}
        confirm = self.values["confirm"]
        return Sweep(
            self.path, self.values["title"], recipe, changes, tuner, objective, budget, tuple(entries),
            self.values["seeds"], constraints, pruning, None if confirm is None else Confirm(**confirm),
        )  # fmt: skip

    def recipe(self) -> Recipe | None:
        """The recipe's file: a path from the sweep's folder or the current one, or a stock name."""
        word, node = self.values.get("recipe"), self.at("recipe")
        if not isinstance(word, str):
            return None
        try:
            file = find_recipe(word, self.path.parent)
        except RecipeError as error:
            return self.checker.note(node, "recipe", f"recipe {word}: {error.faults[0].message}")
        try:
            return load(file, self.checker)
        except RecipeError as error:
            self.checker.faults += error.faults
            return None

    def tuner(self) -> dict[str, Any] | None:
        node = self.at("tuner")
        name = node.value.get("name") if isinstance(node.value, dict) else node
        word = "random" if "tuner" not in self.tree.value else name and name.value
        if word not in TUNERS:
            there = list(TUNERS)
            return self.checker.note(name or node, "tuner", f"unknown tuner {shown(word)}{meant(word, there)}")
        items = node.value if isinstance(node.value, dict) else {}
        plain = {key: item for key, item in items.items() if key != "name"}
        place = Node(plain, node.file, node.line, node.column, node.keys)
        slots = slots_of(TUNERS[word])
        return {"name": word, **self.checker.mapping(slots, place, "tuner", f'argument "{{}}" of {word}', word)}

    def objective(self) -> Objective | None:
        node = self.at("objective")
        front = isinstance(node.value, dict) and "pareto" in node.value
        if front and len(node.value) > 1:
            other = next(key for key in node.value if key != "pareto")
            return self.checker.note(node.keys[other], "objective", f'unknown key "{other}" beside pareto')
        rows = node.value["pareto"] if front else node
        several = isinstance(rows.value, list)
        if "objective" not in self.tree.value:
            return None
        if (several or front) and (not several or len(rows.value) < 2):
            return self.checker.note(rows, "objective", "expected a list of two goals or more: {metric, mode}")
        kind = Weighted if several and not front else Goal
        before = len(self.checker.faults)
        goals = [self.goal(kind, row) for row in (rows.value if several else [rows])]
        if len(self.checker.faults) > before:
            return None
        return Objective(tuple(goals), "pareto" if front else "weighted" if several else "single")

    def goal(self, kind: type, node: Node) -> Goal | None:
        if isinstance(node.value, str):
            node = Node({"metric": node}, node.file, node.line, node.column)
        found = self.checker.value(kind, node, "objective")
        return kind(**found) if found and isinstance(found.get("metric"), str) else None

    def check_objective(self, recipe: Recipe, objective: Objective | None) -> Objective | None:
        """The task must report what is looked for; None where it does not."""
        literals = self.checker.signature("tasks", recipe.task["name"]).literals
        there = dict.fromkeys(("loss", *literals.get("METRICS", ())))
        names = [*(f"val_{name}" for name in there), *there, *MEASURED]
        if objective is None or not literals.get("METRICS"):
            return objective
        before, node = len(self.checker.faults), self.at("objective")
        rows = node.value["pareto"] if isinstance(node.value, dict) and "pareto" in node.value else node
        for number, goal in enumerate(objective.goals):
            if goal.metric not in names:
                row = rows.value[number] if isinstance(rows.value, list) else rows
                place = row.value["metric"] if isinstance(row.value, dict) else row
                told = f'task {recipe.task["name"]} has no metric "{goal.metric}"{meant(goal.metric, names)}'
                self.checker.note(place, "objective", told)
        return objective if len(self.checker.faults) == before else None

    def budget(self, tuner: Mapping[str, Any] | None) -> Budget:
        values = self.values.get("budget") or {}
        made = Budget(**{key: value for key, value in values.items() if not isinstance(value, Node)})
        made = made if self.trials is None else replace(made, trials=self.trials)
        name, node = tuner and tuner["name"], self.at("budget")
        written = node.value if isinstance(node.value, dict) else {}
        if node.value is not None and not isinstance(node.value, dict):
            return made  # which is told already
        given = written.values()
        if name == "hyperband" and "epochs" not in written:
            self.checker.note(node, "budget", "hyperband needs budget.epochs: the most epochs that one trial gets")
        elif name in ("random", "bayesian") and not (self.trials or any(one.value is not None for one in given)):
            self.checker.note(node, "budget", "a budget of nothing: give trials, epochs or hours")
        return made

    def pruning(self, tuner: Mapping[str, Any] | None, objective: Objective | None) -> Pruning | None:
        node = self.at("pruning")
        if node.value is None:
            return None
        if isinstance(node.value, str):
            node = Node({"name": node}, node.file, node.line, node.column)
        found = self.checker.value(Pruning, node, "pruning")
        if tuner and tuner["name"] == "hyperband":
            return self.checker.note(node, "pruning", "hyperband stops trials by itself: leave pruning out")
        if objective and (objective.kind == "pareto" or any(goal.metric in MEASURED for goal in objective.goals)):
            told = "pruning looks at the objective after each epoch, which this one does not have: leave it out"
            return self.checker.note(node, "pruning", told)
        return Pruning(**found) if found and None not in found.values() else None

    def constraints(self) -> Constraints:
        found, node = self.values.get("constraints") or {}, self.at("constraints")
        for name, bound in found.items():
            low, high = (bound or {}).get("min"), (bound or {}).get("max")
            if bound is not None and ((low is None and high is None) or (None not in (low, high) and low > high)):
                told = f"{name}: expected min, max, or both with min below max"
                self.checker.note(node.value[name], f"constraints.{name}", told)
        return Constraints(**{name: bound and Bound(**bound) for name, bound in found.items()})

    def fixed(self, recipe: Recipe, entries: list[Entry], tuner: Any, objective: Any, budget: Budget) -> Changes:
        """What every trial changes: `set`, what was asked for besides, and what tuner and objective decide."""
        node = self.at("set")
        found: Changes = {}
        if isinstance(node.value, dict):
            found = {path: (node.keys[path], value) for path, value in node.value.items()}
        found |= {path: (value, value) for path, value in self.settings.items()}
        for entry in entries:
            if entry.path in found:
                place = found[entry.path][0]
                self.checker.note(place, f"set.{entry.path}", f"{entry.path} is in the space: set it or search it")
        taken = {*found, *(entry.path for entry in entries)}
        if tuner and tuner["name"] == "hyperband" and budget.epochs:
            place = self.at("budget").value["epochs"]
            self.check_rungs(found, entries)
            found["train.epochs"] = place, place
        own = any(path == "train.monitor" or path.startswith("train.monitor.") for path in taken)
        if objective and objective.kind == "single" and objective.goals[0].metric not in MEASURED and not own:
            goal, place = objective.goals[0], self.at("objective")
            found["train.monitor"] = place, as_node({"metric": goal.metric, "mode": goal.direction}, place)
        self.check_fixed(recipe, found)
        return found

    def check_rungs(self, found: Changes, entries: list[Entry]) -> None:
        """Hyperband decides how long a trial trains."""
        places = {path: key for path, (key, _) in found.items()} | {entry.path: entry.key for entry in entries}
        for path in ("train.stop_after", *(["train.epochs"] if any(e.path == "train.epochs" for e in entries) else [])):
            if path in places:
                self.checker.note(places[path], path, f"{path} is what hyperband decides: leave it out")

    def check_fixed(self, recipe: Recipe, found: Changes) -> None:
        """Holds the changes of every trial against the recipe, together; those at fault are taken out, for the rest to
        be looked at without.
        """
        faults = self.faults_of(recipe, found)
        self.checker.faults += faults
        bad = [path for path in found if any(f"{fault.path}.".startswith(f"{path}.") for fault in faults)]
        for path in bad:
            del found[path]
        if faults and self.faults_of(recipe, found):
            found.clear()

    def faults_of(self, recipe: Recipe, changes: Changes) -> list[Fault]:
        """What is wrong with changes of the recipe, where they stand."""
        ordered = in_depth(changes)
        values = {path: node.copy() for path, (_, node) in ordered.items()}
        try:
            recipe.replaced(values, {path: key for path, (key, _) in ordered.items()}, self.checker)
        except RecipeError as error:
            place = next((key for key, _ in ordered.values()), self.tree)
            return [self.told(fault, "set", place) for fault in error.faults]
        return []

    def told(self, fault: Fault, path: str, place: Node) -> Fault:
        """A fault that a change makes elsewhere in the recipe stands at the change."""
        here = fault.file == place.file or fault.file in {node.file for node in self.settings.values()}
        return fault if here else place.fault(path, f"{path} does not go with the rest of the recipe ({fault})")


__all__ = ["Sweep", "load_sweep"]
