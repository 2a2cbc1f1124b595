"""Numbers read out of encoded files, and calls of their own, in TensorFlow ops."""

import functools
from collections.abc import Callable
from typing import Any

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
    """A call of its own in a graph, not inlined: what is rare costs nothing where it isn't taken.

    Traced anew in each graph: a trace that is shared could be one for any batch size, whose results have no shape.
    """

    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        if tf.executing_eagerly():
            return function(*arguments)
        return tf.function(function, autograph=False, experimental_attributes={"_noinline": True})(*arguments)

    return call
