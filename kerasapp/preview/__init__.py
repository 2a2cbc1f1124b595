"""What a recipe makes of its pictures, before anything is trained: a few examples, every step, views of the training.

Views are those that the first epochs of a run have of the same examples. Mixing takes the next example of the sheet,
where training takes the next of the batch.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from kerasapp import figures
from kerasapp.blame import told_at_its_name
from kerasapp.errors import KerasappError
from kerasapp.files import write
from kerasapp.ops._random import example_keys
from kerasapp.ops.decode import decode_image
from kerasapp.preview._sheet import drawn
from kerasapp.recipe import Recipe
from kerasapp.tasks._base import Raw, Task
from kerasapp.tasks._broken import name_broken
from kerasapp.tasks._steps import arguments, augmented, each, mixed
from kerasapp.training import adapted, steps_told
from kerasapp.types import Spec, Split

__all__ = ["Example", "Sheet", "preview", "sheet"]

LARGEST_SHARE = 0.995  # of a label, above which a mixed picture is told to be of that alone


@dataclass(frozen=True)
class Example:
    """A row of the sheet: pictures by the headings of its columns, and what the model is given.

    Pictures are (h, w, c) float in [0, 1] or uint8; a step may make other values of them, or (n,) numbers. `notes`
    stand below some of them.
    """

    name: str
    label: str
    cells: dict[str, np.ndarray]
    notes: dict[str, str]
    given: np.ndarray


@dataclass(frozen=True)
class Sheet:
    """Examples of `split`, all with the same columns."""

    title: str
    split: str
    examples: list[Example]

    def as_json(self) -> dict[str, Any]:
        """What stands on it."""
        shown = [{"input": each.name, "label": each.label, "input_shape": each.given.shape} for each in self.examples]
        columns = [" ".join(heading.split()) for heading in self.examples[0].cells]
        return {"columns": [*columns, "values"], "examples": shown}


def preview(recipe: Recipe, out: Path, *, examples: int = 6, views: int = 4) -> Sheet:
    """Draws the sheet as `out`, a .png or .svg, and gives it. Trains nothing. Raises KerasappError."""
    if out.suffix.lower() not in (".png", ".svg"):
        raise KerasappError(f"{out}: a sheet is drawn as .png or .svg")
    made = sheet(recipe, examples=examples, views=views)
    figure = drawn(made.title, made.examples)
    write(out, figures.svg(figure) if out.suffix.lower() == ".svg" else figures.png(figure))
    return made


def sheet(recipe: Recipe, *, examples: int = 6, views: int = 4) -> Sheet:
    """Looks at `examples` of train, of as many classes as there are. Raises KerasappError, DataError, RecipeError."""
    with told_at_its_name(recipe), steps_told(recipe):
        return _sheet(recipe, examples, views)


def _sheet(recipe: Recipe, examples: int, views: int) -> Sheet:
    task, splits = adapted(recipe)
    if task.INPUT != "image":
        raise KerasappError(f"{recipe.file}: preview shows pictures, and {recipe.task['name']} reads {task.INPUT}s")
    split = splits["train"]
    rows = _chosen(task, split, examples)
    try:
        raw = split.gather(tf.constant(rows))
        columns, notes = _columns(task, raw, rows, recipe.seed, views)
        prepared = task.prepare(raw)
        given = task.encode(prepared)[0].numpy()
        if "label" in raw:
            task.elements(prepared, example_keys(recipe.seed, 0, tf.constant(rows)))  # refuses what training would
    except tf.errors.OpError as error:
        raise name_broken(task, split, rows) or error from None
    labels = _labels(task, raw)
    told = [
        Example(
            str(split.ids[row]),
            labels[number],
            {heading: values[number] for heading, values in columns.items()},
            {heading: values[number] for heading, values in notes.items()},
            given[number],
        )
        for number, row in enumerate(rows)
    ]
    return Sheet(recipe.title or recipe.name, "train", told)


def _columns(
    task: Task, raw: Raw, rows: np.ndarray, seed: int, views: int
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """What stands below each heading, (examples, ...) or a list of pictures; and notes below some."""
    plain = task.plain()
    pictures = plain.encode(plain.prepare(raw))[0]
    columns: dict[str, Any] = {"original": _originals(plain, raw)}
    if any(picture.shape != pictures.shape[1:] for picture in columns["original"]):
        columns[f"resized\n{pictures.shape[1]} x {pictures.shape[2]}"] = pictures.numpy()
    joins = getattr(task, "frames", None) is not None
    given = task.pixels(raw) if joins else pictures
    for number, (step, values) in enumerate(
        each(given, getattr(task, "preprocessing", ()), getattr(task, "learned_steps", None) or []), 1
    ):
        pictures = values if joins and number == 1 else pictures
        heading = _heading(step)
        columns[heading if heading not in columns else f"{heading} ({number})"] = values.numpy()
    seen, notes = _views(task, pictures, raw, rows, seed, views)
    return columns | seen, notes


def _views(
    task: Task, pictures: tf.Tensor, raw: Raw, rows: np.ndarray, seed: int, views: int
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The pictures as the first epochs have them, before preprocessing; with their labels where these are mixed."""
    steps, mixing = getattr(task, "augmentation", ()), getattr(task, "mixing", ())
    columns, notes = {}, {}
    for epoch in range(views if steps or mixing else 0):
        keys = example_keys(seed, epoch, tf.constant(rows))
        seen, heading = augmented(pictures, keys, steps), f"epoch {epoch + 1}\n{'augmented' if steps else 'mixed'}"
        if mixing:
            seen, shares = mixed(seen, task.target(task.numbered(raw), {}), keys, mixing)
            notes[heading] = [_shares(task.labels, share) for share in shares.numpy()]
        columns[heading] = seen.numpy()
    return columns, notes


def _originals(plain: Task, raw: Raw) -> list[np.ndarray]:
    """Pictures as they came, upright, of their own size."""
    images = raw["image"]
    if images.dtype == tf.string:
        return [decode_image(image).numpy() for image in images]
    if images.dtype == tf.uint8:
        return list(images.numpy())
    low, high = plain.value_range
    return list(((images.numpy() - low) / (high - low)).clip(0, 1).astype(np.float32))


def _chosen(task: Task, split: Split, count: int) -> np.ndarray:
    """Numbers of examples: of each class in turn, or evenly spread."""
    if task.EVALUATION != "classification":
        return np.linspace(0, len(split) - 1, min(count, len(split))).astype(np.int64)
    numbers = task.targets(split)
    classes = np.unique(numbers)
    if len(classes) > count:
        classes = classes[np.linspace(0, len(classes) - 1, count).astype(int)]
    members = [np.flatnonzero(numbers == one) for one in classes]
    turns = [found[turn] for turn in range(count) for found in members if turn < len(found)]
    return np.array(turns[:count], np.int64)


def _labels(task: Task, raw: Raw) -> list[str]:
    if "label" not in raw:
        return [""] * len(raw["image"])
    if hasattr(task, "labels"):
        return [task.labels[number] for number in task.numbered(raw)["label"].numpy()]
    return [f"{value:g}" for value in raw["label"].numpy()]


def _shares(labels: list[str], share: np.ndarray) -> str:
    """`cat .7, dog .3`."""
    first, second = np.argsort(-share, kind="stable")[:2]
    if share[first] > LARGEST_SHARE:
        return labels[first]
    return ", ".join(f"{labels[one]} {share[one]:.2f}".replace(" 0.", " .") for one in (first, second))


def _heading(step: Spec) -> str:
    """A step's name, and below it what it was given."""
    told = [f"{key} {value}" for key, value in arguments(step).items() if value is not None]
    return "\n".join([step["name"].rpartition(":")[2].replace("_", " "), *([", ".join(told)] if told else [])])
