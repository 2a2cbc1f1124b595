"""Word vectors and what is asked of them: neighbours and analogies, features of texts.

3CosAdd is Mikolov, Yih and Zweig's (2013, "Linguistic Regularities"), 3CosMul Levy and Goldberg's (2014, "Linguistic
Regularities in Sparse and Explicit Word Representations"). Words that were asked with are never an answer, and neither
is a word whose vector is all zeros, which points nowhere. Of equally near words the more frequent comes first. Where
there are n-grams, as of fastText, a word that is not known may be asked with; the answers are known ones.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

import numpy as np

from kerasapp import documents, vector_files
from kerasapp.errors import DataError, KerasappError, RunError
from kerasapp.files import is_savedmodel
from kerasapp.names import counted
from kerasapp.run import Run
from kerasapp.vector_files import Ngrams, Table

FILE = "vectors.npz"
SUFFIXES = (".txt", ".vec", ".bin", ".npz", ".gz")
EPSILON = 0.001  # Levy and Goldberg, 2014, section 6: no division by zero
AT_ONCE = 1 << 24  # similarities computed together: 64 MiB
DIFFERING = 10  # words named whose neighbourhoods differ most
OFFERED = 3  # spellings for a word that is not there
NONE, MADE = -1, -2  # in the place of a row: a word without a vector, one whose vector was made of its n-grams

Answers = list[dict[str, Any]]
"""Rows {"word", "similarity"}, the best first."""


@dataclass(frozen=True, eq=False)
class Vectors:
    """Words, the most frequent first, a matrix (words, dimensions) of their vectors, and counts where known.

    `ngrams`: what vectors of other words are made of, if they can be. `total` is how many running words the counts are
    of; None: as many as they come to.
    """

    words: Sequence[str]
    matrix: np.ndarray
    counts: np.ndarray | None = None
    ngrams: Ngrams | None = None
    total: int | None = None

    @cached_property
    def index(self) -> dict[str, int]:
        """The row of each word."""
        return {word: row for row, word in enumerate(self.words)}

    @cached_property
    def norms(self) -> np.ndarray:
        """(words,) float32 lengths; 0 where a vector is all zeros."""
        return np.sqrt(np.einsum("ij,ij->i", self.matrix, self.matrix))

    @cached_property
    def shares(self) -> np.ndarray | None:
        """(words,) float64: each word's share of the running words; None without counts."""
        return None if self.counts is None else np.asarray(self.counts) / max(1, self.running_words)

    @property
    def running_words(self) -> int | None:
        """That the counts are of; None without counts."""
        return None if self.counts is None else self.total or int(np.sum(self.counts))

    @property
    def fingerprint(self) -> str:
        """A number for words, vectors and shares."""
        digest = blake2b("\n".join(self.words).encode(), digest_size=8)
        for array in (self.matrix, self.shares):
            digest.update(b"" if array is None else np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def rows(self, words: Iterable[str]) -> np.ndarray:
        """(len,) the rows of words. Raises KerasappError that offers spellings for one that is not there."""
        for word in words:
            if word not in self.index:
                raise KerasappError(_unknown(word, self.words))
        return np.array([self.index[word] for word in words], np.int64)

    def of(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(words, dimensions) vectors, zeros of a word that has none, and (words,) int64 where each is from.

        That is its row, or MADE of its n-grams, or NONE.
        """
        rows = np.array([self.index.get(word, NONE) for word in words], np.int64)
        found = np.where(rows[:, None] >= 0, self.matrix[rows], np.float32(0))
        other = np.flatnonzero(rows < 0)
        if self.ngrams is not None and len(other):
            found[other], there = self.ngrams.vectors([words[at] for at in other])
            rows[other[there]] = MADE
        return found, rows

    def directions(self, rows: np.ndarray | slice) -> np.ndarray:
        """(rows, dimensions) of length 1; zeros stay zeros."""
        norms = self.norms[rows]
        return self.matrix[rows] / np.where(norms > 0, norms, 1)[:, None]

    def nearest(self, word: str, count: int = 10) -> Answers:
        """The words with the largest cosine to a word's vector. Raises KerasappError for a word that has none."""
        (row,) = self._asked([word])
        return self._best(self._cosines(row[None])[0], [word], count)

    def analogy(
        self,
        positive: Sequence[str],
        negative: Sequence[str],
        count: int = 10,
        method: Literal["3CosAdd", "3CosMul"] = "3CosAdd",
        among: int | None = None,
    ) -> Answers:
        """What is to the rest as in `positive=["king", "woman"], negative=["man"]`; `among` the most frequent words.

        3CosAdd gives the cosine with the sum of the directions, 3CosMul the product of the positive words' cosines,
        each moved to 0..1, over that of the negative ones'. Raises KerasappError for a word that has none.
        """
        asked = self._asked([*positive, *negative])
        signs = np.array([1] * len(positive) + [-1] * len(negative), asked.dtype)
        if method == "3CosAdd":
            wanted = signs @ asked
            length = np.linalg.norm(wanted)
            scores = self._cosines(wanted[None] / (length if length > 0 else 1), among)[0]
        else:
            cosines = (1 + self._cosines(asked, among)) / 2
            scores = cosines[signs > 0].prod(axis=0) / (cosines[signs < 0] + EPSILON).prod(axis=0)
        return self._best(scores, [*positive, *negative], count)

    def neighbours(self, rows: np.ndarray, count: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """For many words at once: (rows, count) rows of the nearest others, the nearest first, and their cosines."""
        count = min(count, len(self.words) - 1)
        found, similarities = [], []
        step = max(1, AT_ONCE // len(self.words))
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            cosines = self._cosines(self.directions(part))
            cosines[:, self.norms == 0] = -np.inf
            cosines[np.arange(len(part)), part] = -np.inf
            best = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
            near = np.take_along_axis(cosines, best, axis=1)
            order = np.lexsort((best, -near), axis=1)
            found.append(np.take_along_axis(best, order, axis=1))
            similarities.append(np.take_along_axis(near, order, axis=1))
        return np.concatenate(found), np.concatenate(similarities)

    def only(self, words: Sequence[str]) -> "Vectors":
        """The same vectors, of these words in this order."""
        rows = self.rows(words)
        counts = None if self.counts is None else self.counts[rows]
        return Vectors(words, self.matrix[rows], counts, total=self.running_words)

    def documents(
        self,
        train: Iterable[Sequence[str]],
        weighting: Literal["sif", "mean"] = "sif",
        a: float = documents.SMOOTHING,
    ) -> documents.Documents:
        """Learns from texts, each a list of words, how any text becomes features: `.transform(texts)` gives them.

        `sif` is documents.sif, with its `a`; `mean` the plain mean of the vectors. Raises KerasappError where no word
        of `train` has a vector.
        """
        train = list(train)
        if weighting not in ("sif", "mean"):
            raise KerasappError(f'weighting is "{weighting}", and should be "sif" or "mean"')
        made = documents.sif(self, train, a) if weighting == "sif" else documents.mean(self)
        if not any(word in self.index for text in train for word in text):
            raise KerasappError(
                f"no word of the {counted(len(train), 'text')} has a vector: are they in the same case?"
            )
        return made

    def _asked(self, words: list[str]) -> np.ndarray:
        """(words, dimensions) directions of words in a question."""
        found, rows = self.of(words)
        norms = np.linalg.norm(found, axis=1, keepdims=True)
        for word, row, norm in zip(words, rows, norms, strict=True):
            if row == NONE:
                raise KerasappError(_unknown(word, self.words))
            if norm == 0:
                raise KerasappError(f'the vector of "{word}" is all zeros: it is near to nothing')
        return found / norms

    def _cosines(self, directions: np.ndarray, among: int | None = None) -> np.ndarray:
        """(directions, words) cosines with the first `among` words; 0 with a vector of zeros."""
        norms = self.norms[:among]
        return (directions @ self.matrix[:among].T) / np.where(norms > 0, norms, 1)

    def _best(self, scores: np.ndarray, asked: Iterable[str], count: int) -> Answers:
        """The best of (words,) scores. All that reach the last place are sorted, so that ties are not cut by chance."""
        own = [self.index[word] for word in asked if word in self.index]
        scores[[row for row in own if row < len(scores)]] = -np.inf
        scores[self.norms[: len(scores)] == 0] = -np.inf
        count = min(count, int(np.isfinite(scores).sum()))
        if count < 1:
            return []
        reach = np.flatnonzero(scores >= np.partition(scores, -count)[-count])
        best = reach[np.argsort(-scores[reach], kind="stable")][:count]
        return [{"word": self.words[row], "similarity": float(scores[row])} for row in best]


def of(word: str | Path, root: Path = Path()) -> Vectors:
    """The vectors of a run (a path, `latest`, a prefix of its name), a file or a SavedModel. Raises KerasappError."""
    return Vectors(*vector_files.read(Path(word))) if is_file(word) else of_run(Run.open(word, root))


def is_file(word: str | Path) -> bool:
    """Whether it names a file of vectors or a SavedModel, not a run. Raises DataError where that file is not there."""
    path = Path(word)
    if path.suffix in SUFFIXES and not path.exists():
        raise DataError(word, "no such file")
    return path.is_file() or is_savedmodel(path)


def of_run(run: Run) -> Vectors:
    """The vectors that a finished run of word vectors has. Raises RunError."""
    if not (run.path / FILE).is_file():
        raise RunError(run.path, f"has no {FILE}: it is no run of word vectors, or did not finish")
    return Vectors(*vector_files.read(run.path / FILE))


def write(path: Path, vectors: Vectors, format: str = "npz") -> None:
    """Writes a file in one of `vector_files.WRITERS`, whole or not at all."""
    vector_files.write(path, format, Table(vectors.words, vectors.matrix, vectors.counts, vectors.ngrams))


def neighbourhoods(a: Vectors, b: Vectors, most: int = 1000, count: int = 10) -> dict[str, Any]:
    """How far two vector spaces agree, whatever their axes: the nearest of words, among those that both have.

    Gives {"words", "common", "overlap", "differ_most"}: for the `most` frequent of the common words the mean Jaccard
    index of their `count` nearest in `a` and in `b`, None with fewer than two common words; and the words where it is
    least, {"word", "overlap", "a", "b"} with the neighbours in both.
    """
    common = sorted(a.index.keys() & b.index.keys(), key=lambda word: (a.index[word] + b.index[word], word))
    rows = np.arange(min(most, len(common)))
    told = {"words": len(rows), "common": len(common), "overlap": None, "differ_most": []}
    if len(common) < 2:
        return told
    near = [of.only(common).neighbours(rows, count)[0] for of in (a, b)]
    shared = (near[0][:, :, None] == near[1][:, None, :]).sum(axis=(1, 2))
    overlap = shared / (2 * near[0].shape[1] - shared)
    differing = [row for row in np.argsort(overlap, kind="stable")[:DIFFERING] if overlap[row] < 1]
    told["overlap"] = float(overlap.mean())
    told["differ_most"] = [
        {"word": common[row], "overlap": float(overlap[row])}
        | {name: [common[other] for other in of[row]] for name, of in zip("ab", near, strict=True)}
        for row in differing
    ]
    return told


def _unknown(word: str, words: Sequence[str]) -> str:
    """Names the nearest spellings: the same but for case, else of similar length with the same first or last letter."""
    folded = word.casefold()
    found = [other for other in words if other.casefold() == folded]
    if not found and word:
        alike = [
            other
            for other in words
            if abs(len(other) - len(word)) <= 2 and (other[:1] == word[0] or other[-1:] == word[-1])
        ]
        found = get_close_matches(word, alike, OFFERED)
    offered = ", ".join(f'"{other}"' for other in found[:OFFERED])
    return f'"{word}" is not among the {counted(len(words), "word")}' + (f": did you mean {offered}?" if found else "")
