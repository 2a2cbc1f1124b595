"""A look at the data before anything trains: what is read, what is missing, what stands in two splits."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from kerasapp import components, data
from kerasapp.errors import DataError, KerasappError
from kerasapp.recipe import Recipe
from kerasapp.rules import Finding
from kerasapp.types import Split

TINY = 10  # examples of a class, below which it can't be learned or measured
FEW = 3000  # examples of a class: the rule of thumb for training a network from nothing
NAMED = 3


def findings(recipe: Recipe) -> list[Finding]:
    """Reads the recipe's data as `run` would, and says what is wrong with it."""
    try:
        made = components.create("tasks", recipe.task, folder=recipe.folder)
        splits = data.load(recipe.data, recipe.seed, type(made).SPLIT, folder=recipe.folder)
        task = made.adapt(splits["train"])
        for name, split in splits.items():
            task.check(split, name)
    except DataError as error:
        return [Finding("unreadable", "error", error.where, str(error).removeprefix(f"{error.where}: "))]
    except KerasappError as error:
        return [Finding("unusable", "error", str(recipe.file), str(error))]
    return [*_duplicates(splits), *_classes(task, splits["train"])]


def _duplicates(splits: dict[str, Split]) -> Iterator[Finding]:
    for (first, second), pairs in data.duplicates(splits).items():
        named = ", ".join(f"{copy} is {original}" for original, copy in pairs[:NAMED])
        told = f"{len(pairs)} of {second} are exact copies of examples in {first} ({named}). Remove one of each"
        yield Finding("duplicate", "warning", second, told)
    for name, split in splits.items():
        values, counts = np.unique(split.fingerprints(), return_counts=True)
        copies = int((counts - 1).sum())
        if copies:
            row = int(np.flatnonzero(np.isin(split.fingerprints(), values[counts > 1]))[0])
            told = f"{copies} exact duplicates, the first of {split.ids[row]}. Remove them, or let them count twice"
            yield Finding("duplicate", "warning", name, told)


def _classes(task: Any, train: Split) -> Iterator[Finding]:
    """Classes with so few examples that nothing can be learned, or less than a network from nothing likes."""
    if task.EVALUATION != "classification":
        return
    counts = dict(zip(task.labels, task.counts, strict=True))
    for label, count in counts.items():
        if count < TINY:
            yield Finding(
                "tiny_class", "warning", label, f"{count} examples in train: add some, or leave the class out"
            )
    smallest = min(counts, key=counts.get)
    if counts[smallest] < FEW:
        told = f"{counts[smallest]} examples in train, the fewest of {len(counts)} classes; a network that begins"
        yield Finding(
            "few_examples", "note", smallest, f"{told} with nothing likes about {FEW}. Augmentation and transfer help"
        )
