"""word2vec's inner loop as matrix products: blocks of running words, compiled by XLA.

A step takes `blocks` blocks of `width` words each. All pairs within a block, of centres and the words around them, are
one product. What is predicted by what, and how that is learned from, is the loss's (`_word_losses.py`); changes are
added up over the step and then scattered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import tensorflow as tf

from kerasapp.ops._word_losses import Loss, Predicted, added, loss_of
from kerasapp.ops._word_streams import share

WIDTH = 16  # words of a block of skip-gram; CBOW has one pair a word, and shares negatives among twice as many
MOST = 64  # blocks of WIDTH words in a step
CROWD = 512.0  # updates that a row may be expected to receive in a step
CALM = 64.0  # of these, how many count in full: all see the values of before the step, and the plain sum overshoots


@dataclass(frozen=True)
class Blocks:
    """What a step needs to know."""

    loss: Loss
    damping: tuple[np.ndarray, ...]
    """(rows,) each: what an update of a row of the inputs, of the outputs, is multiplied by."""
    met: tuple[np.ndarray, ...]
    """(rows,) each: how many updates a block brings each row."""
    window: int
    cbow: bool
    width: int
    blocks: int

    @cached_property
    def distances(self) -> np.ndarray:
        """(width, width + 2 window): of each word around a block from each of its centres."""
        return np.abs(np.arange(self.width + 2 * self.window)[None, :] - self.window - np.arange(self.width)[:, None])

    def learn(
        self,
        inputs: tf.Tensor,
        outputs: tf.Tensor,
        stream: tf.Tensor,
        rates: tf.Tensor,
        seed: tf.Tensor,
        part: tuple[int, int] | tf.Tensor = (0, 1),
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
        """Goes through a stream of words once: the changed tables (words, dimensions), summed loss, number of pairs.

        `stream` is (length,) int32, negative at the end of a sentence, and filled up with negatives at its end, which
        cost nothing. `rates` (2,): the learning rate falls from the first to the second. `seed` (2,) int32. `part`:
        which part of how many, in steps, is gone through.
        """
        size = self.blocks * self.width
        length = tf.size(stream)
        sentences = tf.cumsum(tf.cast(stream < 0, tf.int32))
        around = [[self.window, self.window + size]]
        words = tf.pad(stream, around, constant_values=-1)
        sentences = tf.pad(sentences, around, constant_values=-1)
        last = tf.reduce_max(tf.where(stream >= 0, tf.range(length) + 1, 0))
        steps = (last + size - 1) // size
        first, end = steps * part[0] // part[1], steps * (part[0] + 1) // part[1]

        def step(number: tf.Tensor, inputs: tf.Tensor, outputs: tf.Tensor, loss: tf.Tensor, pairs: tf.Tensor) -> tuple:
            begin = number * size
            rate = rates[0] + (rates[1] - rates[0]) * tf.cast(number, tf.float32) / tf.cast(steps, tf.float32)
            run = tf.slice(words, [begin], [size + 2 * self.window])
            told = tf.slice(sentences, [begin], [size + 2 * self.window])
            own = seed + tf.stack([0, number + 1])
            mask = self._mask(run, told, self._reach(own))
            inputs, outputs, more, told = self._step(inputs, outputs, run, mask, rate, own)
            return number + 1, inputs, outputs, loss + more, pairs + told

        zero = tf.zeros(())
        return tf.while_loop(lambda number, *_: number < end, step, [first, inputs, outputs, zero, zero])[1:]

    def shares(self, words: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Of the inputs' and the outputs' rows, where each stream learns from so many words (see `_word_streams`)."""
        inputs, outputs = (share(words / self.width * updates) for updates in self.met)
        return inputs, outputs

    def _reach(self, seed: tf.Tensor) -> tf.Tensor:
        """(blocks, width) int32, from 1 to the window: how far each centre of a step looks."""
        return tf.random.stateless_uniform([self.blocks, self.width], seed - 1, 1, self.window + 1, tf.int32)

    def _mask(self, run: tf.Tensor, sentences: tf.Tensor, reach: tf.Tensor) -> tf.Tensor:
        """(blocks, width, width + 2 window) float32: 1 where a word around lies in the window of a centre."""
        centres, around = self._centres(run), self._around(run)
        near = (self.distances[None] <= reach[:, :, None]) & (self.distances[None] > 0)
        whole = self._centres(sentences)[:, :, None] == self._around(sentences)[:, None, :]
        return tf.cast(near & whole & (centres[:, :, None] >= 0) & (around[:, None, :] >= 0), tf.float32)

    def _step(self, inputs, outputs, run, mask, rate, seed):
        """The changed tables, summed loss, number of pairs."""
        places = tf.maximum(run, 0)
        centres = self._centres(places)
        if self.cbow:
            x = self._means(inputs, places, mask)  # (blocks, width, dimensions)
            pairs = tf.reduce_max(mask, 2, keepdims=True)
            predicted = Predicted(self._in_a_row(centres), self._in_blocks, self._in_a_row, own=True)
        else:
            x, pairs = self._vectors(inputs, centres), mask
            predicted = Predicted(places, self._around, self._summed, own=False)
        made = self.loss.learn(outputs, x, predicted, pairs, rate, seed, self.damping[1])
        if self.cbow:
            change = self._summed(tf.matmul(mask, made.change, transpose_a=True))
            inputs = self._taught(inputs, places, change)
        else:
            inputs = self._taught(inputs, centres, made.change)
        return inputs, made.outputs, made.loss, tf.reduce_sum(pairs)

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

    def _in_blocks(self, row: tf.Tensor) -> tf.Tensor:
        """(size, ...) -> (blocks, width, ...)."""
        return tf.reshape(row, [self.blocks, self.width, *row.shape[1:]])

    def _in_a_row(self, blocks: tf.Tensor) -> tf.Tensor:
        """(blocks, width, ...) -> (size, ...)."""
        return tf.reshape(blocks, [self.blocks * self.width, *blocks.shape[2:]])

    def _centres(self, run: tf.Tensor) -> tf.Tensor:
        """(size + 2 window, ...) -> (blocks, width, ...): the words of the blocks themselves."""
        return self._in_blocks(run[self.window : self.window + self.blocks * self.width])

    def _around(self, run: tf.Tensor) -> tf.Tensor:
        """(size + 2 window, ...) -> (blocks, width + 2 window, ...): each block with the words at both its sides."""
        before = self._in_blocks(run[: self.blocks * self.width])[:, : self.window]
        after = self._in_blocks(run[2 * self.window :])[:, self.width - self.window :]
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


def blocks_of(
    counts: Sequence[int], seen: Sequence[float], *, window: int, loss: str, negatives: int, cbow: bool
) -> Blocks:
    """Blocks for a vocabulary: as many a step as leave the row that is met most CROWD updates.

    `counts` are the words' in the text, `seen` how often training meets them. What a row is expected to receive beyond
    CALM is damped to that many. Where words are few the same row is met all over a step, always with its value of
    before, and the plain sum of such updates overshoots.
    """
    by = loss_of(loss, counts, negatives)
    width, met = expected(by, seen, window=window, cbow=cbow)
    blocks, damping = calmed(*met, most=min(by.most(width), MOST * WIDTH / width))
    return Blocks(by, damping, met, window, cbow, width, blocks)


def expected(by: Loss, seen: Sequence[float], *, window: int, cbow: bool) -> tuple[int, tuple[np.ndarray, np.ndarray]]:
    """The width of a block, and the updates that it brings each row of the inputs and of the outputs."""
    shares = np.asarray(seen) / np.sum(seen)
    of_input, of_outputs = by.met(shares)
    pairs = 1 if cbow else window + 1  # of a centre, on average
    width = max(WIDTH * (1 + cbow), window)  # a window reaches no farther than the next block
    return width, (width * shares * (window + 1) * of_input, width * pairs * of_outputs)


def calmed(*met: np.ndarray, calm: float = CALM, most: float = MOST) -> tuple[int, tuple[np.ndarray, ...]]:
    """How many blocks a step has, by the updates of a block for each row of the tables; and the damping of each."""
    blocks = int(np.clip(min(CROWD / max(each.max() for each in met), most), 1, MOST))
    return blocks, tuple((calm / np.maximum(blocks * each, calm)).astype(np.float32) for each in met)
