"""A number for each row of a table. The model sees a target standardised by train; people see its own units."""

from dataclasses import dataclass, field
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf

from kerasapp.errors import DataError
from kerasapp.tasks._base import Raw
from kerasapp.tasks._labels import refuse_huge, refuse_missing, source
from kerasapp.tasks._losses import regression_loss
from kerasapp.tasks._tabular import Tabular, learn_columns
from kerasapp.types import Spec, Split


@dataclass(frozen=True, kw_only=True)
class TabularRegression(Tabular):
    """Columns of numbers and categories -> the number in the column `label`. The model gives (batch, 1), unbounded."""

    FACTS = ("num_numeric", "category_sizes", "num_targets")
    METRICS = ("loss", "mean_absolute_error", "root_mean_squared_error")
    EVALUATION = "regression"

    label_mean: float = field(init=False, default=None, repr=False)
    label_deviation: float = field(init=False, default=None, repr=False)

    def adapt(self, split: Split) -> Self:
        values = label_values(split)
        deviation = 1.0 if values.min() == values.max() else float(values.std())
        return self.learned(label_mean=float(values.mean()), label_deviation=deviation, **learn_columns(self, split))

    def facts(self) -> dict[str, Any]:
        return {**self.table_facts(), "num_targets": 1}

    def targets(self, split: Split) -> np.ndarray:
        """(examples,) float64, in the label's own units. Raises DataError at a missing one."""
        return label_values(split)

    def check(self, split: Split, name: str) -> None:
        super().check(split, name)
        if "label" in split.features:
            self.targets(split)

    def target(self, raw: Raw, context: Raw) -> tf.Tensor:
        value = (tf.cast(raw["label"], tf.float64) - self.label_mean) / self.label_deviation
        return tf.cast(value, tf.float32)[:, None]

    def loss(self, chosen: Spec | None = None, label_smoothing: float = 0.0) -> keras.losses.Loss:
        return regression_loss(chosen, label_smoothing)

    def metrics(self) -> list[keras.metrics.Metric]:
        """In the label's own units."""
        return [MeanAbsoluteError(self.label_deviation), RootMeanSquaredError(self.label_deviation)]

    def decode(self, outputs: tf.Tensor, context: Raw) -> Raw:
        """`value` float32 (batch,), in the label's own units."""
        value = tf.cast(outputs[:, 0], tf.float64) * self.label_deviation + self.label_mean
        return {"value": tf.cast(value, tf.float32)}


class Scaled:
    """Before a Keras metric that grows as its target does, which is standardised: `scale` is its unit."""

    def __init__(self, scale: float, **given: Any):
        super().__init__(**given)
        self.scale = scale

    def result(self) -> Any:
        return self.scale * super().result()

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"scale": self.scale}


@keras.saving.register_keras_serializable("kerasapp")
class MeanAbsoluteError(Scaled, keras.metrics.MeanAbsoluteError):
    """In the label's own units."""


@keras.saving.register_keras_serializable("kerasapp")
class RootMeanSquaredError(Scaled, keras.metrics.RootMeanSquaredError):
    """In the label's own units."""


def label_values(split: Split) -> np.ndarray:
    """The targets of a split, float64. Raises DataError where there are none, one is text, or missing."""
    feature = split.features.get("label")
    if feature is None:
        raise DataError(source(split), "the rows have no label, and this task needs one. Set data.label")
    if feature.dtype == "string" or feature.shape:
        kind = "text" if feature.dtype == "string" else f"of shape {feature.shape}"
        way_out = "Use tabular_classification, or another label"
        raise DataError(source(split), f"the label is {kind}, and a regression needs a number. {way_out}")
    values = np.asarray(split.column("label"), np.float64)
    refuse_missing(split, ~np.isfinite(values))
    refuse_huge(split, "label")
    return values
