"""What word vectors are trained by, in blocks, with gradients in closed form.

A loss is asked with input vectors `x` (blocks, n, dimensions), the words that they are to predict and a mask of which
predicts which. It gives the changed output table, what is to be added to `x`, and the summed loss. `learn` is the
update by plain gradient descent of one step; each row of the outputs is multiplied by its `damping`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from kerasapp.ops._huffman import NO_NODE, tree
from kerasapp.ops._negatives import alias_table, noise

SHARED = 16  # negatives of a block
SCORES = 2**24  # of full softmax, held at a time: 64 MiB


class Predicted(NamedTuple):
    """The words that a step predicts: (words,) places in the vocabulary; `spread` lays (words, ...) out in blocks,
    (blocks, m, ...), and `summed` adds (blocks, m, dimensions) up by word again.

    With `own` each `x` predicts the one word at its own place, and masks and scores are (blocks, n, 1); else every one
    in its block, (blocks, n, m).
    """

    words: tf.Tensor
    spread: Callable
    summed: Callable
    own: bool

    def scores(self, x: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        """Products of `x` with the rows (blocks, m, dimensions) of what is predicted."""
        return tf.reduce_sum(x * rows, 2, keepdims=True) if self.own else tf.matmul(x, rows, transpose_b=True)

    def to_x(self, steps: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        """What scores of these steps add to `x`."""
        return steps * rows if self.own else tf.matmul(steps, rows)

    def to_rows(self, steps: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
        """What they add to the rows."""
        return steps * x if self.own else tf.matmul(steps, x, transpose_a=True)


class Step(NamedTuple):
    """What came of one: the output table, what is to be added to the inputs, the summed loss."""

    outputs: tf.Tensor
    change: tf.Tensor
    loss: tf.Tensor


@dataclass(frozen=True)
class NegativeSampling:
    """Each pair against words drawn by chance (Mikolov et al., 2013, arXiv:1310.4546, equation 4).

    The negatives of a block are drawn once for all its words, and weighed so that each pair has as many as asked for.
    """

    counts: Sequence[int]
    negatives: int

    @cached_property
    def noise(self) -> tuple[np.ndarray, np.ndarray]:
        """An alias table, (words,) each."""
        return alias_table(noise(self.counts))

    def met(self, shares: np.ndarray) -> tuple[float, np.ndarray]:
        """How many updates a pair gives an input row, and each output row (rows,), as is to be expected where words are
        met by `shares` (words,).
        """
        return 1 + self.negatives, shares + self.negatives * noise(self.counts)

    def most(self, width: int) -> float:
        """How many blocks of `width` words memory allows."""
        return np.inf

    def learn(self, outputs: tf.Tensor, x: tf.Tensor, predicted: Predicted, mask: tf.Tensor, rate: tf.Tensor,
              seed: tf.Tensor, damping: np.ndarray) -> Step:  # fmt: skip
        rows, drawn = predicted.spread(tf.gather(outputs, predicted.words)), self._draw(x.shape[0], seed)
        away = tf.gather(outputs, drawn)
        logits = predicted.scores(x, rows)
        noisy = tf.matmul(x, away, transpose_b=True)  # (blocks, n, SHARED)
        weight = tf.reduce_sum(mask, 2, keepdims=True) * (self.negatives / SHARED)
        loss = tf.reduce_sum(mask * tf.math.softplus(-logits)) + tf.reduce_sum(weight * tf.math.softplus(noisy))
        pull = rate * mask * (1 - tf.sigmoid(logits))
        push = -rate * weight * tf.sigmoid(noisy)
        change = predicted.to_x(pull, rows) + tf.matmul(push, away)
        pulled = predicted.summed(predicted.to_rows(pull, x))
        pushed = tf.reshape(tf.matmul(push, x, transpose_a=True), [-1, x.shape[2]])
        # one scatter: XLA copies a table that two of them change
        places = tf.concat([predicted.words, tf.cast(tf.reshape(drawn, [-1]), predicted.words.dtype)], 0)
        return Step(added(outputs, places, tf.concat([pulled, pushed], 0), damping), change, loss)

    def _draw(self, blocks: int, seed: tf.Tensor) -> tf.Tensor:
        """(blocks, SHARED) int32 words by the alias table."""
        chances, others = self.noise
        even = tf.random.stateless_uniform([blocks, SHARED], seed, 0, len(chances), tf.int32)
        taken = tf.random.stateless_uniform([blocks, SHARED], seed + 1) < tf.gather(chances, even)
        return tf.where(taken, even, tf.gather(others, even))


@dataclass(frozen=True)
class HierarchicalSoftmax:
    """A word is the way to it in a binary tree, each turn a logistic regression (arXiv:1310.4546, equation 3)."""

    counts: Sequence[int]

    @cached_property
    def tree(self) -> tuple[np.ndarray, np.ndarray]:
        """Nodes above each word and which way it lies, (words, depth) each."""
        return tree(self.counts)

    def met(self, shares: np.ndarray) -> tuple[float, np.ndarray]:
        """As of NegativeSampling; the output rows are the tree's inner nodes."""
        nodes = self.tree[0]
        there = nodes != NO_NODE
        return float(shares @ there.sum(1)), np.bincount(nodes[there], np.repeat(shares, there.sum(1)))

    def most(self, width: int) -> float:
        return np.inf

    def learn(self, outputs: tf.Tensor, x: tf.Tensor, predicted: Predicted, mask: tf.Tensor, rate: tf.Tensor,
              seed: tf.Tensor, damping: np.ndarray) -> Step:  # fmt: skip
        nodes, ways = (tf.gather(part, predicted.words) for part in self.tree)  # (words, depth)
        above = tf.maximum(nodes, 0)
        rows = predicted.spread(tf.gather(outputs, above))  # (blocks, m, depth, dimensions)
        there = predicted.spread(tf.cast(nodes != NO_NODE, tf.float32))  # (blocks, m, depth)
        signs = predicted.spread(1 - 2 * ways)  # 1 where a word lies the way that is 0
        if predicted.own:
            there, row, score = mask * there, "bnkd", "bnk"
        else:
            there, signs, row, score = mask[..., None] * there[:, None], signs[:, None], "bmkd", "bnmk"
        logits = tf.einsum(f"bnd,{row}->{score}", x, rows) * signs
        pull = rate * there * signs * (1 - tf.sigmoid(logits))
        change = tf.einsum(f"{score},{row}->bnd", pull, rows)
        pulled = tf.einsum(f"{score},bnd->{row}", pull, x)
        flat = tf.reshape(predicted.spread(above), [-1])
        outputs = added(outputs, flat, pulled, damping)
        return Step(outputs, change, tf.reduce_sum(there * tf.math.softplus(-logits)))


@dataclass(frozen=True)
class FullSoftmax:
    """A score for every word of the vocabulary at every place (arXiv:1310.4546, equation 2): for small vocabularies."""

    counts: Sequence[int]

    def met(self, shares: np.ndarray) -> tuple[float, np.ndarray]:
        """As of NegativeSampling: once as what is predicted, once by all others."""
        return 2, 2 * shares

    def most(self, width: int) -> float:
        return SCORES / (width * len(self.counts))

    def learn(self, outputs: tf.Tensor, x: tf.Tensor, predicted: Predicted, mask: tf.Tensor, rate: tf.Tensor,
              seed: tf.Tensor, damping: np.ndarray) -> Step:  # fmt: skip
        rows, dimensions = predicted.spread(tf.gather(outputs, predicted.words)), x.shape[2]
        flat, weight = tf.reshape(x, [-1, dimensions]), tf.reshape(tf.reduce_sum(mask, 2), [-1, 1])
        logits = tf.matmul(flat, outputs, transpose_b=True)  # (blocks n, words)
        right = tf.reduce_sum(mask * predicted.scores(x, rows))
        loss = tf.reduce_sum(weight[:, 0] * tf.reduce_logsumexp(logits, 1)) - right
        push = -rate * weight * tf.nn.softmax(logits)
        change = rate * predicted.to_x(mask, rows) + tf.reshape(tf.matmul(push, outputs), x.shape)
        pushed = damping[:, None] * tf.matmul(push, flat, transpose_a=True)
        pulled = rate * predicted.summed(predicted.to_rows(mask, x))
        return Step(added(outputs, predicted.words, pulled, damping) + pushed, change, loss)


Loss = NegativeSampling | HierarchicalSoftmax | FullSoftmax


def loss_of(name: str, counts: Sequence[int], negatives: int) -> Loss:
    """A loss by the recipe's name for it."""
    if name == "negative_sampling":
        return NegativeSampling(counts, negatives)
    return HierarchicalSoftmax(counts) if name == "hierarchical_softmax" else FullSoftmax(counts)


def added(table: tf.Tensor, places: tf.Tensor, values: tf.Tensor, damping: np.ndarray) -> tf.Tensor:
    """`values` (..., dimensions), each times its row's damping, added to the rows at `places` (...)."""
    places = tf.reshape(places, [-1])
    values = tf.reshape(values, [-1, values.shape[-1]]) * tf.gather(damping, places)[:, None]
    return tf.tensor_scatter_nd_add(table, places[:, None], values)
