"""Random erasing (Zhong et al., 2017, arXiv:1708.04896).

Left out: the paper's random value for each pixel, and drawing again where a rectangle does not fit: it is cut instead.
"""

import tensorflow as tf

from kerasapp.ops._random import uniform
from kerasapp.ops._rectangle import inside
from kerasapp.types import Fraction, PositiveFloat


def augment(
    images: tf.Tensor,
    keys: tf.Tensor,
    *,
    probability: Fraction = 0.5,
    area: tuple[Fraction, Fraction] = (0.02, 0.33),
    ratio: tuple[PositiveFloat, PositiveFloat] = (0.3, 3.3333),
    fill_value: Fraction | None = None,
) -> tf.Tensor:
    """Images (batch, h, w, c) in [0, 1] and keys (batch, 2) int32 -> images, some with a rectangle of one colour.

    area: the rectangle's least and largest share of the picture. ratio: its width over its height, evenly in the
    logarithm. fill_value: of every channel; None: a random colour.
    """
    drawn = uniform(keys, 0, 5)  # (batch, 5)
    low, high = tf.math.log(ratio[0]), tf.math.log(ratio[1])
    share = area[0] + (area[1] - area[0]) * drawn[:, 0]
    stretch = tf.exp(low + (high - low) * drawn[:, 1])
    size = tf.cast(tf.shape(images)[1:3], tf.float32)
    pixels = share * size[0] * size[1]
    erased = inside(images, drawn[:, 2:4], tf.sqrt(pixels / stretch), tf.sqrt(pixels * stretch), fits=True)
    erased = erased & (drawn[:, 4] < probability)[:, tf.newaxis, tf.newaxis, tf.newaxis]
    if fill_value is None:
        colour = uniform(keys, 1, images.shape[3])[:, tf.newaxis, tf.newaxis]  # (batch, 1, 1, c)
    else:
        colour = tf.constant(fill_value, images.dtype)
    return tf.where(erased, colour, images)
