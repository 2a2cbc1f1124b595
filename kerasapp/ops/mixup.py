"""Mixup: straight lines between examples, and between their labels (Zhang et al., 2017, arXiv:1710.09412)."""

import tensorflow as tf

from kerasapp.ops._beta import beta
from kerasapp.ops._random import uniform
from kerasapp.types import PositiveFloat


def mix(
    images: tf.Tensor, targets: tf.Tensor, keys: tf.Tensor, *, alpha: PositiveFloat = 0.2
) -> tuple[tf.Tensor, tf.Tensor]:
    """Inputs (batch, ...), one-hot targets (batch, classes), keys (batch, 2) int32 -> the same shapes.

    Each example with the next of its batch, whose order is random, by a share of Beta(alpha, alpha): the larger alpha,
    the nearer to a half. The paper draws one share a batch, here each example has its own.
    """
    share = beta(uniform(keys, 0, 1)[:, 0], alpha)  # (batch,)

    def between(values: tf.Tensor) -> tf.Tensor:
        own = tf.reshape(share, [-1] + [1] * (values.shape.rank - 1))
        return own * values + (1.0 - own) * tf.roll(values, -1, axis=0)

    return between(images), between(targets)
