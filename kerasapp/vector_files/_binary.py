"""word2vec's binary form: after the header a word, a blank and float32 numbers, little-endian, again and again."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from kerasapp.errors import DataError
from kerasapp.names import counted
from kerasapp.vector_files._table import Table, check_words, quoted, undecodable

NUMBER = np.dtype("<f4")
LONGEST = 1 << 16  # bytes of a word


def read(chunks: Iterator[bytes], path: Path, header: tuple[int, int]) -> Table:
    """The words of a whole file, whose first line is the `header` (count, dimensions)."""
    count, dimensions = header
    words: list[str] = []
    matrix = np.empty((0, dimensions), np.float32)
    rest = next(chunks).partition(b"\n")[2]
    while True:
        pairs, rest = _records(rest, count - len(words), NUMBER.itemsize * dimensions)
        words += [_decoded(word, path, number) for number, (word, _) in enumerate(pairs, len(words) + 1)]
        matrix.resize((len(words), dimensions), refcheck=False)
        block = matrix[len(words) - len(pairs) :]
        block[:] = np.frombuffer(b"".join(row for _, row in pairs), NUMBER).reshape(-1, dimensions)
        if not np.isfinite(block).all():
            at = len(words) - len(pairs) + int(np.argmin(np.isfinite(block).all(axis=1)))
            told = f"word {at + 1}, {quoted(words[at])}: its vector is not finite: damaged, or a wrong header"
            raise DataError(path, told)
        if len(words) < count and len(rest) > LONGEST + NUMBER.itemsize * dimensions:
            raise DataError(path, f"word {len(words) + 1}: does not end: damaged, or a wrong header")
        chunk = next(chunks, b"")
        if not chunk:
            break
        rest += chunk
    if len(words) < count:
        told = f"{len(words)} are whole: cut short, or a wrong header"
        raise DataError(path, f"the header promises {counted(count, 'word')}, {told}")
    if rest.strip(b"\n"):
        raise DataError(path, f"more follows after the {counted(count, 'word')} of its header: a wrong header")
    return Table(words, matrix)


def write(stream: BinaryIO, table: Table) -> None:
    """As gensim and the original read it."""
    check_words(table.words, "word2vec_binary")
    count, dimensions = table.matrix.shape
    stream.write(f"{count} {dimensions}\n".encode())
    for word, row in zip(table.words, table.matrix.astype(NUMBER, copy=False), strict=True):
        stream.write(word.encode() + b" " + row.tobytes())


def _records(data: bytes, most: int, width: int) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """At most so many (word, numbers) that are whole in `data`, and what is left. The original ends each by a \\n."""
    pairs, at = [], 0
    while len(pairs) < most:
        blank = data.find(b" ", at)
        end = blank + 1 + width
        if blank < 0 or end > len(data):
            break
        pairs.append((data[at:blank].lstrip(b"\n"), data[blank + 1 : end]))
        at = end
    return pairs, data[at:]


def _decoded(word: bytes, path: Path, number: int) -> str:
    try:
        return word.decode()
    except UnicodeDecodeError as error:
        raise undecodable(f"{path}: word {number}", error) from None
