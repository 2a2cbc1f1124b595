"""A first recipe for one's own data, from a look at it: photographs in class folders, a CSV, or arrays in an npz.

What was seen and what was guessed stands in the recipe's comments. The data is read by the source and the task that the
recipe names, so what they refuse is refused here, in their words.
"""

import shlex
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kerasapp.components import create
from kerasapp.data import divide
from kerasapp.data._table import MISSING, kind_of, quiet, read_table
from kerasapp.errors import DataError, KerasappError
from kerasapp.files import write
from kerasapp.names import some
from kerasapp.reading import dump
from kerasapp.tasks._base import Task
from kerasapp.types import Split

LABEL_NAMES = ("label", "class", "target", "y")
MOST_CLASSES = 20  # of numbers; more are taken for a measure
MOST_NAMES = 100  # of text; more are taken for names or free text
LISTED = 30  # classes or columns that the comments name
FEW = 30  # examples of the rarest class, below which the split is balanced exactly
UNEVEN = 10  # times the rarest class that the most common may have before classes are weighted
LONGEST = 128  # pixels of the longer side: enough to begin with, and quick on a CPU
SMALL = 64  # pixels of the longer side, up to which the network's head sees the whole last map
SHARES = {"validation": 0.1, "test": 0.2}


@dataclass
class Draft:
    """A recipe in the making: its parts, the comments above each, and what was seen of the data."""

    source: Path
    data: dict[str, Any]
    brought: dict[str, Split]
    task: dict[str, Any] = field(default_factory=dict)
    model: dict[str, Any] = field(default_factory=dict)
    train: dict[str, Any] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)  # classes without an example: to be mended before a run
    notes: dict[str, list[str]] = field(default_factory=lambda: {"task": [], "data": [], "model": [], "train": []})


def new(source: Path, out: Path, *, force: bool = False, schema: str | None = None) -> tuple[str, str]:
    """Looks at `source` and writes a recipe for it to `out`; gives its text, and the command to go on with. `schema` is
    what editors complete by.

    Raises KerasappError where `out` is there and not `force`d, DataError where no recipe can be made for `source`.
    """
    if out.is_dir():
        raise KerasappError(f"{out}: is a folder. Give the name of the recipe's file")
    if out.exists() and not force:
        raise KerasappError(f"{out}: is there already. Take another name, or replace it with --force")
    if not source.exists():
        raise DataError(source, "there is no such file or folder")
    look = _folder if source.is_dir() else _arrays if source.suffix.lower() in (".npz", ".npy") else _table
    draft = look(source)
    (_images if "image" in draft.brought["train"].features else _rows)(draft)
    path = shlex.quote(str(out))
    command = f"kerasapp check {path} --data" if draft.empty else f"kerasapp run {path}"
    text = _as_text(draft, command, schema)
    write(out, text)
    return text, command


def _folder(source: Path) -> Draft:
    data = {"name": "image_folder", "path": str(source)}
    try:
        return Draft(source, data, create("data", data))
    except DataError as error:
        data["on_error"] = "skip"  # where that does not help either, its error is the one to tell
        draft = Draft(source, data, create("data", data))
        draft.notes["data"].append(f"on_error: {str(error).split('. Remove')[0]}")
        return draft


def _arrays(source: Path) -> Draft:
    data = {"name": "arrays", "path": str(source)}
    draft = Draft(source, data, create("data", data))
    if "text" in draft.brought["train"].features:
        raise DataError(source, "holds texts, and recipes are made for images and tables")
    return draft


def _table(source: Path) -> Draft:
    label, why = _guess_label(source)
    data = {"name": "csv", "path": str(source), "label": label}
    draft = Draft(source, data, create("data", data))
    draft.notes["data"].append(f"label: guessed, {why}. If another column is meant, name that")
    return draft


def _guess_label(source: Path) -> tuple[str, str]:
    """The column that is taken for the label, and why."""
    with quiet():  # the source tells the same when it reads the file
        columns = read_table(source).columns
    for word in LABEL_NAMES:
        for name in columns:
            if name.lower() == word:
                return name, "because of its name"
    for name in reversed(columns):
        if _can_be_label(columns[name]):
            return name, f"as the last column that can be one: none is named {', '.join(LABEL_NAMES)}"
    raise DataError(source, f"no column can be the label: {', '.join(columns)} have gaps, one value, or a text a row")


def _can_be_label(cells: list[str]) -> bool:
    distinct = set(cells)
    if len(distinct) < 2 or any(cell.lower() in MISSING for cell in distinct):
        return False
    return kind_of(cells) != "text" or len(distinct) <= min(MOST_NAMES, len(cells) / 2)


def _images(draft: Draft) -> None:
    """The parts of a recipe for images of classes."""
    train = draft.brought["train"]
    if _is_measure(train):
        raise DataError(draft.source, "its labels are measures, and for images recipes are made for classes only")
    heights, widths, colour = _sizes(draft.brought.values())
    height, width = float(np.median(heights)), float(np.median(widths))
    draft.task["name"] = "image_classification"
    if np.ptp(heights) or np.ptp(widths) or max(height, width) > LONGEST:
        scale = min(1, LONGEST / max(height, width))
        draft.task["image_size"] = [max(1, round(scale * side)) for side in (height, width)]
        draft.notes["task"].append("image_size: height, width; larger shows more of a picture, and takes longer")
    if colour:
        draft.task["augmentation"] = [{"name": "flip"}]
        draft.notes["task"].append("augmentation: leave flip out where left and right differ in meaning, as in writing")
    small = max(draft.task.get("image_size", (height, width))) <= SMALL
    draft.model = {"name": "cnn"} if small else {"name": "cnn", "reduction": "average", "dropout": 0.3}
    task, splits = _divided(draft)
    count = sum(map(len, splits.values()))
    draft.train = {"epochs": 40 if count < 5000 else 15, "batch_size": 16 if count < 500 else 32}
    size = " x ".join(" to ".join(map(str, sorted({sides.min(), sides.max()}))) for sides in (heights, widths))
    draft.seen.append(f"{count} images in {'colour' if colour else 'grey'}, {size} pixels (height x width)")
    _of_classes(draft, task, splits)


def _sizes(splits: Collection[Split]) -> tuple[np.ndarray, np.ndarray, bool]:
    """Heights and widths, (examples,) or (1,) where all are one size; and whether any is in colour."""
    if all("image/height" in split.features for split in splits):
        heights, widths, channels = (_whole(splits, f"image/{side}") for side in ("height", "width", "channels"))
        return heights, widths, bool(channels.max() >= 3)
    height, width, channels = next(iter(splits)).features["image"].shape
    return np.array([height]), np.array([width]), channels >= 3


def _rows(draft: Draft) -> None:
    """The parts of a recipe for a table."""
    measure = _is_measure(draft.brought["train"])
    draft.task["name"] = "tabular_regression" if measure else "tabular_classification"
    draft.model = {"name": "mlp", "dropout": 0.1}
    task, splits = _divided(draft)
    count = sum(map(len, splits.values()))
    size, epochs = (32, 60) if count < 2000 else (128, 30) if count < 20_000 else (256, 15)
    draft.train = {"epochs": epochs, "batch_size": size}
    draft.seen.append(f"{count} rows")
    labels = _whole(splits.values(), "label")
    distinct = len(np.unique(labels))
    if measure:
        why = f"guessed: the label has {distinct} different numbers; for classes: tabular_classification"
        draft.train["monitor"] = {"metric": "val_mean_absolute_error", "mode": "min"}
        draft.seen.append(f"label: {labels.min():g} to {labels.max():g}")
    else:
        why = f"guessed: the label has {distinct} different values; for a measure: tabular_regression"
        _of_classes(draft, task, splits)
    draft.notes["task"].append(why)
    draft.seen += _listed("columns", _columns(task, draft.brought.values()))


def _whole(splits: Iterable[Split], name: str) -> np.ndarray:
    """A column of all splits that have it."""
    return np.concatenate([split.column(name) for split in splits if name in split.features])


def _columns(task: Task, splits: Collection[Split]) -> Iterable[str]:
    """What each column holds, in all rows."""
    used = task.read()
    for name, feature in next(iter(splits)).features.items():
        if name == "label":
            continue
        values = _whole(splits, name)
        if feature.dtype == "string":
            told = f"text, {len(set(values.tolist()) - {''})} values"
            missing = int(np.sum(values == ""))
        else:
            known = values[np.isfinite(values)]
            missing = len(values) - len(known)
            kind = "whole numbers" if values.dtype.kind in "iu" else "numbers"
            told = f"{kind}, {known.min():g} to {known.max():g}" if len(known) else kind
        yield f"{name}: {told}{f', {missing} missing' if missing else ''}{'' if name in used else ', not used'}"


def _is_measure(split: Split) -> bool:
    """Is the label a number to be estimated, rather than a class? False where there is no label."""
    if "label" not in split.features or split.features["label"].names or split.features["label"].dtype == "string":
        return False
    values = np.unique(split.column("label"))
    return len(values) > MOST_CLASSES or not np.array_equal(values, np.round(values))


def _divided(draft: Draft) -> tuple[Task, dict[str, Split]]:
    """The adapted task, and the splits as a run will have them; both refuse what they can't use. Raises DataError.

    Where a class has no example the task is as it was before: the recipe is right, and its data is not yet.
    """
    train = draft.brought["train"]
    draft.empty = _empty_classes(train)
    task = create("tasks", draft.task)
    if not draft.empty:
        task = task.adapt(train)
    made: dict[str, Any] = {name: share for name, share in SHARES.items() if name not in draft.brought}
    if made:
        draft.data["split"] = made
    if made and not _is_measure(train):
        rarest = int(np.unique(train.column("label"), return_counts=True)[1].min())
        if rarest < FEW:
            made["stratify"] = True
            draft.notes["data"].append(f"stratify: the rarest class has {rarest} examples")
    splits = divide(draft.brought, seed=0, default=SHARES, split=made)
    for name, split in splits.items():
        if not draft.empty:
            task.check(split, name)
        if "label" not in split.features:
            _tell_unlabelled(draft, name)
    return task, splits


def _empty_classes(train: Split) -> list[str]:
    names = train.features["label"].names if "label" in train.features else None
    there = set(train.column("label").tolist()) if names else set()
    return [name for place, name in enumerate(names or ()) if place not in there] if len(there) > 1 else []


def _tell_unlabelled(draft: Draft, name: str) -> None:
    """A test split may be without labels. Raises DataError for validation, which training needs."""
    if name != "test":
        raise DataError(draft.source, f"the {name} split has no labels: label it, or leave it out")
    draft.notes["data"].append("the test split has no labels: a run will report on validation")


def _of_classes(draft: Draft, task: Task, splits: dict[str, Split]) -> None:
    labels = splits["train"].features["label"].names if draft.empty else task.labels
    counts = Counter(dict.fromkeys(labels, 0))
    for split in splits.values():
        if "label" in split.features:
            places = split.column("label") if draft.empty else task.targets(split)
            counts.update(labels[place] for place in places)
    if max(counts.values()) > UNEVEN * min(count for count in counts.values() if count):
        draft.train["class_weight"] = "balanced"
        draft.notes["train"].append("class_weight: a rare class counts as much as a common one")
    draft.train["monitor"] = {"metric": "val_accuracy", "mode": "max"}
    draft.seen += _listed("classes", [f"{label}: {count}" for label, count in counts.items()])


def _listed(what: str, rows: Iterable[str]) -> list[str]:
    rows = list(rows)
    more = [f"  and {len(rows) - LISTED} more"] if len(rows) > LISTED else []
    return [f"{len(rows)} {what}:", *(f"  {row}" for row in rows[:LISTED]), *more]


def _as_text(draft: Draft, command: str, schema: str | None) -> str:
    rate = {"name": "CosineDecay", "initial_learning_rate": 1e-3}
    recipe = {
        "title": f"{draft.source.resolve().stem}: {draft.task['name'].replace('_', ' ')}",
        "seed": 0,
        "task": draft.task,
        "data": draft.data,
        "model": draft.model,
        "train": {
            **draft.train,
            "optimizer": {"name": "Adam", "learning_rate": rate},
            "early_stopping": {"patience": 10},
        },
    }
    text = _comments([f"yaml-language-server: $schema={schema}"] if schema else [])
    text += _comments([f"Written by `kerasapp new` from a look at {draft.source}. Change what you like, then"])
    if draft.empty:
        text += _comments([f"add examples of {some(draft.empty, LISTED)}, or remove the class, and look at the data:"])
    text += _comments([f"  {command}", "Seen:", *(f"  {line}" for line in draft.seen)])
    for line in dump(recipe).splitlines():
        text += _comments(draft.notes.get(line.split(":")[0], [])) + line + "\n"
    return text


def _comments(lines: Iterable[str]) -> str:
    """Names of files and columns may hold what YAML allows not even in a comment."""
    printable = ("".join(sign if sign.isprintable() else "?" for sign in line) for line in lines)
    return "".join(f"# {line}\n" for line in printable)
