"""Resizing, in TensorFlow ops.

Bilinear, and antialiased (as Pillow's BILINEAR) where the picture gets smaller than half: until then every pixel still
counts without it, at exactly half each result is the mean of 2 x 2; and it costs 7 times as much.
"""

import tensorflow as tf


def resize_images(images: tf.Tensor, size: tuple[int, int] | tf.Tensor) -> tf.Tensor:
    """([batch,] height, width, channels) uint8 or float -> the same of size (height, width), as it is where that fits.

    uint8 is rounded; float comes back as float32. Bilinear interpolation never leaves the range of its pixels.
    """
    now = tf.shape(images)[-3:-1]
    small = tf.reduce_any(now > 2 * tf.convert_to_tensor(size))
    return tf.cond(small, lambda: bilinear(images, size, antialias=True), lambda: bilinear(images, size))


def bilinear(images: tf.Tensor, size: tuple[int, int] | tf.Tensor, antialias: bool = False) -> tf.Tensor:
    """As `resize_images`."""
    result = tf.image.resize(images, size, antialias=antialias)
    return tf.cast(result + 0.5, tf.uint8) if images.dtype == tf.uint8 else result
