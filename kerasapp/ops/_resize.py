"""Resizing, in TensorFlow ops.

Bilinear; where a picture gets smaller than half, the mean of the area that each result covers. Until then every pixel
counts without it: at exactly half, bilinear is the mean of 2 x 2. Pillow's antialiased BILINEAR takes 3 times as long.
"""

import tensorflow as tf


def resize_images(images: tf.Tensor, size: tuple[int, int] | tf.Tensor) -> tf.Tensor:
    """([batch,] height, width, channels) uint8 or float -> the same of size (height, width), as it is where that fits.

    uint8 is rounded; float comes back as float32.
    """
    now = tf.shape(images)[-3:-1]

    def by_area() -> tf.Tensor:
        return tf.image.resize(images, tf.minimum(now, size), method="area")

    small = tf.reduce_any(now > 2 * tf.convert_to_tensor(size))
    result = tf.cond(small, lambda: tf.image.resize(by_area(), size), lambda: tf.image.resize(images, size))
    return rounded(result) if images.dtype == tf.uint8 else result


def place_images(images: tf.Tensor, size: tuple[int, int], mode: str) -> tf.Tensor:
    """As `resize_images`, or, with the proportions kept: "fit" the whole picture, black beside it; "fill" the middle of
    one that covers the size; "crop" the middle at its own size, black around a smaller one.
    """
    if mode == "stretch":
        return resize_images(images, size)
    if mode != "crop":
        now = tf.cast(tf.shape(images)[-3:-1], tf.float32)
        ratio = (tf.reduce_min if mode == "fit" else tf.reduce_max)(tf.constant(size, tf.float32) / now)
        images = resize_images(images, tf.maximum(tf.cast(tf.round(ratio * now), tf.int32), 1))
    return tf.image.resize_with_crop_or_pad(images, *size)


def rounded(pixels: tf.Tensor) -> tf.Tensor:
    """float32 in [0, 255] -> the nearest uint8."""
    return tf.cast(pixels + 0.5, tf.uint8)
