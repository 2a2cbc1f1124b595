"""Streams side by side: what each adds, put together."""

import numpy as np
import pytest
import tensorflow as tf

from kerasapp.ops._word_streams import FULL, STREAMS, in_streams, share

RATES, SEED = tf.constant([0.1, 0.1]), tf.constant([1, 2])


def counting(inputs, outputs, stream, rates, seed, part):
    """Adds 1 to the rows of its part of the stream, and 10 to row 0."""
    length = len(stream) // int(part[1])
    own = stream[int(part[0]) * length :][:length]
    made = tf.tensor_scatter_nd_add(inputs, own[:, None], tf.ones([length, 1]))
    return tf.tensor_scatter_nd_add(made, [[0]], [[10.0]]), outputs - 1, tf.constant(2.0), tf.constant(3.0)


def test_what_streams_add_is_summed_where_rows_are_rare_and_averaged_where_they_are_frequent():
    shares = (np.array([[1 / STREAMS], [1], [1], [1]], np.float32), np.array([[1]], np.float32))
    stream = np.array([1, 1, 2, 3])
    inputs, outputs, loss, pairs = in_streams(
        counting, shares, np.full((4, 1), 5, np.float32), np.ones((1, 1), np.float32), stream, RATES, SEED
    )
    assert inputs[:, 0].numpy().tolist() == [15, 7, 6, 6]
    assert (float(outputs[0, 0]), float(loss), float(pairs)) == (1 - STREAMS, 2 * STREAMS, 3 * STREAMS)


def test_how_much_of_the_sum_a_row_takes():
    found = share(np.array([0, 1, FULL, 2 * FULL, 1e9]))[:, 0].numpy()
    assert found[:3].tolist() == [1, 1, 1] and found[3] == pytest.approx((1 + 1 / STREAMS) / 2)
    assert found[4] == pytest.approx(1 / STREAMS, rel=1e-4)
