"""How often words stand near each other, counted on disk, so that the counts may be larger than memory (Pennington et
al., 2014, https://nlp.stanford.edu/pubs/glove.pdf).

Two words within the window of each other count 1/distance, on both sides (section 4.2). As in the authors' `cooccur`
pairs of frequent words are counted in a table, all others go to the disk in sorted parts, which are then merged; and as
in their `shuffle` the order at the end is random.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import numpy as np

from kerasapp.meter import Meter
from kerasapp.tasks._corpus import Corpus
from kerasapp.tasks._once import once

VERSION = 1  # goes up when counts would come out otherwise, so that kept ones are not used
TRIPLE = np.dtype([("pair", "<i4", 2), ("count", "<f4")])
FREQUENT = 2048  # words whose pairs are counted in a table, of 32 MB
KEYS = 2**23  # other pairs that are held in memory before they are sorted and written, 64 MB
RUN = 2**20  # words that are looked at together
TOGETHER = 2**22  # pairs that are merged, or brought into random order, together
FILES = 256  # open at once


@dataclass(frozen=True)
class Cooccurrences:
    """Triples in random order in an open file: two words, by their places in the vocabulary, and their count."""

    triples: BinaryIO
    length: int

    def read(self, first: int, count: int) -> np.ndarray:
        """(count,) TRIPLE from one place on; fewer at the end."""
        size = TRIPLE.itemsize
        return np.frombuffer(os.pread(self.triples.fileno(), size * count, size * first), TRIPLE)


def cooccurrences(corpus: Corpus, places: np.ndarray, window: int, cache: Path | None) -> Cooccurrences:
    """The counts of a corpus, found in the folder `cache` or made there.

    `places` (words of the corpus,) int32 are those in the vocabulary, the most frequent first, -1 of what ends a
    sentence, and below that of a word that is left out before windows are laid.
    """
    key = f"{VERSION} {corpus.key} {int(places.max()) + 1} {window}"
    return once(cache, "cooccurrences", key, lambda folder: _make(folder, corpus, places, window), _opened)


def _opened(folder: Path, key: str) -> Cooccurrences | None:
    try:
        length = int((folder / "length").read_text())
        stream = (folder / "triples").open("rb")
    except (OSError, ValueError):
        return None
    if os.fstat(stream.fileno()).st_size != length * TRIPLE.itemsize:
        stream.close()
        return None
    return Cooccurrences(stream, length)


def _make(folder: Path, corpus: Corpus, places: np.ndarray, window: int) -> None:
    words = int(places.max()) + 1
    with TemporaryDirectory(dir=folder) as aside:
        parts = _Parts(Path(aside))
        _count(corpus, places, words, window, parts)
        length = _shuffle(parts, words, folder / "triples")
    (folder / "length").write_text(str(length))


class _Parts:
    """Sorted parts of the counts on disk: codes of pairs, int64, each once in a part, and sums, float64. All stand one
    behind the other in two files, for more of them than files that may be open.
    """

    def __init__(self, folder: Path):
        self.folder, self._ends = folder, [0]

    @property
    def length(self) -> int:
        return self._ends[-1]

    def write(self, codes: np.ndarray, sums: np.ndarray) -> None:
        if not len(codes):
            return
        for name, values in (("codes", codes), ("sums", sums)):
            with open(self.folder / name, "ab") as stream:
                stream.write(values)
        self._ends.append(self.length + len(codes))

    def merged(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """All of them, ascending and each code once, about TOGETHER at a time."""
        if not self.length:
            return
        codes, sums = (
            [whole[begin:end] for begin, end in pairwise(self._ends)]
            for whole in (np.memmap(self.folder / "codes", np.int64, "r"), np.memmap(self.folder / "sums", float, "r"))
        )
        every = max(TOGETHER // len(codes), 1)
        marks = np.sort(np.concatenate([part[::every] for part in codes]))
        bounds = np.unique(np.append(marks[:: len(codes)], np.iinfo(np.int64).max))
        for low, high in pairwise(bounds):
            cuts = [slice(*np.searchsorted(part, [low, high])) for part in codes]
            yield _added(*(np.concatenate([part[cut] for part, cut in zip(of, cuts, strict=True)])
                           for of in (codes, sums)))  # fmt: skip


def _added(codes: np.ndarray, sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes ascending and each once, with the sums of equal ones."""
    order = np.argsort(codes, kind="stable")
    codes = codes[order]
    first = np.flatnonzero(np.diff(codes, prepend=-1))
    return codes[first], np.add.reduceat(sums[order], first)


def _count(corpus: Corpus, places: np.ndarray, words: int, window: int, parts: _Parts) -> None:
    """Writes the pairs of the corpus; of a pair and its opposite one, the smaller number first."""
    from kerasapp.ops import _cooccurrence_kernel as kernel  # brings numba, which only those pay for who need it

    table = np.zeros([min(words, FREQUENT)] * 2)
    keys, used = np.empty(max(KEYS, window), np.int64), 0

    def write() -> None:
        held = keys[:used]
        held.sort()
        parts.write(*kernel.summed(held, window))

    meter, tail = Meter("counting words near each other", corpus.length), np.zeros(0, np.int32)
    for first in range(0, corpus.length, RUN):
        ids = corpus.read(first, RUN)
        found = places[ids]
        tokens = np.concatenate([tail, found[found >= -1]])
        place = len(tail)
        while place < len(tokens):
            place, used = kernel.count(tokens, place, window, words, table, keys, used)
            if place < len(tokens):
                write()
                used = 0
        tail = tokens[-window:]
        meter.add(len(ids))
    meter.close()
    if used:
        write()
    codes = np.flatnonzero(table)
    low, high = np.divmod(codes, len(table))
    parts.write(low * words + high, table.ravel()[codes])


def _shuffle(parts: _Parts, words: int, path: Path) -> int:
    """Writes every pair, and its opposite one, as a TRIPLE: into files by chance, and each of these in random order."""
    draw = np.random.default_rng(0)
    count = int(np.clip(-(-2 * parts.length // TOGETHER), 1, FILES))
    files = [(parts.folder / f"triples-{number}").open("w+b") for number in range(count)]
    meter, length = Meter("bringing pairs of words into random order", 2 * parts.length), 0
    for codes, sums in parts.merged():
        triples = _both(codes, sums, words)
        chosen = draw.integers(count, size=len(triples))
        order, ends = np.argsort(chosen, kind="stable"), np.cumsum(np.bincount(chosen, minlength=count))
        for file, part in zip(files, np.split(triples[order], ends[:-1]), strict=True):
            file.write(part)
        length += len(triples)
        meter.add(len(codes))
    with open(path, "wb") as stream:
        for file in files:
            file.seek(0)
            part = np.fromfile(file, TRIPLE)
            file.close()
            Path(file.name).unlink()
            stream.write(part[draw.permutation(len(part))])
            meter.add(len(part) // 2)
    meter.close()
    return length


def _both(codes: np.ndarray, sums: np.ndarray, words: int) -> np.ndarray:
    """(triples,) TRIPLE: each pair in both orders; a word near itself is met from both sides, so it counts twice."""
    pairs = np.stack(np.divmod(codes, words), 1)
    others = pairs[:, 0] != pairs[:, 1]
    triples = np.empty(len(pairs) + int(others.sum()), TRIPLE)
    triples["pair"] = np.concatenate([pairs, pairs[others, ::-1]])
    triples["count"] = np.concatenate([np.where(others, sums, 2 * sums), sums[others]])
    return triples
