"""Numbers read out of encoded files, and calls of their own, in TensorFlow ops."""

from collections.abc import Callable

import tensorflow as tf


def numbers_at(
    data: tf.Tensor, position: int | tf.Tensor, count: int, dtype: tf.DType = tf.uint8, little: bool = True
) -> tf.Tensor:
    """() or (batch,) string, one position or one a file -> (..., count) int32, `little` end first; 0 beyond the end."""
    size = count * dtype.size
    start = tf.minimum(position, tf.strings.length(data))
    piece = tf.strings.substr(data, start, tf.fill(tf.shape(data), size))
    return tf.cast(tf.io.decode_raw(piece, dtype, little_endian=little, fixed_length=size), tf.int32)


def apart(function: Callable) -> Callable:
    """A call of its own in a graph, not inlined: what is rare costs nothing where it isn't taken."""
    return tf.function(function, autograph=False, experimental_attributes={"_noinline": True})
