"""word2vec's inner loop as matrix products: blocks of running words that share their negatives, compiled by XLA.

A step takes `blocks` blocks of `width` words each. All pairs within a block, of centres and the words around them, are
one product; the block's negatives, drawn once for all its words and weighed so that each pair has as many as were asked
for, are a second. Gradients are the closed form of equation 4 of Mikolov et al., 2013, arXiv:1310.4546; they are added
up over the step and then scattered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import tensorflow as tf

from kerasapp.ops._negatives import alias_table, noise

WIDTH = 16  # words of a block
SHARED = 16  # negatives of a block
MOST = 64  # blocks of a step
CROWD = 512.0  # updates that a row may be expected to receive in a step
CALM = 64.0  # of these, how many count in full: all see the values of before the step, and the plain sum overshoots


@dataclass(frozen=True)
class Blocks:
    """What a step needs to know. `noise` are the two parts of an alias table, (words,) each."""

    noise: tuple[np.ndarray, np.ndarray]
    damping: tuple[np.ndarray, np.ndarray]
    """(words,) each: what an update of a row of the inputs, of the outputs, is multiplied by."""
    window: int
    negatives: int
    cbow: bool
    width: int
    blocks: int

    @cached_property
    def distances(self) -> np.ndarray:
        """(width, width + 2 window): of each word around a block from each of its centres."""
        return np.abs(np.arange(self.width + 2 * self.window)[None, :] - self.window - np.arange(self.width)[:, None])

    def learn(
        self, inputs: tf.Tensor, outputs: tf.Tensor, stream: tf.Tensor, rates: tf.Tensor, seed: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
        """Goes through a stream of words once: the changed tables (words, dimensions), summed loss, number of pairs.

        `stream` is (length,) int32, negative at the end of a sentence, and filled up with negatives at its end, which
        cost nothing. `rates` (2,): the learning rate falls from the first to the second. `seed` (2,) int32.
        """
        size = self.blocks * self.width
        length = tf.size(stream)
        sentences = tf.cumsum(tf.cast(stream < 0, tf.int32))
        around = [[self.window, self.window + size]]
        words = tf.pad(stream, around, constant_values=-1)
        sentences = tf.pad(sentences, around, constant_values=-1)
        reach = tf.random.stateless_uniform([length + size], seed, 1, self.window + 1, tf.int32)
        last = tf.reduce_max(tf.where(stream >= 0, tf.range(length) + 1, 0))
        steps = (last + size - 1) // size

        def step(number: tf.Tensor, inputs: tf.Tensor, outputs: tf.Tensor, loss: tf.Tensor, pairs: tf.Tensor) -> tuple:
            begin = number * size
            rate = rates[0] + (rates[1] - rates[0]) * tf.cast(number, tf.float32) / tf.cast(steps, tf.float32)
            run = tf.slice(words, [begin], [size + 2 * self.window])
            told = tf.slice(sentences, [begin], [size + 2 * self.window])
            mask = self._mask(run, told, tf.reshape(tf.slice(reach, [begin], [size]), [self.blocks, self.width]))
            drawn = self._draw(seed + tf.stack([0, number + 1]))
            update = self._cbow if self.cbow else self._skip_gram
            inputs, outputs, more = update(inputs, outputs, run, mask, drawn, rate)
            return number + 1, inputs, outputs, loss + more, pairs + self._count(mask)

        zero = tf.zeros(())
        return tf.while_loop(lambda number, *_: number < steps, step, [0, inputs, outputs, zero, zero])[1:]

    def _mask(self, run: tf.Tensor, sentences: tf.Tensor, reach: tf.Tensor) -> tf.Tensor:
        """(blocks, width, width + 2 window) float32: 1 where a word around lies in the window of a centre."""
        centres, around = self._centres(run), self._around(run)
        near = (self.distances[None] <= reach[:, :, None]) & (self.distances[None] > 0)
        whole = self._centres(sentences)[:, :, None] == self._around(sentences)[:, None, :]
        return tf.cast(near & whole & (centres[:, :, None] >= 0) & (around[:, None, :] >= 0), tf.float32)

    def _draw(self, seed: tf.Tensor) -> tf.Tensor:
        """(blocks, SHARED) int32 words by the alias table."""
        chances, others = self.noise
        shape = [self.blocks, SHARED]
        even = tf.random.stateless_uniform(shape, seed, 0, len(chances), tf.int32)
        taken = tf.random.stateless_uniform(shape, seed + 1) < tf.gather(chances, even)
        return tf.where(taken, even, tf.gather(others, even))

    def _skip_gram(self, inputs, outputs, run, mask, drawn, rate):
        places = tf.maximum(run, 0)
        rows = tf.gather(outputs, places)  # (size + 2 window, dimensions)
        centres = self._vectors(inputs, self._centres(places))  # (blocks, width, dimensions)
        around, noise = self._around(rows), tf.gather(outputs, drawn)
        logits = tf.matmul(centres, around, transpose_b=True)
        noisy = tf.matmul(centres, noise, transpose_b=True)  # (blocks, width, SHARED)
        weight = tf.reduce_sum(mask, 2, keepdims=True) * (self.negatives / SHARED)
        loss = tf.reduce_sum(mask * tf.math.softplus(-logits)) + tf.reduce_sum(weight * tf.math.softplus(noisy))
        pull = rate * mask * (1 - tf.sigmoid(logits))
        push = -rate * weight * tf.sigmoid(noisy)
        change = tf.matmul(pull, around) + tf.matmul(push, noise)
        inputs = self._taught(inputs, self._centres(places), change)
        outputs = added(outputs, places, self._summed(tf.matmul(pull, centres, transpose_a=True)), self.damping[1])
        outputs = added(outputs, drawn, tf.matmul(push, centres, transpose_a=True), self.damping[1])
        return inputs, outputs, loss

    def _cbow(self, inputs, outputs, run, mask, drawn, rate):
        places = tf.maximum(run, 0)
        count = tf.reduce_sum(mask, 2, keepdims=True)
        used = tf.cast(count > 0, tf.float32)
        means = self._means(inputs, places, mask)  # (blocks, width, dimensions)
        rows, noise = tf.gather(outputs, self._centres(places)), tf.gather(outputs, drawn)
        logits = tf.reduce_sum(means * rows, 2, keepdims=True)
        noisy = tf.matmul(means, noise, transpose_b=True)
        weight = used * (self.negatives / SHARED)
        loss = tf.reduce_sum(used * tf.math.softplus(-logits)) + tf.reduce_sum(weight * tf.math.softplus(noisy))
        pull = rate * used * (1 - tf.sigmoid(logits))  # (blocks, width, 1)
        push = -rate * weight * tf.sigmoid(noisy)
        change = pull * rows + tf.matmul(push, noise)
        inputs = self._taught(inputs, places, self._summed(tf.matmul(mask, change, transpose_a=True)))
        outputs = added(outputs, self._centres(places), pull * means, self.damping[1])
        return inputs, added(outputs, drawn, tf.matmul(push, means, transpose_a=True), self.damping[1]), loss

    def _vectors(self, inputs: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
        """(...) places of words -> (..., dimensions) their vectors as inputs."""
        return tf.gather(inputs, places)

    def _means(self, inputs: tf.Tensor, places: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """(blocks, width, dimensions): of the words around each centre that the mask has."""
        around = self._around(tf.gather(inputs, places))
        return tf.matmul(mask / tf.maximum(tf.reduce_sum(mask, 2, keepdims=True), 1.0), around)

    def _taught(self, inputs: tf.Tensor, places: tf.Tensor, change: tf.Tensor) -> tf.Tensor:
        """The inputs with what a step adds to them, (..., dimensions)."""
        return added(inputs, places, change, self.damping[0])

    def _count(self, mask: tf.Tensor) -> tf.Tensor:
        """How many losses a step added up."""
        return tf.reduce_sum(tf.reduce_max(mask, 2) if self.cbow else mask)

    def _centres(self, run: tf.Tensor) -> tf.Tensor:
        """(size + 2 window, ...) -> (blocks, width, ...): the words of the blocks themselves."""
        size = self.blocks * self.width
        return tf.reshape(run[self.window : self.window + size], [self.blocks, self.width, *run.shape[1:]])

    def _around(self, run: tf.Tensor) -> tf.Tensor:
        """(size + 2 window, ...) -> (blocks, width + 2 window, ...): each block with the words at both its sides."""
        size, shape = self.blocks * self.width, [self.blocks, self.width, *run.shape[1:]]
        before = tf.reshape(run[:size], shape)[:, : self.window]
        after = tf.reshape(run[2 * self.window :], shape)[:, self.width - self.window :]
        return tf.concat([before, self._centres(run), after], 1)

    def _summed(self, around: tf.Tensor) -> tf.Tensor:
        """The opposite of `_around`: (blocks, width + 2 window, d) -> (size + 2 window, d), what is one word added."""
        size, window, d = self.blocks * self.width, self.window, around.shape[2]
        blank = self.width - window
        before = tf.reshape(tf.pad(around[:, :window], [[0, 0], [0, blank], [0, 0]]), [size, d])
        within = tf.reshape(around[:, window : window + self.width], [size, d])
        after = tf.reshape(tf.pad(around[:, window + self.width :], [[0, 0], [blank, 0], [0, 0]]), [size, d])
        return (
            tf.pad(before, [[0, 2 * window], [0, 0]])
            + tf.pad(within, [[window, window], [0, 0]])
            + tf.pad(after, [[2 * window, 0], [0, 0]])
        )


def blocks_of(counts: Sequence[int], *, window: int, negatives: int, cbow: bool) -> Blocks:
    """Blocks for a vocabulary: as many a step as leave the most frequent word CROWD updates.

    What a row is expected to receive beyond CALM is damped to that many. Where words are few the same row is met all
    over a step, always with its value of before, and the plain sum of such updates overshoots.
    """
    width, drawn, met = expected(counts, window=window, negatives=negatives, cbow=cbow)
    blocks, damping = calmed(*met)
    return Blocks(alias_table(drawn), damping, window, negatives, cbow, width, blocks)


def expected(
    counts: Sequence[int], *, window: int, negatives: int, cbow: bool
) -> tuple[int, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """The width of a block, (words,) how often each word is drawn, and the updates that a block brings each row of the
    inputs and of the outputs.
    """
    shares, drawn = np.asarray(counts) / np.sum(counts), noise(counts)
    pairs = 1 if cbow else window + 1  # of a centre, on average
    width = max(WIDTH, window)  # a window reaches no farther than the next block
    taught = width * shares * (window + 1) * (1 + negatives)
    return width, drawn, (taught, width * pairs * (shares + negatives * drawn))


def calmed(*met: np.ndarray, calm: float = CALM) -> tuple[int, tuple[np.ndarray, ...]]:
    """How many blocks a step has, by the updates of a block for each row of the tables; and the damping of each."""
    blocks = int(np.clip(CROWD / max(each.max() for each in met), 1, MOST))
    return blocks, tuple((calm / np.maximum(blocks * each, calm)).astype(np.float32) for each in met)


def added(table: tf.Tensor, places: tf.Tensor, values: tf.Tensor, damping: np.ndarray) -> tf.Tensor:
    """A table (rows, dimensions) with the values, damped by row, added at places (...), (..., dimensions)."""
    places = tf.reshape(places, [-1])
    values = tf.reshape(values, [-1, values.shape[-1]]) * tf.gather(damping, places)[:, None]
    return tf.tensor_scatter_nd_add(table, places[:, None], values)
