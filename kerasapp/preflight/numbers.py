"""Numbers of a column that are not what they seem: one far from all others, one that stands for a missing value."""

from collections.abc import Iterator, Sequence

import numpy as np

from kerasapp.rules import Finding
from kerasapp.types import Split

FAR = 10  # interquartile ranges from the middle half: a number that may be wrong
OFTEN = 3  # times that one number comes, for it to stand for something
DIFFERENT = 10  # numbers beside it, below which a column holds codes
STAND_INS = (0, -1, -9, -99, -999, -9999, -99999, 99, 999, 9999, 99999, 999999)


def of_numbers(
    name: str, values: np.ndarray, known: np.ndarray, split: Split, others: Sequence[Split] = ()
) -> Iterator[Finding]:
    """At most a note of each kind on a column; `known` (rows,) bool are its finite numbers.

    What may stand for a missing value is also counted in `others`, which have the same columns.
    """
    if values.dtype.kind not in "iuf":
        return
    rows = np.flatnonzero(known)
    there = values[known].astype(np.float64)
    beside = [(other, column) for other in others if (column := other.column(name)).dtype.kind in "iuf"]
    everywhere = np.concatenate([there, *(column for _, column in beside)])
    parts = [(split, rows), *((other, np.arange(len(column))) for other, column in beside)]
    for number in _stand_ins(everywhere[np.isfinite(everywhere)]):
        at = everywhere == number
        told = f"{number:g} in {at.sum()} of {len(at)} rows, such as {_id(parts, at.argmax())}, and no other is near it"
        yield Finding("placeholder", "note", name, f"{told}: does it stand for a missing one? Leave such cells empty")
        rows, there = rows[there != number], there[there != number]
    low, high = np.percentile(there, [25, 75]) if len(there) else (0, 0)
    far = np.flatnonzero(np.maximum(there - high, low - there) > FAR * (high - low)) if high > low else ()
    if len(far):
        most = far[np.abs(there[far] - (low + high) / 2).argmax()]
        several = f"{len(far)} values far from the others, the farthest" if len(far) > 1 else "one value far off,"
        told = f"{several} {there[most]:g} at {split.ids[int(rows[most])]}"
        told += f"; half of all lie between {low:g} and {high:g}: is it right?"
        yield Finding("far_value", "note", name, told, (split.ids[int(rows[most])],))


def _id(parts: Sequence[tuple[Split, np.ndarray]], place: int) -> str:
    """Of a row, by its place in the rows of several splits, one after the other."""
    for split, rows in parts:
        if place < len(rows):
            return split.ids[int(rows[place])]
        place -= len(rows)
    raise IndexError(place)


def _stand_ins(there: np.ndarray) -> list[float]:
    """The least and the largest number, where it comes often, is one that people write for nothing, and lies apart."""
    distinct, counts = np.unique(there, return_counts=True)
    if len(distinct) <= DIFFERENT:
        return []
    found = []
    for at, neighbour in ((0, 1), (-1, -2)):
        number = distinct[at]
        if number not in STAND_INS or counts[at] < OFTEN:
            continue
        low, high = np.percentile(there[there != number], [25, 75])
        only_negative = number == -1 and distinct[1] >= 0
        if only_negative or abs(number - distinct[neighbour]) > high - low:
            found.append(float(number))
    return found
