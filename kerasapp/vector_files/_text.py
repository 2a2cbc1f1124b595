"""word2vec's text form and GloVe's: lines of a word and its numbers, with or without a header.

A line ends with a line feed alone. A word may hold blanks ("at name@domain.com" in GloVe's vectors of Common Crawl):
the numbers are counted from the right.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np

from kerasapp.errors import DataError
from kerasapp.names import counted
from kerasapp.vector_files._decimals import decimals
from kerasapp.vector_files._table import Table, check_words, quoted, undecodable

LONGEST = 1 << 26  # bytes of a line
LOOKED_AT = 100  # lines, for the number of dimensions that most of them have
AT_ONCE = 10_000  # lines written together
IN_CACHE = 10_000  # numbers read together: twice as fast as 100 000, which don't fit the processor's cache
LARGEST = float(np.finfo(np.float32).max)
NINE_DIGITS = "%.9g"  # enough for any float32 to come back equal


def read(chunks: Iterator[bytes], path: Path, header: tuple[int, int] | None = None) -> Table:
    """The words of a whole file, whose first line is the `header` (count, dimensions) if there is one."""
    count, dimensions = header or (None, None)
    words: list[str] = []
    matrix = np.empty((0, dimensions or 0), np.float32)
    for number, lines in _blocks(chunks, path):
        if header and number == 1:
            number, lines = 2, lines[1:]
        if dimensions is None:
            dimensions = _dimensions(lines, path)
            matrix = np.empty((0, dimensions), np.float32)
        new, values = _fast(lines, dimensions) or _careful(lines, dimensions, path, number)
        words += new
        matrix.resize((len(words), dimensions), refcheck=False)  # in place: a second copy may not fit
        matrix[len(words) - len(new) :] = values
    if count is not None and len(words) != count:
        told = f"the header promises {counted(count, 'word')}, {len(words)} follow: cut short, or a wrong header"
        raise DataError(f"{path}:1", told)
    return Table(words, matrix)


def write(stream: BinaryIO, table: Table) -> None:
    """With a header, as gensim and the original read it."""
    check_words(table.words, "word2vec_text")
    count, dimensions = table.matrix.shape
    stream.write(f"{count} {dimensions}\n".encode())
    form = " ".join(["%s"] + dimensions * [NINE_DIGITS]) + "\n"
    for at in range(0, count, AT_ONCE):
        rows = zip(table.words[at : at + AT_ONCE], table.matrix[at : at + AT_ONCE].tolist(), strict=True)
        stream.write("".join(form % (word, *row) for word, row in rows).encode())


def numbers(line: bytes, dimensions: int) -> list[float] | None:
    """The numbers of a line, or None where it isn't a word and so many numbers."""
    _, *fields = line.rsplit(None, dimensions) or [b""]
    try:
        return [float(field) for field in fields] if len(fields) == dimensions else None
    except ValueError:
        return None


def _blocks(chunks: Iterator[bytes], path: Path) -> Iterator[tuple[int, list[bytes]]]:
    """The number of a first line, from 1, and some lines."""
    number, rest = 1, b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if lines:
            yield number, lines
        number += len(lines)
        if len(rest) > LONGEST:
            raise DataError(f"{path}:{number}", f"a line of more than {LONGEST >> 20} MiB: no text of vectors")
    if rest:
        yield number, [rest]


def _dimensions(lines: list[bytes], path: Path) -> int:
    """Most lines have one field more than dimensions; the first may not be one of two fields, a spoilt header."""
    sizes = Counter(islice(filter(None, (len(line.split()) for line in lines)), LOOKED_AT))
    dimensions = sizes.most_common(1)[0][0] - 1
    if len(lines[0].split()) == 2 < dimensions + 1:
        told = f"is neither a header of two whole numbers nor a word and {counted(dimensions, 'number')}"
        raise DataError(f"{path}:1", told)
    if dimensions < 1:
        raise DataError(f"{path}:1", "a word without numbers: no file of word vectors")
    return dimensions


def _fast(lines: list[bytes], dimensions: int) -> tuple[list[str], np.ndarray] | None:
    """All at once where every line is a word without blanks and numbers with one blank between; else None."""
    pairs = [line.rstrip().split(b" ", 1) for line in lines]
    if not all(len(pair) == 2 and pair[0] and pair[1].count(b" ") == dimensions - 1 for pair in pairs):
        return None
    step = max(1, IN_CACHE // dimensions)
    parts = [pairs[at : at + step] for at in range(0, len(pairs), step)]
    try:
        values = np.concatenate([decimals(b" ".join(pair[1] for pair in part)) for part in parts])
        words = b"\n".join(pair[0] for pair in pairs).decode().split("\n")
    except ValueError:
        return None
    if not np.isfinite(values).all():
        return None
    return words, values.reshape(-1, dimensions)


def _careful(lines: list[bytes], dimensions: int, path: Path, first: int) -> tuple[list[str], np.ndarray]:
    """A line at a time. Raises DataError with the number of the line at fault."""
    words, rows = [], []
    for number, line in enumerate(lines, first):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        row = numbers(line, dimensions)
        if row is None or (len(line.split()) > dimensions + 1 and numbers(line, dimensions + 1) is not None):
            raise DataError(where, _complaint(line, dimensions))
        try:
            word = line.rstrip().rsplit(None, dimensions)[0].decode()
        except UnicodeDecodeError as error:
            raise undecodable(where, error) from None
        if not all(abs(value) <= LARGEST for value in row):
            raise DataError(where, f"the vector of {quoted(word)} is not finite")
        words.append(word)
        rows.append(row)
    return words, np.array(rows, np.float32).reshape(-1, dimensions)


def _complaint(line: bytes, dimensions: int) -> str:
    """What is wrong with a line that isn't a word and so many numbers."""
    fields = [field.decode(errors="replace") for field in line.split()]
    wrong = [field for field in fields[1:][-dimensions:] if not _is_number(field)]
    if wrong and len(fields) > dimensions:
        return f"{quoted(wrong[0])} is no number"
    return f"{counted(len(fields) - 1, 'number')} where {dimensions} are expected"


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
