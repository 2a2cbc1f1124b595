"""Texts as features of a linear classifier: the mean of their words' vectors, plain or weighed by how rare they are.

The weighed mean is SIF, smooth inverse frequency (Arora, Liang and Ma, 2017, "A Simple but Tough-to-Beat Baseline for
Sentence Embeddings", algorithm 1): a word of the share p(w) of all running words weighs a / (a + p(w)), and from each
mean its projection on the first singular vector of train's means is taken away, which is what all texts have in common.
Words are told by an index, so that these may be strings, and a text has any number of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kerasapp.errors import KerasappError

if TYPE_CHECKING:
    from kerasapp.vectors import Vectors

SMOOTHING = 1e-3  # Arora, Liang and Ma, 2017: from 1e-4 to 1e-3 it matters little


@dataclass(frozen=True, eq=False)
class Documents:
    """What makes features of any text, as it was learned from train's.

    `index` has the row of a word in `matrix` (words, dimensions) and `weights` (words,); `common` (dimensions,) of
    length 1 is the direction that is taken away, None where none is.
    """

    index: Mapping[str, int]
    matrix: np.ndarray
    weights: np.ndarray
    common: np.ndarray | None = None

    def transform(self, texts: Iterable[Sequence[str]]) -> np.ndarray:
        """Lists of words -> (texts, dimensions) float32, each text by itself.

        A word without a vector is passed over, and a text that has no other is all zeros. Raises KerasappError where a
        text is one string.
        """
        means = _means(_rows(self.index, texts), self.matrix, self.weights)
        if self.common is not None:
            means -= np.outer(means @ self.common, self.common)
        return means.astype(np.float32)


def mean(vectors: "Vectors") -> Documents:
    """The plain mean, which needs nothing of train."""
    return Documents(vectors.index, vectors.matrix, np.ones(len(vectors.words)))


def sif(vectors: "Vectors", train: Iterable[Sequence[str]], a: float = SMOOTHING) -> Documents:
    """SIF: p(w) from the vectors' own counts, or where they have none from `train`; the common direction from `train`.

    With those counts p(w) is the share of the text that the vectors were learned from; else that of the words of
    `train` that have a vector, 0 of one that it lacks. Raises KerasappError where `a` is not above 0, or a text is one
    string.
    """
    if not a > 0:
        raise KerasappError(f"SIF weighs a word by a / (a + p), and a is {a}: take a number above 0, as {SMOOTHING}")
    rows = _rows(vectors.index, train)
    shares = vectors.shares
    if shares is None:
        counts = np.bincount(np.concatenate([*rows, np.empty(0, np.int64)]), minlength=len(vectors.words))
        shares = counts / max(1, counts.sum())
    weights = a / (a + shares)
    return Documents(vectors.index, vectors.matrix, weights, _common(_means(rows, vectors.matrix, weights)))


def _rows(index: Mapping[str, int], texts: Iterable[Sequence[str]]) -> list[np.ndarray]:
    """(known words,) int64 of each text."""
    found = []
    for text in texts:
        if isinstance(text, (str, bytes)):
            raise KerasappError("a text is a list of words, and here is one string: split it into words first")
        found.append(np.array([index[word] for word in text if word in index], np.int64))
    return found


def _means(rows: Sequence[np.ndarray], matrix: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(texts, dimensions) float64: the weighed sums over the number of words, not over the sum of weights."""
    means = np.zeros((len(rows), matrix.shape[1]))
    for mean, words in zip(means, rows, strict=True):
        if len(words):
            mean[:] = weights[words] @ matrix[words] / len(words)
    return means


def _common(means: np.ndarray) -> np.ndarray:
    """(dimensions,) the first right singular vector of (texts, dimensions), not centred; zeros where all are zeros."""
    if not means.any():
        return np.zeros(means.shape[1])
    return np.linalg.eigh(means.T @ means)[1][:, -1]
