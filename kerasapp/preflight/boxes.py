"""Boxes of objects: `objects/bbox` as TensorFlow Datasets has them, (ymin, xmin, ymax, xmax) in 0 to 1 of the image."""

from collections.abc import Iterator

import numpy as np

from kerasapp.names import counted
from kerasapp.rules import Finding
from kerasapp.types import Split

BOXES, LABELS = "objects/bbox", "objects/label"
ROUNDING = 1e-3  # of the image: what whole pixels make of an edge
THIN = 1e-6  # of the image's area


def of_boxes(split: Split) -> Iterator[Finding]:
    """Findings on each example's boxes, in its order."""
    if BOXES not in split.features:
        return
    boxes = split.column(BOXES)
    labels = split.column(LABELS) if LABELS in split.features else [None] * len(split)
    names = split.features[LABELS].names if LABELS in split.features else None
    without = []
    for row, (some, classes) in enumerate(zip(boxes, labels, strict=True)):
        some = np.asarray(some, np.float64).reshape(-1, 4)
        where = split.ids[row]
        for place, box in enumerate(some):
            for kind, severity, told in _of_box(box):
                yield Finding(kind, severity, where, f"box {place}, {_shown(box)}: {told}", (where,))
        if classes is not None:
            yield from _of_labels(where, len(some), np.asarray(classes), names)
        if len(some) > 1 and len(np.unique(some, axis=0)) < len(some):
            yield Finding("box_twice", "warning", where, "the same box twice. Remove one", (where,))
        if not len(some):
            without.append(where)
    if without:
        told = f"{len(without)} of {counted(len(split), 'image')} have no box: are they meant to be without?"
        yield Finding("no_box", "note", without[0], told, tuple(without[:3]))


def _of_box(box: np.ndarray) -> Iterator[tuple[str, str, str]]:
    top, left, bottom, right = box
    if not np.isfinite(box).all():
        yield "box_not_finite", "error", "an edge is no number. Remove it"
    elif bottom < top or right < left:
        yield "box_inverted", "error", "ends before it begins. Are the corners in the order ymin, xmin, ymax, xmax?"
    elif (bottom - top) * (right - left) < THIN:
        yield "box_empty", "error", "has no area. Remove it"
    elif max(top, left) >= 1 or min(bottom, right) <= 0:
        yield "box_outside", "error", "lies outside its image. Are the edges divided by the image's height and width?"
    elif box.min() < -ROUNDING or box.max() > 1 + ROUNDING:
        yield "box_outside", "warning", "goes beyond its image. Cut it off at the edge"


def _of_labels(where: str, count: int, labels: np.ndarray, names: tuple[str, ...] | None) -> Iterator[Finding]:
    if len(labels) != count:
        told = f"{count} boxes and {len(labels)} labels. Each box needs its own"
        yield Finding("box_labels", "error", where, told, (where,))
    if names and len(labels) and (labels.min() < 0 or labels.max() >= len(names)):
        wrong = labels[(labels < 0) | (labels >= len(names))][0]
        told = f"a box has the label {wrong}, and there are 0 to {len(names) - 1}. Correct it"
        yield Finding("label_out_of_range", "error", where, told, (where,))


def _shown(box: np.ndarray) -> str:
    return "(" + ", ".join(f"{edge:.3g}" for edge in box) + ")"
