"""Random flips, as keras.layers.RandomFlip: each with probability one half."""

from typing import Literal

import tensorflow as tf

from kerasapp.ops._random import uniform


def augment(
    images: tf.Tensor,
    keys: tf.Tensor,
    *,
    mode: Literal["horizontal", "vertical", "horizontal_and_vertical"] = "horizontal",
) -> tf.Tensor:
    """Images (batch, h, w, c) and keys (batch, 2) int32 -> images, mirrored or not."""
    drawn = uniform(keys, 0, 2) < 0.5  # (batch, 2)
    if "horizontal" in mode:
        images = tf.where(drawn[:, 0, None, None, None], images[:, :, ::-1], images)
    if "vertical" in mode:
        images = tf.where(drawn[:, 1, None, None, None], images[:, ::-1], images)
    return images
