"""What every format holds."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kerasapp.errors import DataError, in_one_line
from kerasapp.names import counted, some
from kerasapp.ops._ngrams import groups

log = logging.getLogger("kerasapp")
NAMED = 3  # words of a warning
LONGEST_SHOWN = 40  # letters of what a message quotes


class Ngrams(NamedTuple):
    """What fastText makes vectors of unseen words of: a float32 matrix (buckets, dimensions), and how long n-grams are.

    They are hashed to its rows by `ops._ngrams`.
    """

    rows: np.ndarray
    min_n: int
    max_n: int

    def vectors(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(words, dimensions) means of the n-grams of each word, and (words,) bool, whether it has any; else zeros."""
        found = groups(words, self.min_n, self.max_n, len(self.rows))
        sizes = found.sizes[:, None]
        return found.sums(self.rows) / np.maximum(sizes, 1).astype(np.float32), sizes[:, 0] > 0


class Table(NamedTuple):
    """Words and, in their order, a float32 matrix (words, dimensions) and int64 counts (words,), if known.

    fastText's have n-grams as well, which only npz holds.
    """

    words: list[str]
    matrix: np.ndarray
    counts: np.ndarray | None = None
    ngrams: Ngrams | None = None


def unique(table: Table, path: Path) -> Table:
    """The first of each word; a warning names others."""
    first = dict(zip(reversed(table.words), range(len(table.words) - 1, -1, -1), strict=True))
    if len(first) == len(table.words):
        return table
    kept = np.sort(np.fromiter(first.values(), np.int64, len(first)))
    twice = np.setdiff1d(np.arange(len(table.words)), kept)
    named = some([quoted(table.words[at]) for at in twice], NAMED)
    log.warning("%s: %s there before, left out: %s", path, counted(len(twice), "word"), named)
    counts = None if table.counts is None else table.counts[kept]
    return Table([table.words[at] for at in kept], table.matrix[kept], counts, table.ngrams)


def quoted(text: str) -> str:
    """In quotation marks, in one line, and not at length: a field of a file that is something else may be anything."""
    shown = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
    return f'"{in_one_line(shown)}"'


def undecodable(where: str, error: UnicodeDecodeError) -> DataError:
    """Names the byte that is not UTF-8."""
    byte = error.object[error.start]
    before = quoted(error.object[max(0, error.start - LONGEST_SHOWN) : error.start].decode(errors="ignore"))
    return DataError(where, f"is not UTF-8: byte 0x{byte:02x} after {before}. Write the file as UTF-8")


def check_words(words: list[str], format: str) -> None:
    """Raises DataError for a word that would be taken for two, or for none."""
    for word in words:
        if not word or any(sign in word for sign in " \t\n\r"):
            raise DataError(repr(word), f"can't stand in {format}, which ends a word at a blank. Take npz")
