"""The recipe: one YAML file, checked before anything heavy is imported, every value with a dotted path."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kerasapp import components
from kerasapp.annotations import Slot, slots_of
from kerasapp.checking import OWN_DEFAULTS, Checker
from kerasapp.errors import Fault, RecipeError
from kerasapp.frame import Reading, Train
from kerasapp.names import meant
from kerasapp.paths import as_change, flat, node_at, put, written
from kerasapp.reading import Node, dump, read_file, read_text
from kerasapp.stages import check_stages
from kerasapp.types import Seed, Spec

FRAME = (
    Slot("title", str, False, ""),
    Slot("seed", Seed, False, 0),
    *(Slot(name, Any, True) for name in ("task", "data", "model")),
    Slot("train", Any, False, None),
    Slot("smoke", dict[str, Any] | None, False, None),
)


@dataclass(frozen=True)
class Recipe:
    """A checked recipe. `values` is complete: every default is in it, every path absolute."""

    file: Path
    tree: Node
    values: dict[str, Any]
    given: frozenset[str]
    """The dotted paths that were written, by the file or by a change; all others are defaults."""
    changes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return self.values["title"]

    @property
    def seed(self) -> int:
        return self.values["seed"]

    @property
    def task(self) -> Spec:
        return self.values["task"]

    @property
    def data(self) -> Spec:
        return self.values["data"]

    @property
    def model(self) -> Spec:
        return self.values["model"]

    @cached_property
    def train(self) -> Train:
        return Train.of(self.values["train"])

    @property
    def name(self) -> str:
        """The last part of its name: the file's; of a run's own recipe.yaml, what the run was made of."""
        if self.file.name == "recipe.yaml" and (self.folder / "state.json").is_file():
            return self.folder.resolve().parent.name
        return self.file.stem

    @property
    def folder(self) -> Path:
        return self.file.parent

    def replaced(
        self, changes: Mapping[str, Any], keys: Mapping[str, Node] | None = None, checker: Checker | None = None
    ) -> "Recipe":
        """This recipe with dotted paths set: the one way of `--set`, `smoke`, sweeps, stages. Raises RecipeError.

        `keys` tell where the paths themselves stand, where that is not at their values; `checker`, of any recipe,
        spares reading again.
        """
        nodes = {path: value if isinstance(value, Node) else as_change(value, path) for path, value in changes.items()}
        tree, faults = _changed(self.tree, nodes, keys)
        try:
            changed = _checked(self.file, tree, (*self.changes, *changes), checker)
        except RecipeError as error:
            faults += error.faults
        if faults:
            raise RecipeError(faults)
        return changed

    def smoke(self) -> "Recipe":
        """The form that runs in seconds, offline."""
        block = self.tree.value.get("smoke")
        return self.replaced({} if block is None else block.value)

    def as_yaml(self, values: dict[str, Any] | None = None) -> str:
        """The resolved recipe (or changed `values` of it): complete, and itself a valid recipe."""
        return dump({key: value for key, value in (values or self.values).items() if key != "smoke" or value})

    @property
    def digest(self) -> str:
        """A hash of all values: equal recipes, whatever the file's form, have the same."""
        return hashlib.sha256(json.dumps(self.flat(), sort_keys=True, default=str).encode()).hexdigest()

    def brought(self) -> dict[str, str]:
        """The dotted paths of `train` that are defaults of the model or the task, and of which."""
        checker, train, found = Checker(self.folder, components.facts()), _train_of(self.tree), {}
        for key in OWN_DEFAULTS:
            fuller = checker.with_defaults(train, self.tree, [key])
            new = set(written("train", fuller)) - set(written("train", train))
            train, found = fuller, found | dict.fromkeys(new, f"{key} {self.values[key]['name']}")
        return found

    def flat(self) -> dict[str, Any]:
        """Every value by its dotted path."""
        return dict(flat("", {key: value for key, value in self.values.items() if key != "smoke"}))


def load(path: str | Path, checker: Checker | None = None) -> Recipe:
    """The recipe in a file. Raises RecipeError with all its faults, in order of position.

    `checker`, of any recipe, spares reading again what several of them name.
    """
    path = Path(path)
    try:
        tree = read_file(str(path))
    except RecipeError as error:
        raise RecipeError(error.faults + _more(path, error.tree)) from None
    return _checked(path, tree, checker=checker)


def _more(path: Path, tree: Node | None) -> list[Fault]:
    """What else is wrong in a file with duplicate keys, of which the last counts."""
    try:
        if tree is not None:
            _checked(path, tree)
    except RecipeError as error:
        return error.faults
    return []


def parse_setting(text: str, file: str = "--set") -> tuple[str, Node]:
    """`path=value` of `--set`: the path, and the value read as YAML with positions in `file`. Raises RecipeError."""
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise RecipeError([Fault(file, 1, 1, "", f'expected path=value, got "{text}"')])
    return path.strip(), read_text(value, file, len(path) + 1) if value else Node("", file, 1, len(path) + 2)


def _checked(file: Path, tree: Node, changes: tuple[str, ...] = (), checker: Checker | None = None) -> Recipe:
    """Holds the tree against the schema. The smoke form is checked too, so that no recipe carries a broken one."""
    if not isinstance(tree.value, dict):
        raise RecipeError([tree.fault("", "expected a mapping with task, data and model")])
    checker = checker.apart(folder=file.parent) if checker else Checker(file.parent, components.facts())
    values, faults = _resolve(checker, tree)
    smoke = tree.value.get("smoke")
    if smoke is not None and isinstance(smoke.value, dict) and not changes:
        changed, refused = _changed(tree, smoke.value, smoke.keys)
        seen = {str(fault) for fault in faults}
        faults += refused + [fault for fault in _resolve(checker, changed)[1] if str(fault) not in seen]
    if faults:
        raise RecipeError(faults)
    return Recipe(file, tree, values, frozenset(written("", tree)), changes)


def _changed(
    tree: Node, changes: Mapping[str, Node], keys: Mapping[str, Node] | None = None
) -> tuple[Node, list[Fault]]:
    """A copy of the tree with dotted paths set, and a fault at the key (else the value) of each that can't be."""
    tree, faults = tree.copy(), []
    for path, value in changes.items():
        try:
            put(tree, path, value, keys and keys.get(path))
        except RecipeError as error:
            faults += error.faults
    return tree, faults


def _resolve(checker: Checker, tree: Node) -> tuple[dict[str, Any], list[Fault]]:
    """Every value, and the faults; `checker` is only asked what it has read before."""
    checker = checker.apart(offered=tuple(checker.literals("tasks", tree.value.get("task")).get("FACTS", ())))
    values = checker.mapping(list(FRAME), tree, "", 'key "{}"', "a recipe")
    for kind, key, extra in (
        ("tasks", "task", ()),
        ("data", "data", tuple(slots_of(Reading))),
        ("models", "model", ()),
    ):
        if key in tree.value:
            values[key] = checker.spec(kind, tree.value[key], key, extra=extra)
    values["train"] = checker.frame(Train, checker.with_defaults(_train_of(tree), tree), "train")
    for rule in (_check_facts, _check_monitor, check_stages, _check_division, _check_reserved):
        rule(checker, tree, values)
    return values, checker.faults


def _train_of(tree: Node) -> Node:
    train = tree.value.get("train") or Node({}, tree.file, tree.line, tree.column)
    return Node({}, train.file, train.line, train.column) if train.value is None else train


def _check_facts(checker: Checker, tree: Node, values: dict) -> None:
    """A model's argument without a default that the recipe doesn't give must be a fact of the task."""
    if not (values.get("task") and values.get("model")) or not checker.offered:
        return
    arguments = checker.signature("models", values["model"]["name"]).arguments
    lacking = [a.name for a in arguments if a.required and a.name in checker.facts and a.name not in checker.offered]
    if lacking:
        model, task = values["model"]["name"], values["task"]["name"]
        told = f"model {model} needs {', '.join(lacking)}, which task {task} does not have"
        checker.note(tree.value["model"], "model", f"{told} (it has {', '.join(checker.offered)})")


def _check_monitor(checker: Checker, tree: Node, values: dict) -> None:
    if not values.get("task") or not values["train"] or not values["train"].get("monitor"):
        return
    literals = checker.signature("tasks", values["task"]["name"]).literals
    there = dict.fromkeys(("loss", *literals.get("METRICS", ())))
    names = [*(f"val_{name}" for name in there), *there]
    metric = values["train"]["monitor"]["metric"]
    if metric is not None and metric not in names and literals.get("METRICS"):
        node = node_at(tree, "train.monitor.metric")
        close = meant(metric, names)
        checker.note(node, "train.monitor.metric", f'task {values["task"]["name"]} has no metric "{metric}"{close}')


def _check_division(checker: Checker, tree: Node, values: dict) -> None:
    data = values.get("data") or {}
    split = data.get("split") or {}
    if (split.get("validation") or 0) + (split.get("test") or 0) >= 1:
        checker.note(
            node_at(tree, "data.split"),
            "data.split",
            "validation and test leave nothing to train on: together they must be below 1",
        )
    chosen = [key for key in ("stratify", "group", "time") if split.get(key)]
    if len(chosen) > 1:
        checker.note(
            node_at(tree, "data.split"), "data.split", f"{' and '.join(chosen)} exclude each other: choose one"
        )
    folds, fold = data.get("folds"), data.get("fold")
    if folds == 1 or (fold is not None and (folds is None or fold >= folds)):
        checker.note(node_at(tree, "data.folds"), "data.folds", "folds must be 2 or more, and fold below it")


def _check_reserved(checker: Checker, tree: Node, values: dict) -> None:
    if (values["train"] or {}).get("distribute") is not None:
        checker.note(
            node_at(tree, "train.distribute"),
            "train.distribute",
            "training on several devices is not there yet: leave it out",
        )
