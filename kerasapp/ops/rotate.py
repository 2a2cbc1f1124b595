"""Random rotations, as keras.layers.RandomRotation."""

import math
from typing import Literal

import tensorflow as tf

from kerasapp.ops._affine import matrix, warp
from kerasapp.ops._random import uniform
from kerasapp.types import Fraction


def augment(
    images: tf.Tensor,
    keys: tf.Tensor,
    *,
    factor: Fraction = 0.05,
    fill_mode: Literal["constant", "nearest", "reflect", "wrap"] = "reflect",
    fill_value: Fraction = 0.0,
) -> tf.Tensor:
    """Images (batch, h, w, c) and keys (batch, 2) int32 -> images, turned about their centre.

    By up to `factor` full turns either way: 0.05 is 18 degrees.
    """
    angle = 2.0 * math.pi * factor * (2.0 * uniform(keys, 0, 1)[:, 0] - 1.0)
    cosine, sine, zero = tf.cos(angle), tf.sin(angle), tf.zeros_like(angle)
    return warp(images, matrix(cosine, -sine, zero, sine, cosine, zero), fill_mode=fill_mode, fill_value=fill_value)
