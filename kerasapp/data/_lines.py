"""Lines of text that stay on disk: where each begins is known, and it is read when it is asked for."""

import codecs
import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np
import tensorflow as tf

from kerasapp.data._arrays import Ids, hashed, texts
from kerasapp.data._faults import refuse
from kerasapp.data._files import shown, undecodable
from kerasapp.errors import DataError
from kerasapp.types import Feature

CHUNK = 2**22  # bytes read at a time
AT_ONCE = 16_384  # lines
INK = np.ones(256, bool)  # by byte: whether a line that has it is more than blanks
INK[list(b" \t\v\f\r\n")] = False


@dataclass(frozen=True)
class LinesOfFile:
    """One file: at which byte each line that isn't blank begins, and before which of them blank ones were passed."""

    path: Path
    starts: np.ndarray  # (lines,) uint32, or int64 of a file of 4 GiB and more
    blanks: np.ndarray  # (blank lines,) ascending: the number, among those kept, of the line that follows
    size: int
    changed: int  # the time of its last change, in nanoseconds

    def __len__(self) -> int:
        return len(self.starts)

    def number(self, line: int) -> int:
        """Of a kept line, its number in the file, from 1."""
        return line + 1 + int(np.searchsorted(self.blanks, line, "right"))

    def read(self, first: int, last: int) -> list[bytes]:
        """The kept lines from one to before another, without their ends. Raises DataError where it has changed."""
        begin = int(self.starts[first])
        end = int(self.starts[last]) if last < len(self) else self.size
        with open(self.path, "rb", buffering=0) as stream:
            about = os.fstat(stream.fileno())
            if (about.st_size, about.st_mtime_ns) != (self.size, self.changed):
                raise DataError(shown(self.path), "has changed since it was looked at. Start anew")
            content = b"".join(_parts(stream, begin, end))
        bounds = [*(self.starts[first:last].astype(np.int64) - begin).tolist(), end - begin]
        return [content[a:b].partition(b"\n")[0].rstrip(b"\r") for a, b in pairwise(bounds)]


class Lines:
    """A Split of the lines of files, `text` each. In memory are 4 bytes a line, and 8 more when they were hashed."""

    random_access = True

    def __init__(self, files: list[LinesOfFile]):
        self.features = {"text": Feature("string")}
        self._files = files
        self._ends = list(accumulate(map(len, files)))
        self.ids = Ids(range(len(self)), self._id)

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def gather(self, indices: tf.Tensor) -> dict[str, tf.Tensor]:
        """(batch,) int64 -> (batch,) string."""
        lines = tf.numpy_function(self._gathered, [indices], tf.string, stateful=False)
        lines.set_shape(indices.shape)
        return {"text": lines}

    def column(self, feature: str) -> np.ndarray:
        """All of them, in memory."""
        if feature != "text":
            raise KeyError(feature)
        return texts(line.decode(errors="replace") for line in self.stream())

    def fingerprints(self) -> np.ndarray:
        return self._fingerprints

    @cached_property
    def _fingerprints(self) -> np.ndarray:
        return hashed(self.stream())

    def stream(self) -> Iterator[bytes]:
        """Every line, in order; in memory are some thousands, of long ones those that begin within CHUNK bytes."""
        for file in self._files:
            first = 0
            while first < len(file):
                enough = bisect_left(file.starts, int(file.starts[first]) + CHUNK, first + 1)
                last = min(enough, first + AT_ONCE)
                yield from file.read(first, last)
                first = last

    def _gathered(self, indices: np.ndarray) -> np.ndarray:
        found: list[bytes] = []
        breaks = np.flatnonzero(np.diff(indices) != 1) + 1
        for run in np.split(indices, breaks) if len(indices) else ():  # neighbours are read in one piece
            found += self._neighbours(int(run[0]), int(run[-1]) + 1)
        return np.array(found, object)

    def _neighbours(self, first: int, last: int) -> list[bytes]:
        found: list[bytes] = []
        while first < last:
            file, line = self._at(first)
            until = min(line + last - first, len(file))
            found += file.read(line, until)
            first += until - line
        return found

    def _id(self, row: int) -> str:
        file, line = self._at(row)
        return f"{file.path.name}:{file.number(line)}"

    def _at(self, row: int) -> tuple[LinesOfFile, int]:
        """The file that a line stands in, and which of its lines it is."""
        place = bisect_right(self._ends, row)
        return self._files[place], row - (self._ends[place] - len(self._files[place]))


def lines_of(path: Path) -> LinesOfFile:
    """Where the lines of a UTF-8 file begin, read once from end to end. Raises DataError."""
    changed = path.stat().st_mtime_ns if path.exists() else 0
    starts, full, position, number = [], [], 0, 0
    decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
    begin, seen = 0, False
    for chunk in _chunks(path):
        decoder = decoder and _decoded(path, decoder, chunk, position, number)
        mark = len(codecs.BOM_UTF8) if not position and chunk.startswith(codecs.BOM_UTF8) else 0
        begin, seen = _scan(chunk[mark:], position + mark, max(begin, mark), seen, starts, full)
        position += len(chunk)
        number += chunk.count(b"\n")
    if decoder is not None:
        _decoded(path, decoder, b"", position, number)
    begins, kept = np.concatenate([*starts, [begin]]), np.concatenate([*full, [seen]])
    dtype = np.uint32 if position < 2**32 else np.int64
    blanks = np.cumsum(kept)[~kept]
    return LinesOfFile(path, begins[kept].astype(dtype), blanks.astype(dtype), position, changed)


def _parts(stream: BinaryIO, begin: int, end: int) -> Iterator[bytes]:
    """What stands between two places; the system gives at most 2 GiB at a time."""
    while begin < end and (part := os.pread(stream.fileno(), end - begin, begin)):
        yield part
        begin += len(part)


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with open(path, "rb", buffering=0) as stream:
            while chunk := stream.read(CHUNK):
                yield chunk
    except OSError as error:
        raise DataError(shown(path), f"can't be read: {error.strerror}") from None


def _scan(chunk: bytes, position: int, begin: int, seen: bool, starts: list, full: list) -> tuple[int, bool]:
    """Adds where lines that end in a chunk began, and whether each is more than blanks; gives both of its rest."""
    array = np.frombuffer(chunk, np.uint8)
    ends = np.flatnonzero(array == ord("\n"))
    ink = np.add.accumulate(INK[array], dtype=np.int32)
    if not len(ends):
        return begin, seen or bool(ink[-1:].any())
    counts = np.diff(ink[ends], prepend=0) > 0
    counts[0] |= seen
    starts.append(np.concatenate([[begin], ends[:-1] + 1 + position]))
    full.append(counts)
    return int(ends[-1]) + 1 + position, bool(ink[-1] > ink[ends[-1]])


def _decoded(
    path: Path, decoder: codecs.IncrementalDecoder, chunk: bytes, position: int, number: int
) -> codecs.IncrementalDecoder | None:
    """Refuses the first byte of a file that is not UTF-8; None where that was passed over."""
    try:
        decoder.decode(chunk, final=not chunk)
        return decoder
    except UnicodeDecodeError as error:
        before = len(error.object) - len(chunk)
        line = number + 1 + error.object[before : error.start].count(b"\n")
        at = position - before + error.start
        told = undecodable(error.object[error.start], at, error.encoding)
        refuse(DataError(f"{shown(path)}:{line}", f"{told}. Convert the file to UTF-8"))
        return None
