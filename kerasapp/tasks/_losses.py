"""Keras's losses and ours on what our models give: raw scores (logits), against one-hot or standardised targets."""

import inspect
from typing import Any

import keras

from kerasapp import components
from kerasapp.errors import KerasappError
from kerasapp.types import Spec

RAW = ("Hinge", "SquaredHinge", "CategoricalHinge")  # defined on scores, not on probabilities
NO_CLASSIFICATION = {
    "SparseCategoricalCrossentropy": "takes class numbers, targets here are one-hot: use CategoricalCrossentropy",
    "CategoricalGeneralizedCrossEntropy": "takes class numbers, targets here are one-hot: use CategoricalCrossentropy",
    "Circle": "compares embeddings, not class scores: use CategoricalCrossentropy",
    "CTC": "compares sequences, not class scores: use CategoricalCrossentropy",
}
REGRESSION = ("MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh")  # a shift of the target changes none


@keras.saving.register_keras_serializable("kerasapp")
class OnProbabilities(keras.losses.Loss):
    """A loss that is defined on probabilities, taken of the softmax of (batch, classes) logits."""

    def __init__(self, loss: keras.losses.Loss, name: str | None = None, **keywords: Any):
        super().__init__(name=name or loss.name, **({"reduction": loss.reduction} | keywords))
        self.loss = loss

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.loss.call(y_true, keras.ops.softmax(y_pred))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"loss": keras.saving.serialize_keras_object(self.loss)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "OnProbabilities":
        return cls(**config | {"loss": keras.saving.deserialize_keras_object(config["loss"])})


def classification_loss(chosen: Spec | None, label_smoothing: float) -> keras.losses.Loss:
    """The loss of (batch, classes) logits against one-hot targets: a softmax cross-entropy, or the one chosen.

    Raises KerasappError: a loss that takes no one-hot targets, label smoothing with one that has none.
    """
    given = dict(chosen or {"name": "CategoricalCrossentropy"})
    name = given.pop("name")
    if name in NO_CLASSIFICATION:
        raise KerasappError(f"train.loss: {name} {NO_CLASSIFICATION[name]}")
    own = name in components.names("losses")
    takes = {} if own else inspect.signature(getattr(keras.losses, name)).parameters
    if label_smoothing and "label_smoothing" not in takes:
        raise KerasappError(f"train.label_smoothing: {name} has none. Set it to 0, or use CategoricalCrossentropy")
    if own:
        return components.create("losses", {"name": name, **given})
    defaults = {"from_logits": True, "label_smoothing": label_smoothing}
    given = {key: value for key, value in defaults.items() if key in takes} | given
    loss = _make(name, given)
    return loss if name in RAW or given.get("from_logits") else OnProbabilities(loss)


def regression_loss(chosen: Spec | None, label_smoothing: float) -> keras.losses.Loss:
    """The loss of (batch, 1) outputs against standardised targets: squared error, or the one chosen.

    A Huber's `delta` is in standard deviations of the target.
    Raises KerasappError: a loss for classes, or one that a shift of the target changes.
    """
    given = dict(chosen or {"name": "MeanSquaredError"})
    name = given.pop("name")
    if name not in REGRESSION:
        raise KerasappError(f"train.loss: {name} is no loss for regression. Use one of {', '.join(REGRESSION)}")
    if label_smoothing:
        raise KerasappError("train.label_smoothing: there are no classes to smooth in a regression. Set it to 0")
    return _make(name, given)


def _make(name: str, given: dict[str, Any]) -> keras.losses.Loss:
    try:
        return getattr(keras.losses, name)(**given)
    except (TypeError, ValueError) as error:
        raise KerasappError(f"train.loss: {name}: {error}") from error


def own_loss(chosen: Spec | None, label_smoothing: float) -> None:
    """Raises KerasappError for a loss that is asked for where the model computes it."""
    if chosen is not None or label_smoothing:
        asked = "train.loss" if chosen is not None else "train.label_smoothing"
        raise KerasappError(f"{asked}: the model has its own loss. Leave it out")
