"""Grey levels of a batch: how often each occurs, and pictures with other levels in their place."""

import tensorflow as tf

LEVELS = 256


def levels(images: tf.Tensor) -> tf.Tensor:
    """Values in [0, 1], cut to it, -> the nearest of 0 ... 255, int32."""
    return tf.cast(tf.round(255.0 * tf.clip_by_value(images, 0.0, 1.0)), tf.int32)


def counts(values: tf.Tensor) -> tf.Tensor:
    """(rows, n) int32 levels -> (rows, 256) int32, how often each occurs in its row."""
    return tf.math.bincount(values, minlength=LEVELS, maxlength=LEVELS, axis=-1)


def equalized(images: tf.Tensor) -> tf.Tensor:
    """(batch, h, w, 1) in [0, 1] -> the same with a flat histogram, as OpenCV's equalizeHist; a flat picture stays."""
    values = levels(images)
    rows = tf.reshape(values, [tf.shape(values)[0], -1])
    below = tf.cumsum(counts(rows), axis=1)  # (batch, 256)
    total = below[:, -1:]
    first = tf.reduce_min(tf.where(below > 0, below, total), axis=1, keepdims=True)
    share = tf.cast(below - first, tf.float32) / tf.cast(tf.maximum(total - first, 1), tf.float32)
    table = tf.where(total > first, tf.round(255.0 * share), tf.range(LEVELS, dtype=tf.float32))
    return tf.reshape(tf.gather(table, rows, batch_dims=1), tf.shape(images)) / 255.0
