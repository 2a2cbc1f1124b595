"""NumPy's archive: `words` and `vectors`, as a run keeps them, or as anybody may save them.

A run has `words` as UTF-8 bytes with `words|offsets` (words + 1,), as its samples of text, and `counts`, uncompressed.
Of fastText there are `ngrams` (buckets, dimensions) and `ngrams|lengths`, their least and most characters. An array of
strings is read as well.
"""

import zipfile
import zlib
from itertools import accumulate, pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np

from kerasapp.errors import DataError
from kerasapp.names import lacking
from kerasapp.vector_files._table import Ngrams, Table, quoted, undecodable

OFFSETS, NGRAMS, LENGTHS = "words|offsets", "ngrams", "ngrams|lengths"
NAMES = ("words", OFFSETS, "counts", "vectors", NGRAMS, LENGTHS)


def read(path: Path) -> Table:
    """The arrays of a file, checked against each other."""
    try:
        with np.load(path) as stored:
            arrays = {name: stored[name] for name in NAMES if name in stored.files}
            there = stored.files
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, TypeError, RuntimeError) as error:
        hint = ". Save words as an array of strings" if "pickle" in str(error) else ": cut short or damaged"
        raise DataError(path, f"is no npz of plain arrays{hint}") from None
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):  # NumPy gives the bytes of what is no array
            raise DataError(path, f"is no npz of plain arrays: {name} is none")
    for name in ("words", "vectors"):
        if name not in arrays:
            raise DataError(path, lacking("array", name, there))
    words, matrix = _words(arrays, path), arrays["vectors"]
    counts = arrays.get("counts")
    if matrix.ndim != 2 or matrix.dtype.kind != "f" or len(matrix) != len(words) or not matrix.size:
        told = f"{matrix.dtype} of shape {matrix.shape}. Expected: a row of floating point numbers for each of"
        raise DataError(path, f"vectors is {told} {len(words)} words")
    matrix = _single(matrix)
    if not np.isfinite(matrix).all():
        at = int(np.argmin(np.isfinite(matrix).all(axis=1)))
        raise DataError(path, f"the vector of {quoted(words[at])} is not finite")
    if counts is not None and (counts.shape != (len(words),) or counts.dtype.kind not in "iuf"):
        told = f"{counts.dtype} of shape {counts.shape}. Expected: a number for each of {len(words)} words"
        raise DataError(path, f"counts is {told}")
    return Table(words, matrix, counts, _ngrams(arrays, matrix.shape[1], path))


def write(stream: BinaryIO, table: Table) -> None:
    """As a run keeps them."""
    encoded = [word.encode() for word in table.words]
    arrays = {
        "words": np.frombuffer(b"".join(encoded), np.uint8),
        OFFSETS: np.array([0, *accumulate(map(len, encoded))], np.int64),
        "vectors": np.asarray(table.matrix, np.float32),
    }
    if table.counts is not None:
        arrays["counts"] = np.asarray(table.counts, np.int64)
    if table.ngrams is not None:
        rows, *lengths = table.ngrams
        arrays |= {NGRAMS: np.asarray(rows, np.float32), LENGTHS: np.array(lengths, np.int64)}
    np.savez(stream, **arrays)


def _ngrams(arrays: dict[str, np.ndarray], dimensions: int, path: Path) -> Ngrams | None:
    """None where a file has none. Raises DataError."""
    rows, lengths = (arrays.get(name) for name in (NGRAMS, LENGTHS))
    if rows is None and lengths is None:
        return None
    if rows is None or rows.ndim != 2 or rows.dtype.kind != "f" or rows.shape[1] != dimensions or not len(rows):
        told = "is missing" if rows is None else f"is {rows.dtype} of shape {rows.shape}"
        raise DataError(path, f"{NGRAMS} {told}. Expected: rows of {dimensions} floating point numbers, as vectors has")
    fits = lengths is not None and lengths.dtype.kind in "iu" and lengths.shape == (2,)
    if not fits or not 1 <= lengths[0] <= lengths[1]:
        told = "is missing" if lengths is None else f"is {lengths.tolist()}"
        raise DataError(path, f"{LENGTHS} {told}. Expected: the least and the most characters of an n-gram")
    rows = _single(rows)
    if not np.isfinite(rows).all():
        raise DataError(path, f"row {int(np.argmin(np.isfinite(rows).all(axis=1)))} of {NGRAMS} is not finite")
    return Ngrams(rows, *lengths.tolist())


def _single(matrix: np.ndarray) -> np.ndarray:
    """In float32; what is beyond it is infinite."""
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(matrix, np.float32)


def _words(arrays: dict[str, np.ndarray], path: Path) -> list[str]:
    """From bytes and offsets, or from an array of strings. Raises DataError."""
    words, offsets = arrays["words"], arrays.get(OFFSETS)
    try:
        if offsets is not None:
            whole = offsets.ndim == 1 and offsets.dtype.kind in "iu"
            if words.dtype != np.uint8 or not whole or np.any(np.diff(offsets, prepend=0, append=words.size) < 0):
                raise DataError(path, f"{OFFSETS} does not fit words")
            data = words.tobytes()
            return [data[start:end].decode() for start, end in pairwise(offsets.tolist())]
        if words.ndim == 1 and words.dtype.kind in "US":
            return [word.decode() if isinstance(word, bytes) else word for word in words.tolist()]
    except UnicodeDecodeError as error:
        raise undecodable(f"{path}: words", error) from None
    raise DataError(path, f"words is {words.dtype} of shape {words.shape}. Expected: an array of strings")
