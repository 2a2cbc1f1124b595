"""What the tasks that tell classes apart share: one-hot targets, loss, streamed metrics, decoding, class weights."""

from dataclasses import dataclass, field
from typing import Literal

import keras
import numpy as np
import tensorflow as tf

from kerasapp.errors import KerasappError
from kerasapp.names import lacking
from kerasapp.tasks._base import Raw, Task
from kerasapp.tasks._labels import label_numbers
from kerasapp.tasks._losses import classification_loss
from kerasapp.tasks._vocabulary import numbered
from kerasapp.types import Spec, Split


@dataclass(frozen=True, kw_only=True)
class Classification(Task):
    """A label for each example. The model gives logits, targets are one-hot: both float32 (batch, classes)."""

    METRICS = ("loss", "accuracy", "top_5_accuracy")
    EVALUATION = "classification"

    head: Literal["softmax", "svm", "squared_svm"] = "softmax"
    """What the scores are trained as: log-probabilities, or by the margins of a support vector machine
    (losses/multiclass_hinge.py; Tang, 2013, arXiv:1306.0239, squares them). Set only where `train.loss` is not.
    """

    labels: list[str] = field(init=False, default=None, repr=False)
    """The classes' names, in the order of the logits."""
    label_values: list[int] | None = field(init=False, default=None, repr=False)
    """The source's own number of each class, rising; None where its labels are strings."""
    counts: list[int] = field(init=False, default=None, repr=False)
    """Training examples of each class."""

    def targets(self, split: Split) -> np.ndarray:
        """(examples,) int64, the class of each. Raises DataError at a label that is missing or that train never saw."""
        return label_numbers(split, self.labels, self.label_values)

    def check(self, split: Split, name: str) -> None:
        if "label" in split.features:
            self.targets(split)

    def numbered(self, raw: Raw) -> Raw:
        """`label`, where there is one: (batch,) int64, the class's number, -1 where train never saw it."""
        if "label" not in raw:
            return {}
        return {"label": numbered(raw["label"], self.labels, self.label_values)}

    def target(self, raw: Raw, context: Raw) -> tf.Tensor:
        return tf.one_hot(raw["label"], len(self.labels))

    def loss(self, chosen: Spec | None = None, label_smoothing: float = 0.0) -> keras.losses.Loss:
        if self.head == "softmax":
            return classification_loss(chosen, label_smoothing)
        if chosen is not None:
            raise KerasappError(f"train.loss: task.head: {self.head} has a loss of its own. Leave one of them out")
        return classification_loss({"name": "multiclass_hinge", "squared": self.head == "squared_svm"}, label_smoothing)

    def metrics(self) -> list[keras.metrics.Metric]:
        """Accuracy; with more than five classes also how often the right one is among the first five."""
        metrics = [keras.metrics.CategoricalAccuracy(name="accuracy")]
        if len(self.labels) > 5:
            metrics.append(keras.metrics.TopKCategoricalAccuracy(k=5, name="top_5_accuracy"))
        return metrics

    def class_weight(self, chosen: Literal["balanced"] | dict[str, float] | None) -> dict[int, float] | None:
        """The recipe's `class_weight` as Keras's `fit` takes it; it reads the class off a one-hot target.

        "balanced" gives examples / (classes * examples of the class); of a mapping by name, a class not named has 1.
        Raises KerasappError at a name that is no class.
        """
        if chosen is None:
            return None
        if chosen == "balanced":
            return {place: sum(self.counts) / (len(self.counts) * count) for place, count in enumerate(self.counts)}
        for name in chosen:
            if name not in self.labels:
                raise KerasappError(f"train.class_weight: {lacking('class', name, self.labels)}")
        return {place: float(chosen.get(label, 1.0)) for place, label in enumerate(self.labels)}

    def decode(self, outputs: tf.Tensor, context: Raw) -> Raw:
        """`label` string (batch,); `probabilities` float32 and `classes` string, both (batch, classes)."""
        probabilities = tf.nn.softmax(tf.cast(outputs, tf.float32))
        names = tf.constant(self.labels)
        return {
            "label": tf.gather(names, tf.argmax(probabilities, axis=-1)),
            "probabilities": probabilities,
            "classes": tf.tile(names[None], [tf.shape(probabilities)[0], 1]),
        }
