"""Text as numbers on disk: a word's number in four bytes, made once, so that a corpus may be larger than memory."""

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

import numpy as np

from kerasapp.errors import DataError
from kerasapp.meter import Meter
from kerasapp.tasks._once import once
from kerasapp.tasks._words import texts_of
from kerasapp.types import Split

VERSION = 3  # goes up when a corpus would come out otherwise, so that a kept one is not used
AT_ONCE = 8192  # lines
PIECE = 2**20  # characters of one line that are looked at together
END = 0
"""The number that ends a sentence; words count from 1."""
APOSTROPHES = "'\u2019"


@dataclass(frozen=True)
class Corpus:
    """The numbers of all words of a text in order, in the open file `ids`; `words` and their `counts` (words,) by
    number; `key`, which no other text has.
    """

    key: str
    ids: BinaryIO
    words: list[str]
    counts: np.ndarray
    length: int

    def read(self, first: int, count: int) -> np.ndarray:
        """(count,) int32 from one place on; fewer at the end."""
        return np.frombuffer(os.pread(self.ids.fileno(), 4 * count, 4 * first), "<i4")


def corpus_of(split: Split, *, tokens: str, lowercase: bool, cache: Path | None) -> Corpus:
    """The corpus of a split's `text`, found in the folder `cache` or made there. Raises DataError."""
    if "text" not in split.features:
        told = f"this task needs text, and the data has {', '.join(split.features)}. Set data.text, or take text_files"
        raise DataError(split.ids[0] if len(split) else "data", told)
    content = blake2b(split.fingerprints().tobytes()).hexdigest() if cache else ""
    key = f"{content} {tokens} {lowercase}"
    return kept_corpus(cache, key, lambda folder: _read(split, folder, tokens, lowercase))


def kept_corpus(cache: Path | None, key: str, make: Callable[[Path], None]) -> Corpus:
    """The corpus that `make` writes into a folder, made once."""
    return once(cache, "corpus", f"{VERSION} {key}", make, _opened)


def describe(folder: Path, words: list[str], counts: np.ndarray) -> None:
    """Writes what belongs beside `ids`: the words after the first, which ends sentences, and all counts."""
    np.save(folder / "counts", counts)
    (folder / "words").write_text("".join(f"{word}\n" for word in words[1:]), encoding="utf-8")


def _opened(folder: Path, key: str) -> Corpus | None:
    """None where it is not there, or not whole."""
    try:
        words = (folder / "words").read_text(encoding="utf-8").split("\n")[:-1]
        counts, stream = np.load(folder / "counts.npy"), (folder / "ids").open("rb")
    except (OSError, ValueError, EOFError):
        return None
    length = os.fstat(stream.fileno()).st_size // 4
    if len(counts) != len(words) + 1 or counts.sum() != length:
        stream.close()
        return None
    return Corpus(key, stream, ["", *words], counts, length)


def _read(split: Split, folder: Path, tokens: str, lowercase: bool) -> None:
    numbers: dict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    numbers["\n"] = END
    counts, find = np.zeros(0, np.int64), pattern(tokens).findall
    meter = Meter("reading words", len(split))
    with open(folder / "ids", "wb") as stream:
        for lines, text in _texts(split):
            found = find(text.lower() if lowercase else text)
            ids = np.fromiter(map(numbers.__getitem__, found), np.int32, len(found))
            seen = np.bincount(ids, minlength=len(numbers))
            seen[: len(counts)] += counts
            counts = seen
            stream.write(ids.astype("<i4", copy=False))  # `tofile` loses what a full disk does not take
            meter.add(lines)
    meter.close()
    describe(folder, list(numbers), counts)


def pattern(tokens: str) -> re.Pattern:
    """Finds words and ends of lines: `words` are letters and digits with an apostrophe within, `spaces` takes whatever
    stands between spaces.

    Marks go on with a word: Python's own class of letters leaves out the vowels of Indic scripts.
    """
    if tokens == "spaces":
        return re.compile(r"\S+|\n")
    marks = "".join(sign for sign in map(chr, range(0x300, 0x20000)) if unicodedata.category(sign)[0] == "M")
    word = rf"\w[\w{marks}]*"
    return re.compile(rf"{word}(?:[{APOSTROPHES}]{word})*|\n")


def _texts(split: Split) -> Iterator[tuple[int, str]]:
    """Some lines at a time, each with its end, and how many; a long line in pieces that end between words."""
    for texts in texts_of(split, AT_ONCE, 2 * PIECE):
        lines = texts.numpy()
        text = (b"\n".join(lines) + b"\n").decode(errors="replace")
        if len(text) <= 2 * PIECE:
            yield len(lines), text
            continue
        begin = 0
        while begin < len(text):
            end = _space(text, begin + PIECE)
            yield len(lines) if end >= len(text) else 0, text[begin:end]
            begin = end


def _space(text: str, place: int) -> int:
    """The first place from one on where no word is cut."""
    while place < len(text) and not text[place].isspace():
        place += 1
    return place
