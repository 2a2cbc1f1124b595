"""fastText's inner loop as matrix products: word2vec's blocks (`_word_blocks`), with inputs that are means of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import tensorflow as tf

from kerasapp.ops._ngrams import Groups
from kerasapp.ops._word_blocks import Blocks, calmed, expected
from kerasapp.ops._word_losses import NegativeSampling, added
from kerasapp.ops._word_streams import share

MOST_NGRAMS = 128  # of a word, all n-grams of 3 to 6 of 34 letters: a longer one learns here by its first ones
CALM = 32.0  # as of `_word_blocks`, at the authors' learning rate, which is twice word2vec's

Tables = tuple[tf.Tensor, tf.Tensor]
"""The inputs: (words, dimensions) and (n-grams, dimensions)."""


@dataclass(frozen=True)
class SubwordBlocks(Blocks):
    """Blocks whose inputs are two tables. `damping` has a third part, (n-grams,)."""

    groups: Groups

    @cached_property
    def members(self) -> tf.Tensor:
        """(words, n-grams of the word that has the most) int32, -1 where a word has fewer."""
        sizes = np.minimum(self.groups.sizes, MOST_NGRAMS)
        places = np.arange(max(sizes.max(initial=0), 1))
        there = places < sizes[:, None]
        table = np.full(there.shape, -1, np.int32)
        table[there] = self.groups.members[(self.groups.starts[:-1, None] + places)[there]]
        with tf.init_scope():
            return tf.constant(table)

    def shares(self, words: tf.Tensor) -> tuple[tuple[tf.Tensor, tf.Tensor], tf.Tensor]:
        inputs, outputs, ngrams = (share(words / self.width * updates) for updates in self.met)
        return (inputs, ngrams), outputs

    def _sums(self, inputs: Tables, places: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """(...) places of words -> (..., dimensions) sums of their rows, and (..., 1) of how many."""
        words, ngrams = inputs
        members = tf.gather(self.members, places)
        there = tf.cast(members >= 0, tf.float32)
        rows = tf.gather(ngrams, tf.maximum(members, 0)) * there[..., None]
        return tf.gather(words, places) + tf.reduce_sum(rows, -2), 1 + tf.reduce_sum(there, -1, keepdims=True)

    def _vectors(self, inputs: Tables, places: tf.Tensor) -> tf.Tensor:
        sums, counts = self._sums(inputs, places)
        return sums / counts

    def _means(self, inputs: Tables, places: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        sums, counts = (tf.matmul(mask, self._around(part)) for part in self._sums(inputs, places))
        return sums / tf.maximum(counts, 1.0)

    def _taught(self, inputs: Tables, places: tf.Tensor, change: tf.Tensor) -> Tables:
        words, ngrams = inputs
        members = tf.gather(self.members, places)
        changes = tf.where(members[..., None] >= 0, change[..., None, :], 0.0)
        return (
            added(words, places, change, self.damping[0]),
            added(ngrams, tf.maximum(members, 0), changes, self.damping[2]),
        )


def subword_blocks_of(
    counts: Sequence[int],
    seen: Sequence[float],
    groups: Groups,
    buckets: int,
    *,
    window: int,
    negatives: int,
    cbow: bool,
) -> SubwordBlocks:
    """As `blocks_of`: an n-gram's row is met with each of its words, and so counted and damped by all of them."""
    by = NegativeSampling(counts, negatives)
    width, (taught, asked) = expected(by, seen, window=window, cbow=cbow)
    of_ngrams = np.bincount(groups.members, np.repeat(taught, groups.sizes), buckets)
    met = (taught, asked, of_ngrams)
    blocks, damping = calmed(*met, calm=CALM)
    return SubwordBlocks(by, damping, met, window, cbow, width, blocks, groups)
