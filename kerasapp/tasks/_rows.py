"""A corpus as the examples of training: rows of running words, each read from the disk when it is asked for."""

import numpy as np
import tensorflow as tf

from kerasapp.data._arrays import Ids, hashed
from kerasapp.tasks._corpus import END, Corpus
from kerasapp.types import Feature

SENTENCE_END, GONE = -1, -2
"""What stands in a row besides words: the end of a sentence; a word that is not in the vocabulary, or nothing."""
LONGEST, SHORTEST = 2**18, 2**12
ROWS = 32  # at least so many in an epoch, where that leaves them SHORTEST words


def places_of(corpus: Corpus, words: list[str]) -> np.ndarray:
    """(words of the corpus,) int32: the place of each in the vocabulary, or what stands for it in a row."""
    places = {word: place for place, word in enumerate(words)}
    found = np.array([places.get(word, GONE) for word in corpus.words], np.int32)
    found[END] = SENTENCE_END
    return found


def row_length(total: int, longest: int) -> int:
    """Of rows that so many words, or whatever else, are cut into: a power of 2."""
    return min(max(2 ** int(np.log2(max(total // ROWS, 1))), SHORTEST), longest)


class Rows:
    """A Split of rows of running words: `tokens` (length,) int32, words by their place in the vocabulary.

    The last row is filled up with GONE.
    """

    random_access = True

    def __init__(self, corpus: Corpus, words: list[str]):
        self._corpus = corpus
        self._places = places_of(corpus, words)
        self.length = row_length(corpus.length, LONGEST)
        self.features = {"tokens": Feature("int32", (self.length,))}
        self.ids = Ids(range(len(self)), lambda row: f"words from {row * self.length}")

    def __len__(self) -> int:
        return -(-self._corpus.length // self.length)

    def gather(self, indices: tf.Tensor) -> dict[str, tf.Tensor]:
        """(batch,) int64 -> (batch, length) int32."""
        tokens = tf.numpy_function(self._read, [indices], tf.int32, stateful=False)
        return {"tokens": tf.ensure_shape(tokens, [indices.shape[0], self.length])}

    def column(self, feature: str) -> np.ndarray:
        if feature != "tokens":
            raise KeyError(feature)
        return self._read(np.arange(len(self)))

    def fingerprints(self) -> np.ndarray:
        return hashed(self._read(np.array([row])) for row in range(len(self)))

    def _read(self, rows: np.ndarray) -> np.ndarray:
        found = np.full((len(rows), self.length), GONE, np.int32)
        for place, row in enumerate(rows):
            numbers = self._corpus.read(int(row) * self.length, self.length)
            found[place, : len(numbers)] = self._places[numbers]
        return found
