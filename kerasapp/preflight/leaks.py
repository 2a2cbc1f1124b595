"""Columns that know the answer: the label under another name, a threshold that decides it, a gap that gives it away."""

import re
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from kerasapp.rules import Finding

HALF = 0.5  # of a column's cells that are there, for it to be compared with the label
ENOUGH = 20  # rows, below which a column may agree with the label by chance
EACH = 10  # rows of each value, for a column of them to be more than an id
EXACT = 1e-6  # standard deviations: a measure as near to the label is the label in other units
ROWS, OF_CLASS = 30, 5  # rows, and rows of a class, below which a threshold may divide classes by chance
DIVIDES = {True: 0.985, False: 0.995}  # AUC above which it is told; two classes, more: iris's best column has .982
FOLLOWS = 0.999  # rank correlation with a measure
CHANCE = 1e-6  # that as many rows of one class come together by chance
DAY = re.compile(r"\d{4}-\d{2}-\d{2}.*").fullmatch  # what sorts as text as it does in time
WAY = "Will it be known when the model is asked? If not, leave it out (data.drop)"


def of_values(name: str, values: np.ndarray, known: np.ndarray, label: np.ndarray, measure: bool) -> Iterator[Finding]:
    """A column that is the label under another name, in other units, or decides it."""
    if known.sum() < ENOUGH or known.mean() < HALF:
        return
    values, label = values[known], label[known]
    found = list(_of_names(name, values, label) if not measure else _of_units(name, values, label))
    yield from found or _of_order(name, values, label, measure)


def of_gaps(name: str, known: np.ndarray, label: np.ndarray, measure: bool) -> Iterator[Finding]:
    """A column of which it decides the label whether there is a value."""
    if min(known.sum(), (~known).sum()) < ENOUGH:
        return
    told = _above(known, label) if measure else _one_class(known, label)
    if told:
        yield Finding("decides_label", "warning", name, f"{told}. {WAY}")


def sorts(values: np.ndarray, label: np.ndarray, measure: bool) -> bool:
    """Is the order of `values` that of the label?"""
    return any(_of_order("", values, label, measure))


def separation(values: np.ndarray, label: np.ndarray) -> float:
    """How well thresholds on `values` (rows,) tell the classes apart: the least AUC of two classes that are neighbours
    in the order of `values`, .5 ... 1; 0 where there are too few rows to say.
    """
    _, which, counts = np.unique(label.astype(str), return_inverse=True, return_counts=True)
    large = np.flatnonzero(counts >= OF_CLASS)
    rows = np.isin(which, large)
    if len(large) < 2 or rows.sum() < ROWS:
        return 0.0
    ranks = _ranks(values[rows])
    parts = sorted((ranks[which[rows] == one] for one in large), key=np.mean)
    return min(_auc(low, high) for low, high in pairwise(parts))


def _of_names(name: str, values: np.ndarray, label: np.ndarray) -> Iterator[Finding]:
    column, row_value = np.unique(values.astype(str) if values.dtype == object else values, return_inverse=True)
    labels, row_label = np.unique(label.astype(str), return_inverse=True)
    together = len(np.unique(row_value * len(labels) + row_label))
    if len(labels) < 2 or together != len(column):
        return
    if len(column) == len(labels):
        yield Finding("leak", "error", name, f"equals the label under other names: each value has one label. {WAY}")
    elif len(values) > EACH * len(column):
        told = f"each of its {len(column)} values has one label only, so it decides the label alone"
        yield Finding("decides_label", "warning", name, f"{told}. {WAY}")


def _of_units(name: str, values: np.ndarray, label: np.ndarray) -> Iterator[Finding]:
    if values.dtype != object and label.dtype.kind in "iuf" and _same_line(values, label):
        yield Finding("leak", "error", name, f"is the label itself, or the label in other units. {WAY}")


def _same_line(values: np.ndarray, label: np.ndarray) -> bool:
    x, y = values.astype(np.float64), label.astype(np.float64)
    both = np.isfinite(y)
    x, y = x[both], y[both]
    if len(x) < ENOUGH or x.std() == 0 or y.std() == 0:
        return False
    x = (x - x.mean()) / x.std()
    y = (y - y.mean()) / y.std()
    return bool(np.abs(y - np.sign(x @ y) * x).max() < EXACT)


def _of_order(name: str, values: np.ndarray, label: np.ndarray, measure: bool) -> Iterator[Finding]:
    if values.dtype == object:
        if not all(DAY(value) for value in values):
            return
        values = np.unique(values.astype(str), return_inverse=True)[1]
    if measure:
        follows = _rank_correlation(values, label) if label.dtype.kind in "iuf" else 0.0
        if abs(follows) > FOLLOWS:
            told = f"rises and falls with the label (rank correlation {follows:.4f})"
            yield Finding("decides_label", "warning", name, f"{told}. {WAY}")
        return
    divides, two = separation(values, label), len(np.unique(label.astype(str))) == 2
    if divides == 1:
        told = "one threshold on it divides the two classes" if two else "thresholds on it divide all classes"
        yield Finding("decides_label", "warning", name, f"{told} without a mistake. {WAY}")
    elif divides > DIVIDES[two]:
        told = "a threshold on it nearly divides the classes" if two else "thresholds on it nearly divide all classes"
        yield Finding("decides_label", "warning", name, f"{told} (AUC {divides:.4f}). {WAY}")


def _rank_correlation(values: np.ndarray, label: np.ndarray) -> float:
    """Spearman's; 0 where there are too few rows, or one value only."""
    both = np.isfinite(label)
    values, label = values[both], label[both]
    if len(label) < ROWS or (values == values[0]).all() or (label == label[0]).all():
        return 0.0
    return float(np.corrcoef(_ranks(values), _ranks(label))[0, 1])


def _one_class(known: np.ndarray, label: np.ndarray) -> str | None:
    """What is to be said where all gaps, or all values, are those of one class, and chance does not make that so."""
    labels, which, counts = np.unique(label.astype(str), return_inverse=True, return_counts=True)
    for rows, there in ((known, "there"), (~known, "missing")):
        of_class = np.bincount(which[rows], minlength=len(labels))
        most, count = int(of_class.argmax()), int(rows.sum())
        by_chance = count * np.log(counts[most] / len(label)) > np.log(CHANCE)
        if of_class[most] == count and not by_chance:
            return f'a value is {there} for "{labels[most]}" only ({count} of its {counts[most]} rows)'
    for at, count in enumerate(counts):
        share, others = known[which == at].mean(), known[which != at].mean() if count < len(label) else 0.5
        if count >= OF_CLASS and (abs(share - others) + 1) / 2 > DIVIDES[True]:
            return f'a value is there in {share:.1%} of the rows of "{labels[at]}", and in {others:.1%} of the others'
    return None


def _above(known: np.ndarray, label: np.ndarray) -> str | None:
    if label.dtype.kind not in "iuf" or not np.isfinite(label).all():
        return None
    ranks = _ranks(label)
    low, high = sorted((ranks[known], ranks[~known]), key=np.mean)
    if _auc(low, high) <= DIVIDES[True]:
        return None
    return f"a value is missing where the label is {'low' if ranks[known].mean() > ranks[~known].mean() else 'high'}"


def _auc(low: np.ndarray, high: np.ndarray) -> float:
    """The share of pairs of which that of `high` is the larger, ties half."""
    ranks = _ranks(np.concatenate([low, high]))[len(low) :]
    return float((ranks.sum() - len(high) * (len(high) + 1) / 2) / (len(low) * len(high)))


def _ranks(values: np.ndarray) -> np.ndarray:
    """From 1; equal values share the mean of theirs."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2)[which]
