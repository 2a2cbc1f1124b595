"""Random shifts, as keras.layers.RandomTranslation."""

from typing import Literal

import tensorflow as tf

from kerasapp.ops._affine import matrix, warp
from kerasapp.ops._random import uniform
from kerasapp.types import Fraction


def augment(
    images: tf.Tensor,
    keys: tf.Tensor,
    *,
    height_factor: Fraction = 0.1,
    width_factor: Fraction = 0.1,
    fill_mode: Literal["constant", "nearest", "reflect", "wrap"] = "reflect",
    fill_value: Fraction = 0.0,
) -> tf.Tensor:
    """Images (batch, h, w, c) and keys (batch, 2) int32 -> images, moved by up to these shares of height and width."""
    share = 2.0 * uniform(keys, 0, 2) - 1.0  # (batch, 2) in [-1, 1)
    size = tf.cast(tf.shape(images)[1:3], tf.float32)
    down, right = share[:, 0] * height_factor * size[0], share[:, 1] * width_factor * size[1]
    one, zero = tf.ones_like(down), tf.zeros_like(down)
    return warp(images, matrix(one, zero, -right, zero, one, -down), fill_mode=fill_mode, fill_value=fill_value)
