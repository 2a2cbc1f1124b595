"""The hinge loss of a multiclass support vector machine (Weston and Watkins, 1999), on raw scores.

The sum over all other classes j of max(0, s_j - s_y + 1), or of its square (Tang, 2013, arXiv:1306.0239, squares it for
networks). That of the worst other class alone (Crammer and Singer, 2001) is Keras's CategoricalHinge. A support vector
machine also keeps its weights small: `kernel_regularizer: {name: L2}`.
"""

from typing import Any

import keras

from kerasapp.types import PositiveFloat


def loss(*, squared: bool = False, margin: PositiveFloat = 1.0) -> keras.losses.Loss:
    """Of one-hot targets and scores, both (batch, classes)."""
    return MulticlassHinge(squared=squared, margin=margin)


@keras.saving.register_keras_serializable("kerasapp")
class MulticlassHinge(keras.losses.Loss):
    """Targets that are mixed of classes weigh the score to be beaten, and each other class by what it is not."""

    def __init__(self, squared: bool = False, margin: float = 1.0, name: str = "multiclass_hinge", **keywords: Any):
        super().__init__(name=name, **keywords)
        self.squared, self.margin = squared, margin

    def call(self, y_true: Any, y_pred: Any) -> Any:
        y_true = keras.ops.cast(y_true, y_pred.dtype)
        right = keras.ops.sum(y_true * y_pred, axis=-1, keepdims=True)
        short = keras.ops.relu(y_pred - right + self.margin)
        return keras.ops.sum((1 - y_true) * (short**2 if self.squared else short), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"squared": self.squared, "margin": self.margin}
