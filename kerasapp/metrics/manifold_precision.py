"""Precision and recall of a generated set: how much of it lies where real examples do, and how much of these it reaches
(Kynkäänniemi et al., 2019, arXiv:1904.06991).
"""

from collections.abc import Iterator

import numpy as np

NEIGHBOURS = 3  # section 3 of the paper
AT_ONCE = 2048  # rows of distances in memory


def precision_recall(real: np.ndarray, made: np.ndarray, neighbours: int = NEIGHBOURS) -> tuple[float, float]:
    """Shares of (examples, features) each: of `made` within the balls around `real`, and of `real` within those around
    `made`. A ball reaches to the `neighbours`-th nearest of its own set. Raises ValueError for too few examples.
    """
    if min(len(real), len(made)) <= neighbours:
        raise ValueError(f"{neighbours} neighbours need more than {neighbours} examples of each")
    return _covered(real, made, neighbours), _covered(made, real, neighbours)


def _covered(centres: np.ndarray, points: np.ndarray, neighbours: int) -> float:
    reach = np.concatenate(
        [np.partition(rows, neighbours, axis=1)[:, neighbours] for rows in squared_distances(centres, centres)]
    )
    return float(np.concatenate([(rows <= reach).any(axis=1) for rows in squared_distances(points, centres)]).mean())


def squared_distances(a: np.ndarray, b: np.ndarray) -> Iterator[np.ndarray]:
    """(rows, len(b)) float64 of (rows, features) each, part after part of `a`; 0 and no less between equal ones."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    lengths = (b**2).sum(1)
    for start in range(0, len(a), AT_ONCE):
        part = a[start : start + AT_ONCE]
        yield np.maximum((part**2).sum(1)[:, None] - 2 * part @ b.T + lengths[None], 0.0)
