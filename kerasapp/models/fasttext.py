"""fastText: word vectors that are made of the words' n-grams, and so exist for unseen words too (Bojanowski et al.,
2017, arXiv:1607.04606).

As word2vec, with inputs that are means: of a word's own row and its n-grams', which share a table by their hash.
Left out: hierarchical softmax, the classifier (Joulin et al., 2017), and pruned or quantised tables.
"""

from functools import cached_property
from typing import Any, ClassVar, Literal

import keras
import numpy as np
import tensorflow as tf

from kerasapp.models._closed_form import in_numpy
from kerasapp.models.word2vec import Word2Vec
from kerasapp.ops._ngram_ops import ngrams
from kerasapp.ops._ngrams import Groups, groups
from kerasapp.ops._subword_blocks import SubwordBlocks, subword_blocks_of
from kerasapp.types import PositiveInt
from kerasapp.vector_files import Ngrams


def build(
    *,
    vocabulary: list[str],
    word_counts: list[int],
    window: int,
    subsampled_counts: list[float] | None = None,
    architecture: Literal["skip_gram", "cbow"] = "skip_gram",
    dimensions: PositiveInt = 100,
    negatives: PositiveInt = 5,
    min_n: PositiveInt = 3,
    max_n: PositiveInt = 6,
    buckets: PositiveInt = 262144,
    kernel: Literal["auto", "tensorflow", "native"] = "auto",
) -> keras.Model:
    """Words (batch, length) int32 -> their vectors (batch, length, dimensions).

    `architecture`, `kernel`: as of word2vec. `min_n`, `max_n`: characters of an n-gram, < and > counted. `buckets`:
    rows of the table of n-grams; 2**18 are 105 MB at 100 dimensions, where the authors' two million are 800. Raises
    ValueError where min_n is above max_n.
    """
    if min_n > max_n:
        raise ValueError(f"min_n is {min_n} and max_n {max_n}: no n-gram is as long as that")
    return FastText(
        vocabulary=list(vocabulary),
        counts=list(word_counts),
        seen=list(subsampled_counts or word_counts),
        window=window,
        cbow=architecture == "cbow",
        dimensions=dimensions,
        negatives=negatives,
        min_n=min_n,
        max_n=max_n,
        buckets=buckets,
        kernel=kernel,
    )


@keras.saving.register_keras_serializable("kerasapp")
class FastText(Word2Vec):
    """Word2Vec with a third table, `ngrams` (buckets, dimensions)."""

    REACH: ClassVar[float] = 1.0

    def __init__(self, *, vocabulary: list[str], min_n: int, max_n: int, buckets: int, **given: Any):
        super().__init__(**{"loss": "negative_sampling"} | given)
        own = {"min_n": min_n, "max_n": max_n, "buckets": buckets}
        self._config = {**self._config, **own, "vocabulary": vocabulary}
        self._lengths = own
        self.ngrams = self._embedding(buckets, "ngrams")

    @cached_property
    def _groups(self) -> Groups:
        return groups(self._config["vocabulary"], **self._lengths)

    @cached_property
    def _rows(self) -> np.ndarray:
        """(rows,) the rows of `ngrams` that some word has; one where none has any."""
        rows = self._groups.rows(np.arange(len(self._config["counts"])))
        return rows if len(rows) else np.zeros(1, np.int64)

    @cached_property
    def _blocks(self) -> SubwordBlocks:
        own = self._config
        return subword_blocks_of(own["counts"], own["seen"], self._groups.renumbered(self._rows), len(self._rows),
                                 window=own["window"], negatives=own["negatives"], cbow=own["cbow"])  # fmt: skip

    def _by_tensorflow(self, words: tf.Variable, ngrams: tf.Variable, *others: Any) -> tuple:
        (words, part), *made = super()._by_tensorflow((words, tf.gather(ngrams, self._rows)), *others)
        return words, tf.IndexedSlices(part, self._rows), *made

    def _by_native(self, words: tf.Variable, ngrams: tf.Variable, outputs: tf.Variable, stream: tf.Tensor,
                   rates: tf.Tensor, seed: tf.Tensor) -> list:  # fmt: skip
        """Copies of the rows that a stream meets: of all it would take longer than to learn."""
        rows = tf.numpy_function(self._groups.rows, [stream], tf.int64, stateful=False)
        rows.set_shape([None])
        tables = [words, tf.gather(ngrams, rows), outputs]
        words, part, *made = in_numpy(self._learned, tables, stream, rates, seed, rows)
        return [words, tf.IndexedSlices(part, rows), *made]

    def _by_kernel(self, tables, stream, rates, seed, rows):
        from kerasapp.ops import _subword_kernel

        own, groups, threads = self._config, self._groups.renumbered(rows), self._threads(stream)
        if "apart" in threads:
            words, ngrams, outputs = threads["apart"].shares
            shares = words, ngrams[np.searchsorted(self._rows, rows)], outputs
            threads["apart"] = threads["apart"]._replace(shares=shares)
        return _subword_kernel.learn(tables, stream, groups, self._blocks.loss.noise, rates, seed, window=own["window"],
                                     negatives=own["negatives"], cbow=own["cbow"], **threads)  # fmt: skip

    def _taught_layers(self) -> list[keras.layers.Embedding]:
        return [self.embedding, self.ngrams, self.context]

    def table(self) -> tf.Tensor:
        """(words, dimensions) float32, the vectors of all words: a constant, for they take long to add up."""
        with tf.init_scope():
            own, rows = (layer.embeddings.numpy() for layer in (self.embedding, self.ngrams))
            return tf.constant((own + self._groups.sums(rows)) / (1 + self._groups.sizes[:, None]).astype(np.float32))

    def ngram_rows(self) -> Ngrams:
        """What the vectors of unseen words are made of."""
        own = self._config
        return Ngrams(keras.ops.convert_to_numpy(self.ngrams.embeddings), own["min_n"], own["max_n"])

    def call(self, words: tf.Tensor | dict[str, tf.Tensor]) -> tf.Tensor:
        """Places of words (...), or these as `words` (batch,), -1 of an unseen one, beside their `letters`, strings.

        Zeros of what is no word, and of an unseen one of which no n-gram is long enough.
        """
        if isinstance(words, dict):
            places, members = words["words"], ngrams(words["letters"], **self._lengths)
        else:
            places, members = tf.reshape(words, [-1]), self._members(tf.reshape(words, [-1]))
        known = tf.cast(places >= 0, tf.float32)[:, None]
        sums = tf.reduce_sum(tf.gather(tf.convert_to_tensor(self.ngrams.embeddings), members), 1)
        sums += known * self.embedding(tf.maximum(places, 0))
        means = tf.math.divide_no_nan(sums, known + tf.cast(members.row_lengths(), tf.float32)[:, None])
        return means if isinstance(words, dict) else tf.reshape(means, [*_shape(words), means.shape[1]])

    def _members(self, places: tf.Tensor) -> tf.RaggedTensor:
        """(batch,) places of words -> (batch, n-grams)."""
        with tf.init_scope():
            starts = tf.constant(np.append(self._groups.starts, self._groups.starts[-1:]))
            members = tf.constant(self._groups.members)
        known = tf.RaggedTensor.from_row_splits(members, starts, validate=False)  # the last of no word
        return tf.gather(known, tf.where(places >= 0, places, len(self._config["counts"])))


def _shape(words: tf.Tensor) -> list[Any]:
    """What is known of it, and tensors for the rest."""
    return [size if size is not None else tf.shape(words)[axis] for axis, size in enumerate(words.shape)]
