"""Smoothing by the mean of a square, as OpenCV's blur: mirrored at the edges."""

import tensorflow as tf

from kerasapp.ops._pictures import filtered, require_odd, require_pictures
from kerasapp.types import PositiveInt


def apply(images: tf.Tensor, *, size: PositiveInt = 3) -> tf.Tensor:
    """Images (batch, h, w, c) -> each pixel the mean of `size` x `size`. Raises ValueError where size does not fit."""
    require_pictures(images)
    require_odd(size)
    return filtered(images, [1 / size] * size, [1 / size] * size)
