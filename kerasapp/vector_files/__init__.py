"""Files of word vectors as others write and read them: a word, its numbers, the most frequent word first.

word2vec's text and binary form (Mikolov et al., 2013: a header `COUNT DIMENSIONS`, then words and their numbers),
GloVe's text (Pennington et al., 2014: the same without a header; fastText's .vec has one), and npz. What a file is, is
told by its content, whatever it is called; `.gz` is read as well, and so is a SavedModel that kerasapp exported. Left
out: fastText's own .bin, which holds a model, and gensim's pickles.
"""

import codecs
import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from kerasapp.errors import DataError
from kerasapp.files import is_savedmodel, naming, replacing
from kerasapp.vector_files import _binary, _npz, _savedmodel, _text
from kerasapp.vector_files._savedmodel import VOCABULARY
from kerasapp.vector_files._table import Ngrams, Table, unique

CHUNK = 1 << 22  # bytes read at a time
GZIP, ZIP, FASTTEXT = b"\x1f\x8b", b"PK\x03\x04", b"\xba\x16\x4f\x2f"
HEADER = re.compile(rb"[ \t]*(\d{1,18})[ \t]+(\d{1,18})[ \t\r]*")
MOST = 1 << 20  # dimensions
CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # what no line of text holds
WRITERS = {"word2vec_text": _text.write, "word2vec_binary": _binary.write, "npz": _npz.write}
__all__ = ["VOCABULARY", "Ngrams", "Table", "read", "write"]
NO_VECTORS = "holds no word vectors: neither word2vec's text or binary form, nor GloVe's text, nor an npz"


def read(path: Path) -> Table:
    """Words, a float32 matrix (words, dimensions) and, where the file has them, counts; of a SavedModel's folder too.

    Of a word that is there twice the first is kept, with a warning. Raises DataError with the line, or in a binary file
    the word, that can't be read.
    """
    path = Path(path)
    if is_savedmodel(path):
        return _savedmodel.read(path)
    with naming(path), open(path, "rb") as stream:
        start = stream.read(4)
        stream.seek(0)
        if start.startswith(ZIP):
            return unique(_npz.read(path), path)
        if start == FASTTEXT:
            raise DataError(path, "is a fastText model in its own format. Give the .vec file that stands beside it")
        if not start.startswith(GZIP):
            return unique(_read(stream, path), path)
        try:
            with gzip.open(stream) as unpacked:
                return unique(_read(unpacked, path), path)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DataError(path, f"can't be unpacked ({error}): cut short or damaged") from None


def write(path: Path, format: str, table: Table) -> None:
    """Writes one of WRITERS, whole or not at all. Raises DataError for a word that the format can't hold."""
    with replacing(path) as beside, open(beside, "wb") as stream:
        WRITERS[format](stream, table)


def _read(stream: BinaryIO, path: Path) -> Table:
    """A text or binary form, told by the first line and by what follows it."""
    first = stream.read(CHUNK).removeprefix(codecs.BOM_UTF8)
    if not first.strip():
        raise DataError(path, "is empty")
    line, _, after = first.partition(b"\n")
    header = HEADER.fullmatch(line)
    chunks = _chunks(first, stream)
    if header is None:
        if CONTROL.search(first[:1024]):
            raise DataError(path, NO_VECTORS)
        return _text.read(chunks, path)
    count, dimensions = map(int, header.groups())
    if not count or not 0 < dimensions <= MOST:
        raise DataError(f"{path}:1", f"a header that promises {count} words of {dimensions} dimensions")
    form = _binary if _is_binary(after, dimensions) else _text
    return form.read(chunks, path, (count, dimensions))


def _chunks(first: bytes, stream: BinaryIO) -> Iterator[bytes]:
    yield first
    while chunk := stream.read(CHUNK):
        yield chunk


def _is_binary(after: bytes, dimensions: int) -> bool:
    """Whether what follows the header are float32 numbers: their bytes hold what no text does."""
    line = after.partition(b"\n")[0]
    if _text.numbers(line, dimensions) is not None:
        return False
    numbers = after[after.find(b" ") + 1 :][: np.dtype(np.float32).itemsize * dimensions]
    if CONTROL.search(numbers):
        return True
    try:
        numbers.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.end < len(numbers)  # else a letter that the cut went through
    return False
