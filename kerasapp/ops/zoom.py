"""Random zoom, as keras.layers.RandomZoom."""

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
    width_factor: Fraction | None = None,
    fill_mode: Literal["constant", "nearest", "reflect", "wrap"] = "reflect",
    fill_value: Fraction = 0.0,
) -> tf.Tensor:
    """Images (batch, h, w, c) and keys (batch, 2) int32 -> images, magnified or shrunk by up to these shares.

    Without `width_factor` the proportions stay.
    """
    share = 2.0 * uniform(keys, 0, 2) - 1.0  # (batch, 2) in [-1, 1); above 0 the picture shrinks
    high = 1.0 + height_factor * share[:, 0]
    wide = high if width_factor is None else 1.0 + width_factor * share[:, 1]
    zero = tf.zeros_like(high)
    return warp(images, matrix(wide, zero, zero, zero, high, zero), fill_mode=fill_mode, fill_value=fill_value)
