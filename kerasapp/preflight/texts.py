"""Texts: empty, far longer than the others, or decoded as what they are not."""

import re
from collections.abc import Iterator

import numpy as np

from kerasapp.rules import Finding
from kerasapp.types import Split

LONG, LONGER = 2000, 20  # characters, and times the median: a file pasted into a cell
SHOWN = 40
STRANGE = re.compile(
    "[\ufffd\x00-\x08\x0b\x0c\x0e-\x1f]"
)  # what a decoder puts for what it can't read; control characters


def of_texts(split: Split) -> Iterator[Finding]:
    """Findings on the feature `text`, if there is one, and on wrongly decoded cells of all others."""
    for name, feature in split.features.items():
        if feature.dtype != "string" or feature.shape or name == "image":
            continue
        values = split.column(name)
        if name == "text":
            yield from _lengths(split, values)
        for row, value in enumerate(values):
            told = wrongly_decoded(value) if isinstance(value, str) else None
            if told:
                where = split.ids[row]
                yield Finding("wrongly_decoded", "warning", where, f"{name}: {told}", (where,))


def _lengths(split: Split, values: np.ndarray) -> Iterator[Finding]:
    lengths = np.array([len(value) for value in values])
    blank = np.array([not value.strip() for value in values])
    for row in np.flatnonzero(blank):
        where = split.ids[int(row)]
        yield Finding(
            "empty_text", "warning", where, "the text is empty. Fill it in, or take the example out", (where,)
        )
    median = np.median(lengths[~blank]) if not blank.all() else 0
    for row in np.flatnonzero((lengths > LONG) & (lengths > LONGER * median)):
        where = split.ids[int(row)]
        told = f"{lengths[row]} characters, and the median is {median:.0f}: is more than one text in it?"
        yield Finding("long_text", "warning", where, told, (where,))


def wrongly_decoded(text: str) -> str | None:
    """What speaks for a wrong decoding: signs that stand for none, or UTF-8 that was read as Western European."""
    if found := STRANGE.search(text):
        return f'holds the sign U+{ord(found[0]):04X}, "{_around(text, found.start())}": decode the source anew'
    for encoding in () if text.isascii() else ("cp1252", "latin-1"):
        try:
            meant = text.encode(encoding).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
        if meant != text:
            at = next(place for place, sign in enumerate(text) if not sign.isascii())
            return f'"{_around(text, at)}" is UTF-8 read as {encoding}. Set data.encoding, or decode the source anew'
    return None


def _around(text: str, at: int) -> str:
    return text[max(at - SHOWN // 2, 0) : at + SHOWN // 2]
