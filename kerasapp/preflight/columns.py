"""Columns of a table: empty, constant, the answer itself, numbers and dates that stand there as text."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b

import numpy as np

from kerasapp.data._table import LARGEST, NUMBER, TOO_LARGE
from kerasapp.preflight import leaks, numbers
from kerasapp.rules import Finding
from kerasapp.types import Split

MOST = 0.9  # of a column's cells that make it what they are
HALF = 0.5
ENOUGH = 20  # rows, below which numbers may count them by chance
NAMED = 3
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
        yield from too_large(name, values, train)
        known &= ~is_too_large(values)
        gaps = [] if label is None else list(leaks.of_gaps(name, known, label, measure))
        found = gaps or list(_emptiness(name, values, known, train))
        yield from found
        if any(finding.severity != "note" for finding in found):
            continue
        if _counts_rows(name, splits):
            yield _identifier(name, values, label, measure)
        else:
            if label is not None:
                yield from leaks.of_values(name, values, known, label, measure)
            others = [split for other, split in splits.items() if other != "train" and name in split.features]
            yield from numbers.of_numbers(name, values, known, train, others)
        if feature.dtype == "string" and name != "text":
            yield from _as_text(name, values, known, splits)
            yield from _spellings(name, values, known, train)
        yield from _copy(name, values, seen)


def is_too_large(values: np.ndarray) -> np.ndarray:
    """(rows,) bool: numbers that float32 can't hold."""
    if values.dtype != np.float64:
        return np.zeros(len(values), bool)
    return np.isfinite(values) & (np.abs(values) > LARGEST)


def too_large(name: str, values: np.ndarray, split: Split) -> Iterator[Finding]:
    """A finding for each number that float32 can't hold."""
    for row in np.flatnonzero(is_too_large(values)):
        place = split.ids[int(row)]
        yield Finding("not_a_number", "error", place, f"{name} is {values[row]:g}, {TOO_LARGE}. Correct it", (place,))


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


def _as_text(name: str, values: np.ndarray, known: np.ndarray, splits: dict[str, Split]) -> Iterator[Finding]:
    split = splits["train"]
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
    elif plain.all() and (elsewhere := _no_numbers(name, splits)):
        if not all(CODE(text) for text, _ in elsewhere):
            odd = ", ".join(f'"{text}" at {place}' for text, place in elsewhere[:NAMED])
            told = f"numbers in train, and {len(elsewhere)} in other splits that are none: {odd}"
            yield Finding("mixed_types", "warning", name, f"{told}. Because of them the column is taken as words")
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


def _spellings(name: str, values: np.ndarray, known: np.ndarray, split: Split) -> Iterator[Finding]:
    """Categories that differ in case, blanks or Unicode's form alone; in free text and ids nothing is compared."""
    counts = Counter(str(value) for value in values[known])
    if len(counts) > HALF * known.sum():
        return
    alike: dict[str, list[str]] = {}
    for cell in counts:
        alike.setdefault(" ".join(unicodedata.normalize("NFC", cell).casefold().split()), []).append(cell)
    told = []
    for same in alike.values():
        common = max(same, key=counts.__getitem__)
        told += [(cell, common) for cell in same if cell != common]
    if told:
        cell, common = told[0]
        first = split.ids[int(np.argmax(values == cell))]
        how = f'"{cell}" ({counts[cell]} rows, first {first}) differs from "{common}" ({counts[common]} rows)'
        more = f", and {len(told) - 1} more such pairs" if len(told) > 1 else ""
        words = f"{how} in case, blanks or the form of Unicode only{more}: write both alike"
        yield Finding("category_typo", "warning", name, words, (first,))


def _no_numbers(name: str, splits: dict[str, Split]) -> list[tuple[str, str]]:
    """Cells of the other splits that are no numbers, each with its place: the last row of a sum, say."""
    return [
        (value, split.ids[row])
        for split in splits.values()
        if name in split.features and split.features[name].dtype == "string"
        for row, value in enumerate(split.column(name))
        if value and not NUMBER(value)
    ]


def _which(cells: list[str], is_it: Callable[[str], object]) -> np.ndarray:
    """(cells,) bool; each different cell is judged once."""
    judged = {cell: bool(is_it(cell)) for cell in set(cells)}
    return np.array([judged[cell] for cell in cells])


def _counts_rows(name: str, splits: dict[str, Split]) -> bool:
    """Whole numbers that count the rows, of all splits together: a split by chance takes some of them."""
    parts = [split.column(name) for split in splits.values() if name in split.features]
    if any(part.dtype.kind not in "iu" for part in parts) or sum(map(len, parts)) < ENOUGH:
        return False
    every = np.sort(np.concatenate(parts))
    return bool(every[-1] - every[0] == len(every) - 1 and (np.diff(every) == 1).all())


def _identifier(name: str, values: np.ndarray, label: np.ndarray | None, measure: bool) -> Finding:
    way = "Leave it out (data.drop)"
    if label is not None and leaks.sorts(values, label, measure):
        told = "counts the rows, and they are sorted by the label, so it decides the label and means nothing"
        return Finding("identifier", "warning", name, f"{told}. {way}")
    return Finding("identifier", "note", name, f"counts the rows: nothing to learn from. {way}")


def _copy(name: str, values: np.ndarray, seen: dict[bytes, str]) -> Iterator[Finding]:
    content = (
        "\x1f".join(map(str, values)).encode() if values.dtype == object else np.ascontiguousarray(values).tobytes()
    )
    other = seen.setdefault(blake2b(content, digest_size=16).digest(), name)
    if other != name:
        yield Finding("same_column", "note", name, f'has the values of "{other}": one of them is enough (data.drop)')
