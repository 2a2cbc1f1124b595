"""CutMix: a rectangle of another picture, and as much of its label (Yun et al., 2019, arXiv:1905.04899)."""

import tensorflow as tf

from kerasapp.ops._beta import beta
from kerasapp.ops._pictures import require_pictures
from kerasapp.ops._random import uniform
from kerasapp.ops._rectangle import inside
from kerasapp.types import PositiveFloat


def mix(
    images: tf.Tensor, targets: tf.Tensor, keys: tf.Tensor, *, alpha: PositiveFloat = 1.0
) -> tuple[tf.Tensor, tf.Tensor]:
    """Images (batch, h, w, c), one-hot targets (batch, classes), keys (batch, 2) int32 -> the same shapes.

    The rectangle comes of the same place in the next picture of the batch, whose order is random. It has the picture's
    proportions, a share of Beta(alpha, alpha) of its area and a random centre; what hangs over the edge is cut off, and
    labels are shared by the pixels that are left. Raises ValueError where preprocessing makes numbers of pictures.
    """
    require_pictures(images)
    drawn = uniform(keys, 0, 3)  # (batch, 3)
    side = tf.sqrt(1.0 - beta(drawn[:, 0], alpha))
    size = tf.cast(tf.shape(images)[1:3], tf.float32)
    other = inside(images, drawn[:, 1:], side * size[0], side * size[1], fits=False)
    taken = tf.reduce_mean(tf.cast(other, tf.float32), axis=[1, 2, 3])[:, tf.newaxis]
    mixed = tf.where(other, tf.roll(images, -1, axis=0), images)
    return mixed, (1.0 - taken) * targets + taken * tf.roll(targets, -1, axis=0)
