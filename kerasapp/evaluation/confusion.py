"""The confusion matrix, and what each class's row and column say: precision, recall, F1.

Intervals come from multinomial resamples of the matrix: that is what drawing the examples again comes to, exactly, at
the cost of the matrix's cells. A figure that is the same in every resample (a class without one mistake, or without one
hit) would claim certainty: its interval is Wilson's, for F1 that of the Jaccard index, of which F1 is a growing
function.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasapp.evaluation import intervals


def confusion(true: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """(classes, classes) int64 counts, rows true, columns predicted."""
    return np.bincount(true * classes + predicted, minlength=classes**2).reshape(classes, classes)


def class_scores(matrix: np.ndarray, labels: Sequence[str]) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Precision, recall, F1 and support of each class, and macro F1 over the classes that occur, with intervals."""
    rows, columns = np.nonzero(matrix)
    cells = matrix[rows, columns]
    generator = np.random.default_rng(intervals.SEED)
    drawn = generator.multinomial(cells.sum(), cells / cells.sum(), size=intervals.RESAMPLES)
    resampled = _scores(*_margins(drawn, rows, columns, len(matrix)))
    right, support, called = (part[0] for part in _margins(cells[None], rows, columns, len(matrix)))
    values = _scores(right, support, called)
    bounds = {name: intervals.percentiles(resampled[name]) for name in values}
    jaccard = [2 * bound / (1 + bound) for bound in intervals.wilson(right, support + called - right)]
    without = {"precision": intervals.wilson(right, called), "recall": intervals.wilson(right, support), "f1": jaccard}
    for name, (low, high) in bounds.items():
        same = low == high
        bounds[name] = np.where(same, without[name][0], low), np.where(same, without[name][1], high)
    classes = [
        {"label": label, "support": int(support[k])}
        | {name: _figure(values[name][k], bounds[name][0][k], bounds[name][1][k]) for name in values}
        for k, label in enumerate(labels)
    ]
    return classes, _macro(values["f1"], resampled["f1"], int(right.sum()), int(cells.sum()))


def _margins(drawn: np.ndarray, rows: np.ndarray, columns: np.ndarray, classes: int) -> tuple[np.ndarray, ...]:
    """(resamples, cells) -> right, support and called, each (resamples, classes)."""
    hit = rows == columns
    return (
        _summed(drawn[:, hit], rows[hit], classes),
        _summed(drawn, rows, classes),
        _summed(drawn, columns, classes),
    )


def _summed(values: np.ndarray, groups: np.ndarray, classes: int) -> np.ndarray:
    result = np.zeros((len(values), classes), values.dtype)
    if len(groups):
        order = np.argsort(groups, kind="stable")
        present, starts = np.unique(groups[order], return_index=True)
        result[:, present] = np.add.reduceat(values[:, order], starts, axis=1)
    return result


def _scores(right: np.ndarray, support: np.ndarray, called: np.ndarray) -> dict[str, np.ndarray]:
    """NaN where there is nothing to divide by: a class that is never predicted, or never true, or neither."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return {"precision": right / called, "recall": right / support, "f1": 2 * right / (support + called)}


def _figure(value: float, low: float, high: float) -> dict[str, float] | None:
    return None if np.isnan(value) else intervals.metric(value, low, high)


def _macro(f1: np.ndarray, resampled: np.ndarray, right: int, examples: int) -> dict[str, float]:
    if right == examples:
        return intervals.metric(1.0, *(2 * bound / (1 + bound) for bound in intervals.wilson(right, examples)))
    present = ~np.isnan(resampled)
    averages = np.where(present, resampled, 0).sum(axis=1) / present.sum(axis=1)
    return intervals.metric(np.nanmean(f1), *intervals.percentiles(averages))
