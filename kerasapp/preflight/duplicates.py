"""One example twice: within a split, across splits, in two classes; and, on request, pictures that nearly are one."""

from collections.abc import Iterator

import numpy as np

from kerasapp.preflight.labels import named
from kerasapp.preflight.near import near_pairs
from kerasapp.rules import Finding
from kerasapp.types import Split


def exact(splits: dict[str, Split]) -> Iterator[Finding]:
    """A finding for each example that was there before, in the order of the splits; the label is not compared."""
    every = _Every(splits)
    hashes = np.concatenate([split.fingerprints() for split in splits.values()])
    order = np.argsort(hashes, kind="stable")
    starts = np.flatnonzero(np.r_[True, hashes[order][1:] != hashes[order][:-1]])
    first = np.empty(len(order), np.int64)
    first[order] = np.repeat(order[starts], np.diff(np.r_[starts, len(order)]))
    for copy in np.flatnonzero(first != np.arange(len(first))):
        yield every.told(int(first[copy]), int(copy), "is an exact copy of", "duplicate")


def near(splits: dict[str, Split], looks: np.ndarray) -> Iterator[Finding]:
    """As `exact`, of pictures that look alike; exact copies are left to it. `looks`: all splits' rows of `LOOK`."""
    every = _Every(splits)
    contents = np.concatenate([split.fingerprints() for split in splits.values()])
    for original, copy in near_pairs(looks["hash"], looks["small"]):
        if contents[original] != contents[copy]:
            yield every.told(original, copy, "looks like", "near_duplicate")


class _Every:
    """All examples of all splits, numbered through."""

    def __init__(self, splits: dict[str, Split]):
        self._names, self._splits = list(splits), list(splits.values())
        self._ends = np.cumsum([len(split) for split in self._splits])
        self._labels = [named(split) for split in self._splits]

    def told(self, original: int, copy: int, how: str, kind: str) -> Finding:
        (there, first, was), (here, second, now) = self._at(original), self._at(copy)
        told = f"{how} {first}"
        if was is not None and now is not None and was != now:
            kind = f"{kind}_with_two_labels"
            told += f', and the labels differ: "{now}" here, "{was}" there. Keep the right one'
        elif there != here:
            told += f", and one is in {there}, the other in {here}: the figures become too good. Remove one"
        else:
            told += f", both in {here}. Remove one, or let it count twice"
        return Finding(kind, "warning", second, told, (first, second))

    def _at(self, number: int) -> tuple[str, str, str | None]:
        """Split, id and label of an example."""
        place = int(np.searchsorted(self._ends, number, side="right"))
        row = number - int(self._ends[place - 1] if place else 0)
        labels = self._labels[place]
        return self._names[place], self._splits[place].ids[row], None if labels is None else labels[row]
