"""Random brightness, contrast, saturation and hue, as torchvision's ColorJitter, in this order."""

import tensorflow as tf

from kerasapp.ops._blend import blend, mean_grey
from kerasapp.ops._pictures import luminance
from kerasapp.ops._random import uniform
from kerasapp.types import Fraction


def augment(
    images: tf.Tensor,
    keys: tf.Tensor,
    *,
    brightness: Fraction = 0.2,
    contrast: Fraction = 0.2,
    saturation: Fraction = 0.2,
    hue: Fraction = 0.02,
) -> tf.Tensor:
    """Images (batch, h, w, 1 or 3) in [0, 1] and keys (batch, 2) int32 -> images in [0, 1].

    brightness, contrast, saturation: times up to so much more or less, away from black, from the mean grey, from grey.
    hue: turned by up to so much of a whole turn either way. Of grey pictures only the first two change.
    """
    drawn = 2.0 * uniform(keys, 0, 4)[..., tf.newaxis, tf.newaxis, tf.newaxis] - 1.0  # (batch, 4, 1, 1, 1)
    images = blend(images, tf.zeros_like(images), 1.0 + brightness * drawn[:, 0])
    images = blend(images, mean_grey(images), 1.0 + contrast * drawn[:, 1])
    if images.shape[3] == 1:
        return images
    images = blend(images, luminance(images), 1.0 + saturation * drawn[:, 2])
    turned = tf.image.rgb_to_hsv(images)
    turned = tf.concat([(turned[..., :1] + hue * drawn[:, 3]) % 1.0, turned[..., 1:]], axis=-1)
    return tf.image.hsv_to_rgb(turned) if hue else images
