"""The labels of a split: one that is missing, out of range or never seen is named, not trained on."""

import re
from collections import Counter
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np

from kerasapp.data._files import natural
from kerasapp.data._table import LARGEST, TOO_LARGE
from kerasapp.errors import DataError
from kerasapp.names import counted, some
from kerasapp.types import Split

NAMED = 10  # this many classes are listed in a message


def source(split: Split) -> str:
    """Where the examples come from, as far as their ids tell: a folder, a file, the name of an array."""
    ends = zip(min(split.ids), max(split.ids), strict=False)
    prefix = "".join(first for first, _ in takewhile(lambda pair: pair[0] == pair[1], ends))
    file = re.fullmatch(r"(.+?)[:\[]\d*\]?", prefix)
    return file.group(1) if file else prefix.rpartition("/")[0] or prefix or "data"


def learn_labels(split: Split) -> dict[str, Any]:
    """The classes of the training split: `labels`, `label_values` (None where the labels are strings) and `counts`.

    Names the source's way, whole numbers by size, strings in natural order. Raises DataError: no labels, one class,
    a class without an example, a label that is missing or out of range.
    """
    values = label_column(split)
    names = split.features["label"].names
    if names is not None:
        _refuse(split, values, (values < 0) | (values >= len(names)), f"is outside 0 to {len(names) - 1}")
        numbers, labels = list(range(len(names))), [str(name) for name in names]
        counts = np.bincount(values, minlength=len(names)).tolist()
        if 0 in counts:
            label = labels[counts.index(0)]
            where = _folder(split, values, labels) / label
            raise DataError(where, f'no example of the class "{label}" in train. Add some, or remove the class')
    elif values.dtype.kind == "O":
        found = Counter(values.tolist())
        numbers, labels = None, sorted(found, key=natural)
        counts = [found[label] for label in labels]
    else:
        found = Counter(values.tolist())
        numbers = sorted(found)
        labels, counts = [str(number) for number in numbers], [found[number] for number in numbers]
    if len(labels) < 2:
        raise DataError(source(split), f'one class only ("{labels[0]}"): a classifier needs two or more')
    return {"labels": labels, "label_values": numbers, "counts": counts}


def label_numbers(split: Split, labels: list[str], label_values: list[int] | None) -> np.ndarray:
    """(examples,) int64, each example's place among `labels`. Raises DataError at a label that train never saw."""
    values = label_column(split)
    known = labels if label_values is None else label_values
    places = {value: place for place, value in enumerate(known)}
    numbers = np.fromiter((places.get(value, -1) for value in values.tolist()), np.int64, len(values))
    _refuse(split, values, numbers < 0, f"is none that train has ({some(labels, NAMED)})")
    return numbers


def label_column(split: Split) -> np.ndarray:
    """The labels of a split: int64, or an object array of `str`. Raises DataError."""
    if "label" not in split.features:
        way_out = "Put each class in a folder of its own, or set data.label"
        raise DataError(source(split), f"the examples have no label, and this task needs one. {way_out}")
    if shape := split.features["label"].shape:
        raise DataError(source(split), f"a label has the shape {shape}, and this task needs one value an example")
    values = np.asarray(split.column("label"))
    if values.dtype.kind in "OSU":
        values = np.asarray(values, object)
        refuse_missing(split, values == "")
        return values
    if values.dtype.kind == "f":
        refuse_missing(split, ~np.isfinite(values))
        _refuse(split, values, values != np.floor(values), "is no class but a measure. Use tabular_regression")
    return values.astype(np.int64)


def refuse_huge(split: Split, name: str) -> None:
    """Raises DataError at a number of a column that float32 can't hold."""
    values = split.column(name)
    huge = np.isfinite(values) & (np.abs(values) > LARGEST) if values.dtype == np.float64 else np.zeros(0, bool)
    if huge.any():
        row = int(huge.argmax())
        raise DataError(split.ids[row], f"{name} is {values[row]:g}, {TOO_LARGE}. Correct it, or leave it out")


def refuse_missing(split: Split, missing: np.ndarray) -> None:
    """Raises DataError that names the first example whose label is missing."""
    if missing.any():
        first = split.ids[int(np.argmax(missing))]
        raise DataError(first, f"the label is missing{_others(missing)}. Fill it in, or remove the example")


def _refuse(split: Split, values: np.ndarray, wrong: np.ndarray, what: str) -> None:
    if wrong.any():
        first = int(np.argmax(wrong))
        value = values[first]
        shown = f'"{value}"' if isinstance(value, str) else f"{value:g}"
        raise DataError(split.ids[first], f"label {shown} {what}{_others(wrong)}")


def _others(wrong: np.ndarray) -> str:
    return f" (and in {counted(wrong.sum() - 1, 'more example')})" if wrong.sum() > 1 else ""


def _folder(split: Split, values: np.ndarray, labels: list[str]) -> Path:
    """The folder that holds the class folders, where the ids show one."""
    first = Path(str(split.ids[0]))
    return first.parent.parent if first.parent.name == labels[values[0]] else Path(source(split))
