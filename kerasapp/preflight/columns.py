"""Columns of a table: empty, constant, the answer itself, numbers and dates that stand there as text."""

import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b

import numpy as np

from kerasapp.data._table import NUMBER
from kerasapp.rules import Finding
from kerasapp.types import Split

MOST = 0.9  # of a column's cells that make it what they are
HALF = 0.5
ENOUGH = 20  # rows, below which a column may agree with the label by chance
EACH = 10  # rows of each value, for a column of them to be more than an id
NAMED = 3
EXACT = 1e-6  # standard deviations: a measure as near to the label is the label in other units
CODE = re.compile(r"0\d+").fullmatch  # postal codes and the like: text by intent
DRESSED = re.compile(
    r"[<>~]?\s*[£$€¥]?\s*[+-]?(\d{1,3}([,.'\u00a0\u202f ]\d{3})+|\d+)([.,]\d+)?\s*(%|[£$€¥]|[a-zA-Zµ°]{1,4}[²³]?)?"
).fullmatch
DAY = r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))"
TIME = r"([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?"
DATE = re.compile(DAY + TIME).fullmatch


def of_columns(splits: dict[str, Split], ignored: Sequence[str], measure: bool) -> Iterator[Finding]:
    """Findings on every column of train but the label; `measure`: the label is a number to be estimated."""
    train = splits["train"]
    label = train.column("label") if "label" in train.features and not train.features["label"].shape else None
    seen: dict[bytes, str] = {}
    for name, feature in train.features.items():
        if name == "label" or name in ignored or feature.shape or name.split("/")[0] == "image":
            continue
        values = train.column(name)
        known = values != "" if values.dtype == object else np.isfinite(values)
        found = list(_emptiness(name, values, known, train))
        yield from found
        if any(finding.severity != "note" for finding in found):
            continue
        if label is not None:
            yield from _leak(name, values, known, label, measure)
        if feature.dtype == "string" and name != "text":
            yield from _as_text(name, values, known, train)
        yield from _identity(name, splits)
        yield from _copy(name, values, seen)


def _emptiness(name: str, values: np.ndarray, known: np.ndarray, split: Split) -> Iterator[Finding]:
    if not known.any():
        yield Finding("empty_column", "warning", name, "no value in train. Leave the column out (data.drop)")
        return
    there = values[known]
    if (there == there[0]).all():
        told = f'"{there[0]}" wherever there is a value' if not known.all() else f'"{there[0]}" in every row'
        yield Finding("constant_column", "warning", name, f"{told}: nothing to learn from. Leave it out (data.drop)")
    elif known.mean() < HALF:
        first = split.ids[int(np.argmin(known))]
        told = f"{(~known).sum()} of {len(known)} values are missing, the first at {first}"
        yield Finding("mostly_missing", "note", name, f"{told}. Does it say anything where it is missing?")


def _leak(name: str, values: np.ndarray, known: np.ndarray, label: np.ndarray, measure: bool) -> Iterator[Finding]:
    """A column that is the label under another name, in other units, or decides it."""
    if known.sum() < ENOUGH or known.mean() < HALF:
        return
    way = "Will it be known when the model is asked? If not, leave it out (data.drop)"
    values, label = values[known], label[known]
    if measure:
        if values.dtype != object and label.dtype.kind in "iuf" and _same_line(values, label):
            yield Finding("leak", "error", name, f"is the label itself, or the label in other units. {way}")
        return
    column, row_value = np.unique(values.astype(str) if values.dtype == object else values, return_inverse=True)
    labels, row_label = np.unique(label.astype(str), return_inverse=True)
    together = len(np.unique(row_value * len(labels) + row_label))
    if len(labels) < 2 or together != len(column):
        return
    if len(column) == len(labels):
        yield Finding("leak", "error", name, f"equals the label under other names: each value has one label. {way}")
    elif len(values) > EACH * len(column):
        told = f"each of its {len(column)} values has one label only, so it decides the label alone"
        yield Finding("decides_label", "warning", name, f"{told}. {way}")


def _same_line(values: np.ndarray, label: np.ndarray) -> bool:
    x, y = values.astype(np.float64), label.astype(np.float64)
    both = np.isfinite(y)
    x, y = x[both], y[both]
    if len(x) < ENOUGH or x.std() == 0 or y.std() == 0:
        return False
    x = (x - x.mean()) / x.std()
    y = (y - y.mean()) / y.std()
    return bool(np.abs(y - np.sign(x @ y) * x).max() < EXACT)


def _as_text(name: str, values: np.ndarray, known: np.ndarray, split: Split) -> Iterator[Finding]:
    cells = [str(value).strip() for value in values[known]]
    places = np.flatnonzero(known)
    plain, dates, dressed = (_which(cells, is_it) for is_it in (NUMBER, DATE, DRESSED))
    dressed &= ~plain & ~dates
    coded = all(CODE(cells[row]) for row in np.flatnonzero(~plain))

    def cell(row: int) -> str:
        return f'"{cells[row]}" at {split.ids[int(places[row])]}'

    if dates.mean() >= MOST:
        told = f"dates ({cell(0)}), taken as words: make year, month or days since of them, or divide by them"
        yield Finding("dates", "note", name, f"{told} (data.split.time)")
    elif plain.all():
        yield Finding("numbers_as_text", "warning", name, f"numbers stored as text, such as {cell(0)}: store numbers")
    elif coded:
        return
    elif (plain | dressed).mean() >= MOST and dressed.sum() >= MOST * (~plain).sum():
        told = f"numbers stored as text, such as {cell(int(np.argmax(dressed)))}: write them as 1234.5"
        yield Finding("numbers_as_text", "warning", name, told)
    elif plain.mean() > HALF:
        odd = np.flatnonzero(~plain)
        told = f"{plain.sum()} numbers and {len(odd)} that are none: {', '.join(cell(row) for row in odd[:NAMED])}"
        yield Finding("mixed_types", "warning", name, f"{told}. Because of them the column is taken as words")


def _which(cells: list[str], is_it: Callable[[str], object]) -> np.ndarray:
    """(cells,) bool; each different cell is judged once."""
    judged = {cell: bool(is_it(cell)) for cell in set(cells)}
    return np.array([judged[cell] for cell in cells])


def _identity(name: str, splits: dict[str, Split]) -> Iterator[Finding]:
    """Whole numbers that count the rows, of all splits together: a split by chance takes some of them."""
    parts = [split.column(name) for split in splits.values() if name in split.features]
    if any(part.dtype.kind not in "iu" for part in parts) or sum(map(len, parts)) < ENOUGH:
        return
    numbers = np.sort(np.concatenate(parts))
    if numbers[-1] - numbers[0] == len(numbers) - 1 and (np.diff(numbers) == 1).all():
        yield Finding("identifier", "note", name, "counts the rows: nothing to learn from. Leave it out (data.drop)")


def _copy(name: str, values: np.ndarray, seen: dict[bytes, str]) -> Iterator[Finding]:
    content = (
        "\x1f".join(map(str, values)).encode() if values.dtype == object else np.ascontiguousarray(values).tobytes()
    )
    other = seen.setdefault(blake2b(content, digest_size=16).digest(), name)
    if other != name:
        yield Finding("same_column", "note", name, f'has the values of "{other}": one of them is enough (data.drop)')
