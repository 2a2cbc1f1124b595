"""GloVe's inner loop as blocks of counted pairs, compiled by XLA.

All pairs of a block see the values of before it. Gradients are the closed form of equation 8 of Pennington et al., 2014
(https://nlp.stanford.edu/pubs/glove.pdf), in the step of the authors' glove.c: the squares that it is divided by are
those of before, and of the block's other pairs of the same word. So a word that a block meets often takes small steps,
and a block of one pair is what the native kernel does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

CLIP = 100.0  # a gradient's bound, as in the authors' program since 1.1
MOST = 4096  # pairs of a block
SPARSE = 8  # words to a pair of a block, at least


@dataclass(frozen=True)
class Blocks:
    """What a step needs to know; `size` pairs are a block."""

    size: int
    x_max: float
    alpha: float

    def learn(
        self, tables: Sequence[tf.Tensor], pairs: tf.Tensor, counts: tf.Tensor, rates: tf.Tensor
    ) -> tuple[list[tf.Tensor], tf.Tensor, tf.Tensor]:
        """Goes through counted pairs once: the changed tables, summed loss, number of pairs.

        `tables`, float32: the vectors of words and of words as context (words, dimensions), the biases of both
        (words, 1), and the squares that each of these has gathered. `pairs` (length, 2) int32, `counts` (length,)
        float32, 0 of none, which costs nothing at the end. `rates` (2,): the learning rate falls from the first to the
        second.
        """
        length = tf.size(counts)
        pairs = tf.pad(pairs, [[0, self.size], [0, 0]])
        counts = tf.pad(counts, [[0, self.size]])
        last = tf.reduce_max(tf.where(counts > 0, tf.range(length + self.size) + 1, 0))
        steps = (last + self.size - 1) // self.size

        def step(number: tf.Tensor, tables: list[tf.Tensor], loss: tf.Tensor) -> tuple:
            begin = number * self.size
            rate = rates[0] + (rates[1] - rates[0]) * tf.cast(begin, tf.float32) / tf.cast(length, tf.float32)
            chosen = tf.slice(pairs, [begin, 0], [self.size, 2])
            tables, more = self._step(tables, chosen, tf.slice(counts, [begin], [self.size]), rate)
            return number + 1, tables, loss + more

        _, tables, loss = tf.while_loop(lambda number, *_: number < steps, step, [0, list(tables), tf.zeros(())])
        return tables, loss, tf.reduce_sum(tf.cast(counts > 0, tf.float32))

    def _step(self, tables: list[tf.Tensor], pairs: tf.Tensor, counts: tf.Tensor, rate: tf.Tensor) -> tuple:
        places = [pairs[:, 0], pairs[:, 1]] * 2
        word, context, word_bias, context_bias = map(tf.gather, tables[:4], places)  # (size, dimensions), (size, 1)
        there = counts[:, None] > 0
        log = tf.math.log(tf.where(there, counts[:, None], 1.0))
        error = tf.reduce_sum(word * context, 1, keepdims=True) + word_bias + context_bias - log
        pull = tf.where(there, error * tf.minimum(counts[:, None] / self.x_max, 1.0) ** self.alpha, 0.0)
        made = []
        gradients = pull * context, pull * word, pull, pull
        for table, squares, rows, gradient in zip(tables[:4], tables[4:], places, gradients, strict=True):
            made.append(_moved(table, squares, rows, rate * tf.clip_by_value(gradient, -CLIP, CLIP)))
        return [table for table, _ in made] + [squares for _, squares in made], tf.reduce_sum(0.5 * pull * error)


def blocks_of(words: int, *, x_max: float, alpha: float) -> Blocks:
    """Blocks for a vocabulary: the fewer words there are, the fewer pairs a block has, so that a word is seldom met
    twice in one.
    """
    return Blocks(int(2 ** np.floor(np.log2(np.clip(words / SPARSE, 1, MOST)))), x_max, alpha)


def _moved(table: tf.Tensor, squares: tf.Tensor, rows: tf.Tensor, steps: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    squares = tf.tensor_scatter_nd_add(squares, rows[:, None], steps * steps)
    others = tf.gather(squares, rows) - steps * steps
    return tf.tensor_scatter_nd_add(table, rows[:, None], -steps * tf.math.rsqrt(others)), squares
