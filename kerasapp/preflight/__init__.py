"""A look at the data before anything trains: all that is wrong with it, where, and what to do.

What a run would refuse is passed over and told, so that one broken file hides nothing else. Each module looks at one
thing, and gives findings of what it is handed.
"""

import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, TextIO

import numpy as np

from kerasapp import components, data
from kerasapp.blame import OwnCodeError, told_at_its_name
from kerasapp.data._decoding import decoder
from kerasapp.data._faults import Remark
from kerasapp.data.image_folder import Photographs
from kerasapp.errors import DataError, KerasappError, RecipeError
from kerasapp.meter import Meter
from kerasapp.ops.decode import MAX_PIXELS
from kerasapp.preflight import boxes, columns, duplicates, gallery, labels, texts
from kerasapp.preflight._collected import MOST, Collected
from kerasapp.preflight.images import look_at_pictures
from kerasapp.preflight.near import SIDE
from kerasapp.recipe import Recipe
from kerasapp.rules import Finding
from kerasapp.types import Split

__all__ = ["Finding", "Look", "findings", "look"]


@dataclass
class Look:
    """What was found, and the splits as a run will have them; none where the source could not be read.

    `counts`, by severity and kind, also has those beyond the first thousand of a kind, which `findings` leaves out.
    """

    findings: list[Finding]
    splits: dict[str, Split] = field(default_factory=dict)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self):
        self.counts = self.counts or Counter((finding.severity, finding.kind) for finding in self.findings)

    def unlisted(self, severity: str) -> int:
        """How many of that severity are counted and not among `findings`."""
        return sum(max(count - MOST, 0) for (of, _), count in self.counts.items() if of == severity)


def findings(recipe: Recipe, *, near_duplicates: bool = False, stream: TextIO | None = None) -> list[Finding]:
    """What `look` finds."""
    return look(recipe, near_duplicates=near_duplicates, stream=stream).findings


def look(recipe: Recipe, *, near_duplicates: bool = False, stream: TextIO | None = None) -> Look:
    """Reads the recipe's data as `run` would, and says what is wrong with it, the worst first.

    `near_duplicates` also compares pictures by what they look like. How far it is goes to `stream`, stderr by default.
    Raises RecipeError for what the user's own code raises.
    """
    with told_at_its_name(recipe):
        return _look(recipe, near_duplicates, stream)


def _look(recipe: Recipe, near_duplicates: bool, stream: TextIO | None) -> Look:
    found = Collected()
    try:
        task = components.create("tasks", recipe.task, folder=recipe.folder)
        brought = _read(recipe, found)
    except KerasappError as error:
        found.add(_refused(error, recipe))
        return Look(found.findings(), {}, found.counts)
    looks: dict[str, np.ndarray] = {}
    if all("image" in split.features and split.random_access for split in brought.values()):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, on what is told here in our own words
            found.extend(_pictures(brought, near_duplicates, stream, looks))
    splits = brought
    try:
        splits = data.divided(brought, recipe.data, recipe.seed, type(task).SPLIT)
    except KerasappError as error:
        found.add(_refused(error, recipe))
    before = found.errors
    found.extend(_examples(task, splits, set(brought)))
    if looks:
        found.extend(duplicates.near(splits, _in_order(looks, brought, splits)))
    if splits is not brought and found.errors == before:
        found.extend(_as_a_run(task, splits, recipe))
    return Look(found.findings(), splits, found.counts)


def _read(recipe: Recipe, found: Collected) -> dict[str, Split]:
    """The splits that the source brings, without what can't be read, which is added to `found`. Raises DataError."""
    lenient = recipe.data["name"] == "image_folder" and recipe.data.get("on_error") == "skip"
    with data.passing_over() as faults:
        try:
            brought = data.read(recipe.data | {"on_error": "fail"} if lenient else recipe.data, recipe.folder)
        finally:
            for fault in faults:
                severity = fault.severity if isinstance(fault, Remark) else "warning" if lenient else "error"
                found.add(_as_finding(fault, severity))
    brought = {name: split for name, split in brought.items() if len(split)}
    if "train" not in brought:
        raise DataError(recipe.file, "the data has no training examples")
    return brought


def _pictures(
    splits: dict[str, Split], near_duplicates: bool, stream: TextIO | None, looks: dict[str, np.ndarray]
) -> Iterator[Finding]:
    """Findings on pictures; where near copies are asked for, `looks` gets the rows of `images.LOOK` of each split."""
    meter = Meter("looking at pictures", sum(map(len, splits.values())), stream)
    reader = decoder(MAX_PIXELS, SIDE if near_duplicates else 1)
    for name, split in splits.items():
        seen = yield from look_at_pictures(split, meter, reader, near_duplicates)
        if isinstance(split, Photographs):
            split.keep_fingerprints(seen["content"])
        if near_duplicates:
            looks[name] = seen[["hash", "small"]]
        yield from gallery.beside_others(split, name, seen)
    meter.close()


def _in_order(looks: dict[str, np.ndarray], brought: dict[str, Split], splits: dict[str, Split]) -> np.ndarray:
    """The looks of all examples of `splits`, from those of the splits that the source brought."""
    rows = {place: row for row, place in enumerate(chain.from_iterable(split.ids for split in brought.values()))}
    every = np.concatenate([looks[name] for name in brought])
    return every[[rows[place] for split in splits.values() for place in split.ids]]


def _examples(task: Any, splits: dict[str, Split], brought: set[str]) -> Iterator[Finding]:
    """What shows of examples as a whole; `brought` are the splits that the source itself divided."""
    measure = task.EVALUATION == "regression"
    if task.EVALUATION in ("classification", "regression"):
        yield from labels.unlabelled(splits)
        yield from labels.of_measures(splits) if measure else labels.of_classes(splits, brought)
    if task.INPUT == "row":
        yield from columns.of_columns(splits, getattr(task, "ignore", ()), measure)
    for split in splits.values():
        yield from texts.of_texts(split)
        yield from boxes.of_boxes(split)
    yield from duplicates.exact(splits)


def _as_a_run(task: Any, splits: dict[str, Split], recipe: Recipe) -> Iterator[Finding]:
    """What the run itself would refuse, in its words."""
    try:
        adapted = task.adapt(splits["train"])
        for name, split in splits.items():
            adapted.check(split, name)
    except DataError as error:
        yield replace(_as_finding(error), kind="unusable")
    except KerasappError as error:
        yield _refused(error, recipe)


def _refused(error: KerasappError, recipe: Recipe) -> Finding:
    if isinstance(error, (OwnCodeError, RecipeError)):
        raise error
    if isinstance(error, DataError):
        return _as_finding(error)
    return Finding("unusable", "error", str(recipe.file), str(error))


def _as_finding(error: DataError, severity: str = "error") -> Finding:
    return Finding(error.kind, severity, error.where, str(error).removeprefix(f"{error.where}: "), (error.where,))
