"""Labels: missing, out of range, misspelt, in one split only, too few of a class."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import numpy as np

from kerasapp.preflight.columns import is_too_large, too_large
from kerasapp.rules import Finding, class_sizes
from kerasapp.types import Split

RARE = 20  # times as common as its misspelling a name must be, where only a letter differs
LETTERS = 4  # that a name has at least, for a letter's difference to be called a misspelling
FAR = 10  # interquartile ranges from the median: a measure that may be wrong
MANY = 500  # classes, beyond which names are compared by spelling no more


def unlabelled(splits: dict[str, Split]) -> Iterator[Finding]:
    """Splits without labels: an error for training, and for a test split what the run will do."""
    for name, split in splits.items():
        if "label" in split.features:
            continue
        if name == "test":
            told = "the test split has no labels: the report will be on validation. Label it to measure the model"
            yield Finding("unlabelled", "warning", split.ids[0], told)
        else:
            told = f"the {name} split has no labels, and this task needs them. Label it"
            yield Finding("unlabelled", "error", split.ids[0], told)


def of_classes(splits: dict[str, Split], brought: set[str]) -> Iterator[Finding]:
    """Findings on the labels of a classification; `brought` are the splits that the source itself divided."""
    counts = {}
    for name, split in splits.items():
        if "label" in split.features and not split.features["label"].shape:
            labels = yield from _usable(split)
            counts[name] = Counter(labels)
    if "train" not in counts:
        return
    train = counts["train"]
    for label in splits["train"].features["label"].names or ():
        if not train[label]:
            told = f'no example of the class "{label}" in train. Add some, or remove the class'
            yield Finding("empty_class", "error", label, told)
    if len(train) == 1:
        (label,) = train
        yield Finding("one_class", "error", label, "one class only: a classifier needs two or more")
        return
    yield from _typos(sum(counts.values(), Counter()))
    yield from _in_one_split(splits, counts, brought)
    yield from class_sizes({label: train[label] for label in train})


def of_measures(splits: dict[str, Split]) -> Iterator[Finding]:
    """Findings on the labels of a regression."""
    for name, split in splits.items():
        if "label" not in split.features or split.features["label"].shape:
            continue
        values = split.column("label")
        if values.dtype.kind not in "iuf":
            continue  # the task's own words are better
        for row in np.flatnonzero(~np.isfinite(values)):
            yield _missing(split, row)
        yield from too_large("label", values, split)
        known = values[np.isfinite(values) & ~is_too_large(values)].astype(np.float64)
        if name == "train" and len(known) and known.min() == known.max():
            told = f"the label is {known[0]:g} in every row: there is nothing to learn. Is it the right column?"
            yield Finding("constant_label", "error", split.ids[0], told)
        low, middle, high = np.percentile(known, [25, 50, 75]) if len(known) else (0, 0, 0)
        for row in np.flatnonzero(np.abs(values - middle) > FAR * (high - low)) if high > low else ():
            told = f"the label is {values[row]:g}, and half of all lie between {low:g} and {high:g}: is it right?"
            yield Finding("far_label", "note", split.ids[int(row)], told, (split.ids[int(row)],))


def named(split: Split) -> np.ndarray | None:
    """(examples,) labels as a person reads them, an object array of str; "" where there is none to be read."""
    if "label" not in split.features or split.features["label"].shape:
        return None
    values, names = split.column("label"), split.features["label"].names
    if values.dtype.kind == "f":
        whole = np.isfinite(values) & (values == np.floor(values))
        return np.array([str(int(v)) if ok else f"{v:g}" for v, ok in zip(values, whole, strict=True)], object)
    if values.dtype.kind in "iu":
        inside = lambda value: names[value] if 0 <= value < len(names) else ""  # noqa: E731
        return np.array([str(inside(value) if names else value) for value in values.tolist()], object)
    return np.array([str(value) for value in values], object)


def _usable(split: Split) -> Iterator[Finding]:
    """Yields findings on labels that can't be used, and returns the others, as a list of names."""
    values, labels = split.column("label"), named(split)
    names = split.features["label"].names
    bad = np.zeros(len(values), bool)
    if values.dtype.kind == "f":
        missing, bad = ~np.isfinite(values), np.isfinite(values) & (values != np.floor(values))
        told = "is no class but a measure. Is it the right column, or a task for tabular_regression?"
    else:
        missing = labels == "" if values.dtype.kind == "O" else np.zeros(len(values), bool)
        if names:
            bad = (values < 0) | (values >= len(names))
            told = f"is outside 0 to {len(names) - 1}, the classes there are. Correct it"
    for row in np.flatnonzero(missing):
        yield _missing(split, row)
    for row in np.flatnonzero(bad):
        where = split.ids[int(row)]
        yield Finding("label_out_of_range", "error", where, f"label {values[row]:g} {told}", (where,))
    return labels[~missing & ~bad].tolist()


def _missing(split: Split, row: int) -> Finding:
    where = split.ids[int(row)]
    return Finding("unlabelled", "error", where, "the label is missing. Fill it in, or take the example out", (where,))


def _typos(counts: Counter) -> Iterator[Finding]:
    """Names that differ in case, blanks, signs or Unicode's form; or in one letter, where one of them is rare."""
    kinds: dict[str, list[str]] = {}
    for label in counts:
        kinds.setdefault(_plain(label), []).append(label)
    for same in kinds.values():
        common = max(same, key=counts.get)
        for label in same:
            if label != common and not _is_number(label):
                if _composed(label) == _composed(common):
                    how = "looks the same, in another form of Unicode (NFC and NFD), as"
                else:
                    how = "differs in case, blanks or signs only from"
                yield _typo(label, common, counts, how)
    if len(kinds) > MANY:
        return
    for (plain, several), (other, more) in combinations(kinds.items(), 2):
        rare, common = sorted((max(several, key=counts.get), max(more, key=counts.get)), key=counts.get)
        long = min(len(plain), len(other)) >= LETTERS
        if long and counts[common] >= RARE * counts[rare] and _one_letter_apart(plain, other):
            yield _typo(rare, common, counts, "differs in one letter from")


def _plain(label: str) -> str:
    """A name without what is easily mistaken; signs that mean something (`<=`, `C-`) and single letters stay."""
    label = re.sub(r"(?<=\w)[\s_-]+(?=\w)", "", _composed(label).strip().rstrip(".,;:").strip())
    return label if len(label) == 1 else label.casefold()


def _composed(label: str) -> str:
    return unicodedata.normalize("NFC", label)


def _typo(label: str, common: str, counts: Counter, how: str) -> Finding:
    told = f'"{label}" ({counts[label]} examples) {how} "{common}" ({counts[common]}): write both alike'
    return Finding("label_typo", "warning", label, told)


def _one_letter_apart(a: str, b: str) -> bool:
    """One letter changed, added, left out, or two exchanged; a difference in digits is none."""
    if len(a) > len(b):
        a, b = b, a
    if len(b) - len(a) > 1 or re.sub(r"\d", "", a) == re.sub(r"\d", "", b):
        return False
    at = next((place for place in range(len(a)) if a[place] != b[place]), len(a))
    if len(a) < len(b):
        return a[at:] == b[at + 1 :]
    return a[at + 1 :] == b[at + 1 :] or (a[at : at + 2] == b[at : at + 2][::-1] and a[at + 2 :] == b[at + 2 :])


def _is_number(label: str) -> bool:
    return re.fullmatch(r"[-+\d.,\s]+", label) is not None


def _in_one_split(splits: dict[str, Split], counts: dict[str, Counter], brought: set[str]) -> Iterator[Finding]:
    train = counts["train"]
    for name, there in counts.items():
        if name == "train":
            continue
        labels = named(splits[name])
        for label in sorted(set(there) - set(train)):
            where = splits[name].ids[int(np.flatnonzero(labels == label)[0])]
            told = f'"{label}" ({there[label]} examples in {name}) is none that train has. Correct it, or divide anew'
            yield Finding("label_in_one_split", "error", where, told, (where,))
        for label in sorted(set(train) - set(there)):
            told = f'no example of "{label}" in {name}, and {train[label]} in train: its figures will say nothing of it'
            if name in brought:
                yield Finding("label_in_one_split", "warning", label, f"{told}. Add some to {name}")
            else:
                yield Finding("label_in_one_split", "note", label, f"{told}. Set data.split.stratify: true")
