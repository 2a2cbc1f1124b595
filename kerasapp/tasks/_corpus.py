"""Text as numbers on disk: a word's number in four bytes, made once, so that a corpus may be larger than memory."""

import logging
import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
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
    """The corpus of a split's `text`, found in the folder `cache` or made there. Raises DataError."""
    if "text" not in split.features:
        told = f"this task needs text, and the data has {', '.join(split.features)}. Set data.text, or take text_files"
        raise DataError(split.ids[0] if len(split) else "data", told)
    content = blake2b(split.fingerprints().tobytes()).hexdigest() if cache else ""
    return once(cache, f"{content} {tokens} {lowercase}", lambda folder: _read(split, folder, tokens, lowercase))


def once(cache: Path | None, key: str, make: Callable[[Path], None]) -> Corpus:
    """The corpus that `make` writes into a folder: found in `cache` under a hash of `key`, or made there.

    Without a cache it lies in a folder that is gone with the object.
    """
    if cache is None:
        aside = tempfile.TemporaryDirectory(prefix="kerasapp-")
        make(Path(aside.name))
        return _opened(Path(aside.name), aside)
    folder = cache / f"corpus-{blake2b(f'{VERSION} {key}'.encode(), digest_size=8).hexdigest()}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".corpus-", dir=cache) as aside:
            made = Path(aside) / "corpus"
            made.mkdir()
            make(made)
            for path in made.iterdir():
                flush(path)
            with suppress(OSError):  # another process was first
                os.rename(made, folder)
    return _opened(folder)


def describe(folder: Path, words: list[str], counts: np.ndarray) -> None:
    """Writes what belongs beside `ids`: the words after the first, which ends sentences, and all counts."""
    np.save(folder / "counts", counts)
    (folder / "words").write_text("".join(f"{word}\n" for word in words[1:]), encoding="utf-8")


def _opened(folder: Path, kept: Any = None) -> Corpus:
    words = (folder / "words").read_text(encoding="utf-8").split("\n")[:-1]
    length = (folder / "ids").stat().st_size // 4
    return Corpus(folder, ["", *words], np.load(folder / "counts.npy"), length, kept)


def _read(split: Split, folder: Path, tokens: str, lowercase: bool) -> None:
    numbers: dict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    numbers["\n"] = END
    counts, find = np.zeros(0, np.int64), TOKENS[tokens].findall
    meter = Meter("reading words", len(split))
    with open(folder / "ids", "wb") as stream:
        for lines, text in _texts(split):
            found = find(text.lower() if lowercase else text)
            ids = np.fromiter(map(numbers.__getitem__, found), np.int32, len(found))
            seen = np.bincount(ids, minlength=len(numbers))
            seen[: len(counts)] += counts
            counts = seen
            ids.astype("<i4", copy=False).tofile(stream)
            meter.add(lines)
    meter.close()
    describe(folder, list(numbers), counts)


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
