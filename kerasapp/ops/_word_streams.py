"""Streams of words that are learned from side by side, each on a processor of its own with tables of its own.

All begin with the tables as they are, and what each adds to them is summed up afterwards: of a row that few words of a
stretch teach that is what one stream would have made of it, but for the order. A row that is taught often comes to rest
within a stretch, in each stream by itself, and the sum would carry it past that place: such a row moves by the mean.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from kerasapp.ops._room import Room

STREAMS = 2
FULL = 512.0  # updates of a row within a stream up to which the sum is taken


class Apart(NamedTuple):
    """Of threads with tables of their own, which lie in `room`: how much of the sum of what they added each row takes,
    (rows,) float32 for each table.
    """

    shares: Sequence[np.ndarray]
    room: Room


def in_streams(
    learn: Callable[..., tuple],
    shares: Any,
    inputs: Any,
    outputs: tf.Tensor,
    stream: tf.Tensor,
    rates: tf.Tensor,
    seed: tf.Tensor,
) -> tuple:
    """What `learn`, which is `Blocks.learn`, gives, from as many calls of it as there are streams.

    `shares`, in the form of (inputs, outputs), say how much of the sum of what the streams added each row takes.
    """
    before = tf.nest.map_structure(tf.convert_to_tensor, (inputs, outputs))
    made = [learn(*before, stream, rates, seed, tf.constant([part, STREAMS])) for part in range(STREAMS)]
    after = tf.nest.map_structure(_summed, shares, before, *((one[0], one[1]) for one in made))
    return (*after, tf.add_n([one[2] for one in made]), tf.add_n([one[3] for one in made]))


def share(updates: tf.Tensor) -> tf.Tensor:
    """(rows,) updates of each row within a stream -> (rows, 1) float32: 1 of few, and 1 / STREAMS of very many."""
    full = tf.minimum(1.0, FULL / tf.maximum(tf.cast(updates, tf.float32), 1.0))
    return (1 / STREAMS + (1 - 1 / STREAMS) * full)[:, None]


def _summed(share: tf.Tensor, before: tf.Tensor, *after: tf.Tensor) -> tf.Tensor:
    return before + share * tf.add_n([one - before for one in after])
