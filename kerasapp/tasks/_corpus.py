"""Text as numbers on disk: a word's number in four bytes, made once, so that a corpus may be larger than memory."""

import logging
import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from kerasapp.errors import DataError
from kerasapp.files import flush
from kerasapp.meter import Meter
from kerasapp.types import Split

VERSION = 1  # goes up when a corpus would come out otherwise, so that a kept one is not used
AT_ONCE = 8192  # lines
PIECE = 2**20  # characters of one line that are looked at together
END = 0
"""The number that ends a sentence; words count from 1."""
TOKENS = {"words": re.compile(r"\w+(?:['\u2019]\w+)*|\n"), "spaces": re.compile(r"\S+|\n")}
"""What is a word: letters and digits with an apostrophe within, or whatever stands between spaces."""
logger = logging.getLogger("kerasapp")


@dataclass(frozen=True)
class Corpus:
    """The numbers of all words of a text in order, in the file `ids`; `words` and their `counts` (words,) by number.

    `kept` holds a folder alive that is gone with the object.
    """

    folder: Path
    words: list[str]
    counts: np.ndarray
    length: int
    kept: Any = None

    def read(self, first: int, count: int) -> np.ndarray:
        """(count,) int32 from one place on; fewer at the end."""
        return np.fromfile(self.folder / "ids", "<i4", count, offset=4 * first)


def corpus_of(split: Split, *, tokens: str, lowercase: bool, cache: Path | None) -> Corpus:
    """The corpus of a split's `text`, found in the folder `cache` or made there. Raises DataError.

    Without a folder it lies in one that is gone with the object.
    """
    if "text" not in split.features:
        told = f"this task needs text, and the data has {', '.join(split.features)}. Set data.text, or take text_files"
        raise DataError(split.ids[0] if len(split) else "data", told)
    if cache is None:
        aside = tempfile.TemporaryDirectory(prefix="kerasapp-")
        return _made(split, Path(aside.name), tokens, lowercase, aside)
    digest = blake2b(split.fingerprints().tobytes(), digest_size=8)
    digest.update(f"{VERSION} {tokens} {lowercase}".encode())
    folder = cache / f"corpus-{digest.hexdigest()}"
    if (folder / "words").exists():
        return _found(folder)
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".corpus-", dir=cache) as aside:
        made = Path(aside) / "corpus"
        made.mkdir()
        _made(split, made, tokens, lowercase)
        try:
            os.rename(made, folder)
        except OSError:  # another process was first
            if not folder.exists():
                raise
    return _found(folder)


def _made(split: Split, folder: Path, tokens: str, lowercase: bool, kept: Any = None) -> Corpus:
    numbers: dict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    numbers["\n"] = END
    counts, length, find = np.zeros(0, np.int64), 0, TOKENS[tokens].findall
    meter = Meter("reading words", len(split))
    with open(folder / "ids", "wb") as stream:
        for lines, text in _texts(split):
            found = find(text.lower() if lowercase else text)
            ids = np.fromiter(map(numbers.__getitem__, found), np.int32, len(found))
            seen = np.bincount(ids, minlength=len(numbers))
            seen[: len(counts)] += counts
            counts, length = seen, length + len(ids)
            ids.astype("<i4", copy=False).tofile(stream)
            meter.add(lines)
    meter.close()
    words = list(numbers)
    np.save(folder / "counts", counts)
    (folder / "words").write_text("".join(f"{word}\n" for word in words[1:]), encoding="utf-8")
    for name in ("ids", "counts.npy", "words"):
        flush(folder / name)
    return Corpus(folder, ["", *words[1:]], counts, length, kept)


def _found(folder: Path) -> Corpus:
    words = (folder / "words").read_text(encoding="utf-8").split("\n")[:-1]
    return Corpus(folder, ["", *words], np.load(folder / "counts.npy"), (folder / "ids").stat().st_size // 4)


def _texts(split: Split) -> Iterator[tuple[int, str]]:
    """Some lines at a time, each with its end, and how many; a long line in pieces that end between words."""
    for first in range(0, len(split), AT_ONCE):
        rows = tf.range(first, min(first + AT_ONCE, len(split)), dtype=tf.int64)
        lines = split.gather(rows)["text"].numpy()
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
