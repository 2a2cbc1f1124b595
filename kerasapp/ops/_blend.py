"""Pictures between what they are and something plainer, or beyond (Haeberli and Voorhies, 1994)."""

import tensorflow as tf

from kerasapp.ops._pictures import luminance


def mean_grey(images: tf.Tensor) -> tf.Tensor:
    """(batch, h, w, c) -> (batch, 1, 1, 1), the mean luminance of each."""
    return tf.reduce_mean(luminance(images), axis=[1, 2, 3], keepdims=True)


def blend(images: tf.Tensor, other: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    """`factor` 0 gives `other`, 1 the images, more what lies beyond; cut to [0, 1]."""
    return tf.clip_by_value(other + factor * (images - other), 0.0, 1.0)
