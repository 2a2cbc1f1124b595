"""A rectangle of each picture of a batch."""

import tensorflow as tf


def inside(images: tf.Tensor, place: tf.Tensor, height: tf.Tensor, width: tf.Tensor, *, fits: bool) -> tf.Tensor:
    """(batch, h, w, 1) bool: the pixels within a rectangle of (batch,) `height` and `width` pixels, rounded.

    `place` (batch, 2) in [0, 1) is where it lies, down and across: of those that fit wholly into the picture, or of all
    whose centre does, and what hangs over is cut off.
    """
    masks = []
    for axis, length in enumerate((height, width)):
        side = tf.shape(images)[1 + axis]
        whole = tf.cast(side, tf.float32)
        length = tf.round(tf.minimum(length, whole))
        free = place[:, axis] * (whole - length + 1.0) if fits else place[:, axis] * whole - length / 2.0 + 0.5
        first = tf.floor(free)[:, tf.newaxis]
        pixel = tf.range(side, dtype=tf.int32)[tf.newaxis]
        pixel = tf.cast(pixel, tf.float32)
        masks.append((pixel >= first) & (pixel < first + length[:, tf.newaxis]))  # (batch, side)
    return (masks[0][:, :, tf.newaxis] & masks[1][:, tf.newaxis])[..., tf.newaxis]
