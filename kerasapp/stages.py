"""The stages of a training as a recipe writes them: what one may hold, and that each is valid in the whole."""

from dataclasses import replace
from re import fullmatch
from typing import Any, Literal

from kerasapp.annotations import Slot
from kerasapp.checking import Checker
from kerasapp.errors import Fault, RecipeError
from kerasapp.frame import Train
from kerasapp.paths import node_at, put
from kerasapp.reading import Node
from kerasapp.types import PositiveInt

STAGE = (
    Slot("epochs", PositiveInt, True),
    Slot("trainable", list[str] | Literal["all"], False, "all"),
    Slot("keep_optimizer", bool, False, False),
)
STAGE_FIXED = (
    "epochs",
    "stages",
    "monitor",
    "keep",
    "init_from",
    "stop_after",
    "save_every",
    "resume",
    "measure_every",
    "distribute",
    "mixed_precision",
    "deterministic",
)


def check_stages(checker: Checker, tree: Node, values: dict) -> None:
    """A stage is epochs, what is trainable, and dotted changes of train, each valid in the whole."""
    stages = node_at(tree, "train.stages")
    if not isinstance(stages.value, list) or not values["train"] or not values["train"].get("stages"):
        return
    _check_kept(checker, stages)
    rest = {key: node for key, node in tree.value["train"].value.items() if key != "stages"}
    train = checker.with_defaults(replace(tree.value["train"], value=rest), tree)
    seen = {fault.place for fault in checker.faults}
    resolved = []
    for number, stage in enumerate(stages.value):
        found, faults = _stage(checker.apart(), stage, train.copy(), f"train.stages.{number}")
        checker.faults += [fault for fault in faults if fault.place not in seen]
        seen |= {fault.place for fault in faults}
        resolved.append(found)
    total = sum(found.get("epochs") or 0 for found in resolved)
    values["train"]["stages"] = resolved
    if "epochs" in tree.value["train"].value and total != values["train"]["epochs"]:
        checker.note(
            node_at(tree, "train.epochs"),
            "train.epochs",
            f"the stages have {total} epochs together: leave train.epochs out, or make them agree",
        )
    values["train"]["epochs"] = total or values["train"]["epochs"]


def _stage(checker: Checker, stage: Node, train: Node, path: str) -> tuple[dict[str, Any], list[Fault]]:
    """A stage's values, and the faults of it and of `train` (which it changes)."""
    own = {slot.name for slot in STAGE}
    fixed = replace(stage, value={key: node for key, node in stage.value.items() if key in own})
    found = checker.mapping(list(STAGE), fixed, path, 'key "{}"', "a stage")
    for key, node in stage.value.items():
        if key in own:
            continue
        if key.split(".")[0] in STAGE_FIXED:
            told = f"a stage can't change {key.split('.')[0]}: it holds for the whole run"
            checker.note(stage.keys[key], f"{path}.{key}", told)
            continue
        try:
            put(train, key, node.copy(), stage.keys[key])
        except RecipeError as error:
            checker.faults += error.faults
        found[key] = node.plain()
    checker.frame(Train, train, "train")
    return found, checker.faults


def _check_kept(checker: Checker, stages: Node) -> None:
    """Kept optimizers are those before: of them, only the learning rate may change."""
    for number, stage in enumerate(stages.value):
        keep = stage.value.get("keep_optimizer") if isinstance(stage.value, dict) else None
        if keep is None or keep.value is not True:
            continue
        if number == 0:
            checker.note(stage.keys["keep_optimizer"], "train.stages.0", "the first stage has no optimizer to keep")
        for key, place in stage.keys.items():
            if key.startswith("optimizer") and not fullmatch(r"(optimizer|optimizers\.\w+)\.learning_rate", key):
                told = f"{key} can't change where the optimizer is kept, only learning_rate can"
                checker.note(place, f"train.stages.{number}.{key}", told)
