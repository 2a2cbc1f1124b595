"""Tables: which column is what, learned from train, and the same numbers from a row in training and serving.

Numbers are standardised; where train had missing ones the mean stands in and an extra column says so. Strings are
categories, numbered by how common they are from 1; 0 is a missing or unknown one. All of it is plain JSON.
"""

import logging
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from kerasapp.data._files import natural
from kerasapp.errors import DataError, KerasappError
from kerasapp.names import lacking, some
from kerasapp.tasks._base import Raw, Task
from kerasapp.tasks._labels import refuse_huge, source
from kerasapp.tasks._vocabulary import positions
from kerasapp.types import PositiveInt, Split

NAMED = 5  # columns that a message names
MANY = 20  # a column of fewer distinct strings is a category, however few rows there are
ROUNDING = 1e-5  # standard deviations: numbers that float32 moves further (times in seconds) are taken as float64


@dataclass(frozen=True, kw_only=True)
class Tabular(Task):
    """Rows of numbers and categories.

    The model's input is a dictionary: "numeric" float32 (batch, num_numeric) and "categorical" int32 (batch, columns);
    a key is absent where there is no such column. `categorical: one_hot` turns categories into numeric columns.
    """

    INPUT = "row"

    categorical: Literal["embedding", "one_hot"] = "embedding"
    min_count: PositiveInt = 1
    """A category that train has less often counts as unknown."""
    max_categories: PositiveInt = 1000
    """A column with more distinct strings is not used."""
    ignore: list[str] = ()
    """Columns that are not used."""

    numeric_columns: list[dict[str, Any]] = field(init=False, default=None, repr=False)
    """`name`, `dtype`, train's `mean` and `deviation`, and whether train had `missing` values."""
    category_columns: list[dict[str, Any]] = field(init=False, default=None, repr=False)
    """`name`, `dtype` and the `vocabulary`, the most common first."""

    def table_facts(self) -> dict[str, Any]:
        """`num_numeric`, and `category_sizes` with the unknown one counted."""
        numeric = len(self.numeric_columns) + sum(column["missing"] for column in self.numeric_columns)
        sizes = tuple(len(column["vocabulary"]) + 1 for column in self.category_columns)
        if self.categorical == "one_hot":
            return {"num_numeric": numeric + sum(sizes), "category_sizes": ()}
        return {"num_numeric": numeric, "category_sizes": sizes}

    def prepare(self, raw: Raw) -> Raw:
        """The model's inputs, `numeric` (batch, num_numeric) float32, `categorical` (batch, columns) int32; `label`."""
        numeric, inputs = self._numbers(raw), self.numbered(raw)
        if self.category_columns:
            places = self._places(raw)
            if self.categorical == "one_hot":
                sizes = [len(column["vocabulary"]) + 1 for column in self.category_columns]
                numeric += [tf.one_hot(place, size) for place, size in zip(tf.unstack(places), sizes, strict=True)]
            else:
                inputs["categorical"] = tf.transpose(places)
        if numeric:
            inputs["numeric"] = tf.concat(numeric, axis=1)
        return inputs

    def encode(self, raw: Raw, keys: tf.Tensor | None = None) -> tuple[dict[str, tf.Tensor], Raw]:
        return {name: raw[name] for name in ("numeric", "categorical") if name in raw}, {}

    def read(self) -> dict[str, tf.TensorSpec]:
        return {
            column["name"]: tf.TensorSpec([None], column["dtype"], name=column["name"])
            for column in self.numeric_columns + self.category_columns
        }

    def check(self, split: Split, name: str) -> None:
        """Raises DataError at a column that this split lacks, has as text where train has numbers, or has too
        large a number in.
        """
        for column in self.numeric_columns + self.category_columns:
            feature = split.features.get(column["name"])
            if feature is None:
                raise DataError(source(split), f'the column "{column["name"]}" is missing, and train has it')
            if (feature.dtype == "string") != (column["dtype"] == "string"):
                kinds = ("text", "numbers") if feature.dtype == "string" else ("numbers", "text")
                raise DataError(source(split), f'the column "{column["name"]}" is {kinds[0]}, and {kinds[1]} in train')
        for column in self.numeric_columns:
            refuse_huge(split, column["name"])

    def _numbers(self, raw: Raw) -> list[tf.Tensor]:
        """The standardised columns (batch, columns) and the flags of the missing ones, float32."""
        columns = self.numeric_columns
        if not columns:
            return []
        values = tf.stack([tf.cast(raw[column["name"]], tf.float64) for column in columns], axis=1)
        known = tf.math.is_finite(values)
        values = (values - [column["mean"] for column in columns]) / [column["deviation"] for column in columns]
        parts = [tf.cast(tf.where(known, values, 0.0), tf.float32)]
        if flagged := [place for place, column in enumerate(columns) if column["missing"]]:
            parts.append(1.0 - tf.cast(tf.gather(known, flagged, axis=1), tf.float32))
        return parts

    def _places(self, raw: Raw) -> tf.Tensor:
        """The categories' numbers, (columns, batch) int32."""
        values = [raw[column["name"]] for column in self.category_columns]
        words = tf.stack([value if value.dtype == tf.string else tf.strings.as_string(value) for value in values])
        return 1 + positions(words, [column["vocabulary"] for column in self.category_columns])


def learn_columns(task: Tabular, split: Split) -> dict[str, list[dict[str, Any]]]:
    """What each column of the training split is.

    Raises DataError where none can be used, KerasappError where `ignore` names none.
    """
    names = [name for name in split.features if name != "label"]
    for name in task.ignore:
        if name not in names:
            raise KerasappError(f"task.ignore: {lacking('column', name, names)}")
    learned: dict[str, list[dict[str, Any]]] = {"numeric_columns": [], "category_columns": []}
    unused = dict.fromkeys(task.ignore, "in task.ignore")
    for name in (name for name in names if name not in task.ignore):
        feature = split.features[name]
        if feature.shape:
            raise DataError(source(split), f'"{name}" has the shape {feature.shape}, and a table has one value a row')
        words = feature.dtype == "string" or feature.names is not None
        column = _learn_category(task, name, split) if words else _learn_number(name, split)
        if isinstance(column, str):
            unused[name] = column
            logging.getLogger("kerasapp").info('column "%s" is not used: %s', name, column)
        else:
            learned["category_columns" if words else "numeric_columns"].append(column)
    if not any(learned.values()):
        raise DataError(source(split), f"no column that can be learned from{_why_not(unused)}")
    return learned


def _why_not(unused: dict[str, str]) -> str:
    """What is left out and why, as far as a line holds it."""
    told = some((f'"{name}" ({why})' for name, why in unused.items()), NAMED)
    is_text = any("distinct strings" in why for why in unused.values())
    way = ". Add columns of numbers or categories; task text_classification learns from data.text" if is_text else ""
    return f": {told}{way}" if told else ""


def _learn_number(name: str, split: Split) -> dict[str, Any] | str:
    """What the column is, or why it is not used. Raises DataError at a number beyond float32."""
    refuse_huge(split, name)
    values = np.asarray(split.column(name), np.float64)
    known = values[np.isfinite(values)]
    if not len(known):
        return "no value in train"
    deviation = 1.0 if known.min() == known.max() else float(known.std())
    rounded = np.abs(known - known.astype(np.float32)).max() > ROUNDING * deviation
    real = "float64" if rounded else "float32"
    return {
        "name": name,
        "dtype": real if split.features[name].dtype.startswith("float") else "int64",
        "mean": float(known.mean()),
        "deviation": deviation,
        "missing": len(known) < len(values),
    }


def _learn_category(task: Tabular, name: str, split: Split) -> dict[str, Any] | str:
    """What the column is, or why it is not used."""
    feature = split.features[name]
    counts = Counter(str(value) for value in split.column(name).tolist())
    counts.pop("", None)
    rows = counts.total()
    if not rows:
        return "no value in train"
    if feature.dtype == "string" and len(counts) >= MANY and 2 * len(counts) > rows:
        return f"{len(counts)} distinct strings in {rows} rows: an id or free text, not a category"
    if len(counts) > task.max_categories:
        return f"{len(counts)} distinct strings, more than max_categories ({task.max_categories})"
    common = [word for word, count in counts.items() if count >= task.min_count]
    vocabulary = sorted(common, key=lambda word: (-counts[word], natural(word)))
    return {"name": name, "dtype": "string" if feature.dtype == "string" else "int64", "vocabulary": vocabulary}
