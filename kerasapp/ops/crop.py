"""Random crops, magnified to the picture's own size (Szegedy et al., 2014, arXiv:1409.4842, section 6)."""

import tensorflow as tf

from kerasapp.ops._affine import matrix, warp
from kerasapp.ops._random import uniform
from kerasapp.types import Fraction, PositiveFloat


def augment(
    images: tf.Tensor,
    keys: tf.Tensor,
    *,
    area: tuple[Fraction, Fraction] = (0.5, 1.0),
    ratio: tuple[PositiveFloat, PositiveFloat] = (0.75, 1.3333),
) -> tf.Tensor:
    """Images (batch, h, w, c) and keys (batch, 2) int32 -> images, a part of each at its whole size.

    area: the part's least and largest share of the picture; the paper has .08 to 1, for a million photographs. ratio:
    its width over its height, in terms of the picture's, evenly in the logarithm. A side stops at the picture's.
    """
    drawn = uniform(keys, 0, 4)  # (batch, 4)
    share = area[0] + (area[1] - area[0]) * drawn[:, 0]
    low, high = tf.math.log(ratio[0]), tf.math.log(ratio[1])
    stretch = tf.exp(low + (high - low) * drawn[:, 1])
    wide, high = tf.minimum(tf.sqrt(share * stretch), 1.0), tf.minimum(tf.sqrt(share / stretch), 1.0)
    size = tf.cast(tf.shape(images)[1:3], tf.float32)
    right = (1.0 - wide) * size[1] * (drawn[:, 2] - 0.5)
    down = (1.0 - high) * size[0] * (drawn[:, 3] - 0.5)
    zero = tf.zeros_like(wide)
    return warp(images, matrix(wide, zero, right, zero, high, down))
