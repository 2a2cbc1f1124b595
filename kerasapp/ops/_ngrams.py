"""The n-grams of words, by the row of a table that each shares with others (Bojanowski et al., 2017, arXiv:1607.04606).

A word stands in < and >, so that its beginning and its end are told from its middle. Its n-grams are all runs of
`min_n` to `max_n` of its characters (a character is a byte and the continuation bytes of UTF-8 behind it), the whole
of <word> among them where it is that short, but for < and > alone. The row is the n-gram's hash modulo the number of
rows: section 3.2's FNV-1a, in which the authors' program takes a byte from 128 on for a negative number. Without
TensorFlow; `_ngram_ops` is the same in its ops.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

BEGIN, END = b"<", b">"
OFFSET, PRIME = 2166136261, 16777619  # of FNV-1a, 32 bits
LONGEST_CHARACTER = 4  # bytes
AT_ONCE = 1 << 17  # rows that are added up together: 52 MB of 100 dimensions


class Groups(NamedTuple):
    """The n-grams of word w: `members[starts[w] : starts[w + 1]]`, as often as the word has them."""

    starts: np.ndarray
    """(words + 1,) int64."""
    members: np.ndarray
    """(n-grams of all words,) int32."""

    @property
    def sizes(self) -> np.ndarray:
        """(words,) how many n-grams each word has."""
        return np.diff(self.starts)

    def rows(self, words: np.ndarray) -> np.ndarray:
        """(rows,) int64, ascending: those of the n-grams of words, which are given by number, negative of none."""
        there = np.zeros(len(self.starts) - 1, bool)
        there[words[words >= 0]] = True
        used = np.zeros(self.members.max(initial=-1) + 1, bool)
        used[self.members[np.repeat(there, self.sizes)]] = True
        return np.flatnonzero(used)

    def renumbered(self, rows: np.ndarray) -> "Groups":
        """For a table of these rows alone; words with others must not be asked for."""
        places = np.zeros(self.members.max(initial=-1) + 1, np.int32)
        places[rows] = np.arange(len(rows))
        return Groups(self.starts, places[self.members])

    def sums(self, table: np.ndarray) -> np.ndarray:
        """(words, dimensions) sums of the members' rows of a table (rows, dimensions); zeros of an empty group."""
        found = np.zeros((len(self.starts) - 1, table.shape[1]), table.dtype)
        words = np.flatnonzero(self.sizes)
        pieces = min(-(-len(self.members) // AT_ONCE), len(words))
        for part in np.array_split(words, pieces) if pieces else []:
            begin, end = self.starts[part[0]], self.starts[part[-1] + 1]
            found[part] = np.add.reduceat(table[self.members[begin:end]], self.starts[part] - begin, axis=0)
        return found


def groups(words: Sequence[str], min_n: int, max_n: int, buckets: int) -> Groups:
    """In the order of the authors' program: by where an n-gram begins, and then by its length."""
    wrapped = [BEGIN + word.encode("utf-8", "surrogatepass") + END for word in words]
    content = np.frombuffer(b"".join(wrapped), np.uint8)
    ends = np.cumsum([len(word) for word in wrapped], dtype=np.int64)
    owners = np.repeat(np.arange(len(words)), np.diff(ends, prepend=0))  # the word of each byte
    heads = np.append((content & 0xC0) != 0x80, True)  # where a character begins
    signed = content.view(np.int8).astype(np.uint32)
    first, last = np.append(0, ends[:-1])[owners], ends[owners]
    begins = np.flatnonzero(heads[:-1])
    hashes, lengths = np.full(len(begins), OFFSET, np.uint32), np.zeros(len(begins), np.int64)
    found = []
    for step in range(LONGEST_CHARACTER * max_n):
        places = begins + step
        inside = places < last[begins]
        begins, places, hashes, lengths = begins[inside], places[inside], hashes[inside], lengths[inside]
        hashes = (hashes ^ signed[places]) * np.uint32(PRIME)
        lengths = lengths + heads[places]
        at_end = places + 1 == last[begins]
        whole = (at_end | heads[places + 1]) & (lengths >= min_n) & (lengths <= max_n)
        whole &= (lengths > 1) | ((begins > first[begins]) & ~at_end)
        found.append((begins[whole], hashes[whole] % np.uint32(buckets)))
    return _sorted(found, owners, len(words))


def _sorted(found: list[tuple[np.ndarray, np.ndarray]], owners: np.ndarray, words: int) -> Groups:
    """From the places where n-grams begin and their rows, the shortest n-grams first."""
    begins, members = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(begins, kind="stable")
    sizes = np.bincount(owners[begins], minlength=words)
    return Groups(np.append(0, np.cumsum(sizes)).astype(np.int64), members[order].astype(np.int32))
