"""What shows of a picture only beside the others: its size, its shape, its colours."""

from collections.abc import Iterator

import numpy as np

from kerasapp.preflight.images import COLOURS
from kerasapp.rules import Finding
from kerasapp.types import Split

LONG = 8  # times as long as wide: little is left of it in a square input
SMALL, SMALLER = 32, 4  # pixels of the shorter side, and as many times shorter than the median
LARGE = 40_000_000  # pixels: 120 MB decoded


def beside_others(split: Split, name: str, seen: np.ndarray) -> Iterator[Finding]:
    """Findings on the pictures of a split, from the rows of `images.SEEN`; height 0: could not be read."""
    read = np.flatnonzero(seen["height"])
    if not len(read) or split.features["image"].dtype != "string":
        return
    height, width = (seen[side][read].astype(np.int64) for side in ("height", "width"))
    shorter = np.minimum(height, width)
    yield from _shapes(split, read, height, width, shorter)
    colours = seen["colour"][read]
    plain = np.bincount(colours, minlength=len(COLOURS)).argmax()
    told = {
        "grey": "grey, and most are not",
        "transparent": "with transparency, which is dropped: what shows through is seen as its hidden colour",
        "sixteen_bit": "of 16 bits, of which the upper 8 are kept",
    }
    for kind, words in told.items():
        rows = read[(colours == COLOURS.index(kind)) & (colours != plain)]
        if len(rows):
            yield _summary(kind, split, name, rows, words)
    rows = read[seen["turned"][read] > 1]
    if len(rows):
        words = "stored on their side or upside down, and turned upright by EXIF, here as in training"
        yield _summary("turned", split, name, rows, words)


def _shapes(
    split: Split, read: np.ndarray, height: np.ndarray, width: np.ndarray, shorter: np.ndarray
) -> Iterator[Finding]:
    long = np.maximum(height, width) > LONG * shorter
    small = (shorter < SMALL) & (SMALLER * shorter < np.median(shorter))
    for kind, severity, wrong, words in (
        (
            "extreme_shape",
            "warning",
            long,
            "resized to the network's input little of it is left. Crop it, or remove it",
        ),
        ("tiny_image", "warning", small & ~long, f"the median side is {np.median(shorter):.0f}: is it a thumbnail?"),
        ("huge_image", "note", height * width > LARGE, "reading it takes longer than most. Consider a smaller copy"),
    ):
        for row in np.flatnonzero(wrong):
            place = split.ids[int(read[row])]
            yield Finding(kind, severity, place, f"{width[row]} x {height[row]} pixels: {words}", (place,))


def _summary(kind: str, split: Split, name: str, rows: np.ndarray, words: str) -> Finding:
    shown = tuple(split.ids[int(row)] for row in rows[:3])
    return Finding(kind, "note", shown[0], f"{len(rows)} of {len(split)} pictures in {name}: {words}", shown)
