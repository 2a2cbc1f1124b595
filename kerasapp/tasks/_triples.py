"""Counts of words near each other as the examples of training: rows of triples, each read from the disk when needed."""

import numpy as np
import tensorflow as tf

from kerasapp.data._arrays import Ids, hashed
from kerasapp.tasks._cooccurrences import Cooccurrences
from kerasapp.tasks._rows import row_length
from kerasapp.types import Feature

LONGEST = 2**14


class Triples:
    """A Split of rows of counted pairs: `pairs` (length, 2) int32, words by their place in the vocabulary, and `counts`
    (length,) float32.

    The last row is filled up with counts of 0.
    """

    random_access = True

    def __init__(self, table: Cooccurrences):
        self._table, self.pairs = table, table.length
        self.length = row_length(table.length, LONGEST)
        self.features = {"pairs": Feature("int32", (self.length, 2)), "counts": Feature("float32", (self.length,))}
        self.ids = Ids(range(len(self)), lambda row: f"pairs of words from {row * self.length}")

    def __len__(self) -> int:
        return -(-self._table.length // self.length)

    def gather(self, indices: tf.Tensor) -> dict[str, tf.Tensor]:
        """(batch,) int64 -> (batch, length, 2) int32 and (batch, length) float32."""
        pairs, counts = tf.numpy_function(self._read, [indices], [tf.int32, tf.float32], stateful=False)
        shape = [indices.shape[0], self.length]
        return {"pairs": tf.ensure_shape(pairs, [*shape, 2]), "counts": tf.ensure_shape(counts, shape)}

    def column(self, feature: str) -> np.ndarray:
        return dict(zip(self.features, self._read(np.arange(len(self))), strict=True))[feature]

    def fingerprints(self) -> np.ndarray:
        return hashed(b"".join(part.tobytes() for part in self._read(np.array([row]))) for row in range(len(self)))

    def _read(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        pairs = np.zeros((len(rows), self.length, 2), np.int32)
        counts = np.zeros((len(rows), self.length), np.float32)
        for place, row in enumerate(rows):
            found = self._table.read(int(row) * self.length, self.length)
            pairs[place, : len(found)], counts[place, : len(found)] = found["pair"], found["count"]
        return pairs, counts
