"""The recipe: one YAML file, checked before anything heavy is imported, every value with a dotted path."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from kerasapp import components
from kerasapp.annotations import Slot, slots_of
from kerasapp.checking import Checker
from kerasapp.errors import Fault, RecipeError
from kerasapp.frame import Reading, Train
from kerasapp.paths import as_change, flat, node_at, put, written
from kerasapp.reading import Node, dump, read_file, read_text
from kerasapp.types import PositiveInt, Seed, Spec
from kerasapp.wording import meant

STAGE = (
    Slot("epochs", PositiveInt, True),
    Slot("trainable", list[str] | Literal["all"], False, "all"),
    Slot("keep_optimizer", bool, False, False),
)
STAGE_FIXED = (
    "epochs",
    "stages",
    "monitor",
    "init_from",
    "stop_after",
    "measure_every",
    "distribute",
    "mixed_precision",
    "deterministic",
)


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

    def replaced(self, changes: Mapping[str, Any]) -> "Recipe":
        """This recipe with dotted paths set: the one way of `--set`, `smoke`, sweeps, stages. Raises RecipeError."""
        tree = copy.deepcopy(self.tree)
        for path, value in changes.items():
            put(tree, path, value if isinstance(value, Node) else as_change(value, path))
        return _checked(self.file, tree, (*self.changes, *changes))

    def smoke(self) -> "Recipe":
        """The form that runs in seconds, offline."""
        block = self.tree.value.get("smoke")
        return self.replaced({} if block is None else block.value)

    def as_yaml(self, values: dict[str, Any] | None = None) -> str:
        """The resolved recipe (or changed `values` of it): complete, and itself a valid recipe."""
        return dump({key: value for key, value in (values or self.values).items() if key != "smoke" or value})

    def flat(self) -> dict[str, Any]:
        """Every value by its dotted path."""
        return dict(flat("", {key: value for key, value in self.values.items() if key != "smoke"}))


def load(path: str | Path) -> Recipe:
    """The recipe in a file. Raises RecipeError with all its faults, in order of position."""
    path = Path(path)
    return _checked(path, read_file(str(path)))


def parse_setting(text: str) -> tuple[str, Node]:
    """`path=value` of `--set`: the path, and the value read as YAML with positions in `--set`."""
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise RecipeError([Fault("--set", 1, 1, "", f'expected path=value, got "{text}"')])
    return path.strip(), read_text(value, "--set", len(path) + 1) if value else Node("", "--set", 1, len(path) + 2)


def _checked(file: Path, tree: Node, changes: tuple[str, ...] = ()) -> Recipe:
    """Holds the tree against the schema. The smoke form is checked too, so that no recipe carries a broken one."""
    if not isinstance(tree.value, dict):
        raise RecipeError([tree.fault("", "expected a mapping with task, data and model")])
    values, faults = _resolve(file, tree)
    smoke = tree.value.get("smoke")
    if smoke is not None and isinstance(smoke.value, dict) and not changes:
        changed = copy.deepcopy(tree)
        for path, value in smoke.value.items():
            put(changed, path, value, smoke.keys[path])
        seen = {(fault.line, fault.column, fault.message) for fault in faults}
        faults += [
            fault for fault in _resolve(file, changed)[1] if (fault.line, fault.column, fault.message) not in seen
        ]
    if faults:
        raise RecipeError(faults)
    return Recipe(file, tree, values, frozenset(written("", tree)), changes)


def _resolve(file: Path, tree: Node) -> tuple[dict[str, Any], list[Fault]]:
    checker = Checker(file.parent, components.facts(), _facts_of(file, tree))
    values = checker.mapping(list(FRAME), tree, "", 'key "{}"', "a recipe")
    for kind, key, extra in (
        ("tasks", "task", ()),
        ("data", "data", tuple(slots_of(Reading))),
        ("models", "model", ()),
    ):
        if key in tree.value:
            values[key] = checker.spec(kind, tree.value[key], key, extra=extra)
    train = tree.value.get("train") or Node({}, tree.file, tree.line, tree.column)
    train = Node({}, train.file, train.line, train.column) if train.value is None else train
    values["train"] = checker.frame(Train, train, "train")
    for rule in (_check_facts, _check_monitor, _check_stages, _check_division, _check_reserved):
        rule(checker, tree, values)
    return values, checker.faults


def _facts_of(file: Path, tree: Node) -> tuple[str, ...]:
    """The facts that the recipe's task offers; none where the task itself is at fault."""
    name = _name(tree.value.get("task"))
    try:
        return tuple(components.signature("tasks", name, folder=file.parent).literals.get("FACTS", ()))
    except (components.UnknownComponent, SyntaxError, TypeError, ValueError):
        return ()


def _check_facts(checker: Checker, tree: Node, values: dict) -> None:
    """A model's argument without a default that the recipe doesn't give must be a fact of the task."""
    if not (values.get("task") and values.get("model")) or not checker.offered:
        return
    arguments = components.signature("models", values["model"]["name"], folder=checker.folder).arguments
    lacking = [a.name for a in arguments if a.required and a.name in checker.facts and a.name not in checker.offered]
    if lacking:
        model, task = values["model"]["name"], values["task"]["name"]
        told = f"model {model} needs {', '.join(lacking)}, which task {task} does not have"
        checker.note(tree.value["model"], "model", f"{told} (it has {', '.join(checker.offered)})")


def _check_monitor(checker: Checker, tree: Node, values: dict) -> None:
    if not values.get("task") or not values["train"] or not values["train"].get("monitor"):
        return
    literals = components.signature("tasks", values["task"]["name"], folder=checker.folder).literals
    there = dict.fromkeys(("loss", *literals.get("METRICS", ())))
    names = [*(f"val_{name}" for name in there), *there]
    metric = values["train"]["monitor"]["metric"]
    if metric is not None and metric not in names and literals.get("METRICS"):
        node = node_at(tree, "train.monitor.metric")
        close = meant(metric, names)
        checker.note(node, "train.monitor.metric", f'task {values["task"]["name"]} has no metric "{metric}"{close}')


def _check_stages(checker: Checker, tree: Node, values: dict) -> None:
    """A stage is epochs, what is trainable, and dotted changes of train, each valid in the whole."""
    stages = node_at(tree, "train.stages")
    if not isinstance(stages.value, list) or not values["train"] or not values["train"].get("stages"):
        return
    resolved, total = [], 0
    _check_kept(checker, stages)
    for number, stage in enumerate(stages.value):
        path = f"train.stages.{number}"
        own = {slot.name for slot in STAGE}
        fixed = Node(
            {key: node for key, node in stage.value.items() if key in own},
            stage.file,
            stage.line,
            stage.column,
            stage.keys,
        )
        found = checker.mapping(list(STAGE), fixed, path, 'key "{}"', "a stage")
        train = copy.deepcopy(tree.value["train"])
        del train.value["stages"]
        for key, node in stage.value.items():
            if key.split(".")[0] in STAGE_FIXED and key not in own:
                checker.note(
                    stage.keys[key],
                    f"{path}.{key}",
                    f"a stage can't change {key.split('.')[0]}: it holds for the whole run",
                )
            elif key not in own:
                put(train, key, copy.deepcopy(node), stage.keys[key])
                found[key] = node.plain()
        before = {(fault.line, fault.column) for fault in checker.faults}
        inner = Checker(checker.folder, checker.facts, checker.offered)
        inner.frame(Train, train, "train")
        checker.faults += [fault for fault in inner.faults if (fault.line, fault.column) not in before]
        resolved.append(found)
        total += found.get("epochs") or 0
    values["train"]["stages"] = resolved
    if "epochs" in tree.value["train"].value and total != values["train"]["epochs"]:
        checker.note(
            node_at(tree, "train.epochs"),
            "train.epochs",
            f"the stages have {total} epochs together: leave train.epochs out, or make them agree",
        )
    values["train"]["epochs"] = total or values["train"]["epochs"]


def _check_kept(checker: Checker, stages: Node) -> None:
    """A kept optimizer is the one before: of it, only the learning rate may change."""
    for number, stage in enumerate(stages.value):
        keep = stage.value.get("keep_optimizer") if isinstance(stage.value, dict) else None
        if keep is None or keep.value is not True:
            continue
        if number == 0:
            checker.note(stage.keys["keep_optimizer"], "train.stages.0", "the first stage has no optimizer to keep")
        for key, place in stage.keys.items():
            if key.startswith("optimizer") and key != "optimizer.learning_rate":
                told = f"{key} can't change where the optimizer is kept, only optimizer.learning_rate can"
                checker.note(place, f"train.stages.{number}.{key}", told)


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


def _name(node: Node | None) -> Any:
    if node is None:
        return None
    return node.value["name"].value if isinstance(node.value, dict) and "name" in node.value else node.value
