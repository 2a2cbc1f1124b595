"""Dividing what a source brings into train, validation and test.

Where an example goes is decided by a hash of what it is (a file's path, a row's content) and the seed: no order, no
count and no generator comes into it, so adding examples moves none of those that were there.
"""

import logging
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import combinations

import numpy as np
import tensorflow as tf

from kerasapp.data._arrays import Ids, hashed
from kerasapp.errors import DataError
from kerasapp.names import lacking
from kerasapp.types import Feature, Split

ORDER = ("train", "validation", "test")
CERTAINTY = 0.99  # that so many examples leave no split empty
logger = logging.getLogger("kerasapp")


class Subset:
    """Some examples of a Split, in the given order, without the features in `drop`; shared, not copied."""

    def __init__(self, split: Split, rows: np.ndarray, drop: Sequence[str] = ()):
        self._split, self._rows = split, np.asarray(rows, np.int64)
        self.features: dict[str, Feature] = {name: value for name, value in split.features.items() if name not in drop}
        self.ids = Ids(self._rows, split.ids.__getitem__)
        self.random_access = split.random_access
        with tf.init_scope(), tf.device("CPU:0"):
            self._indices = tf.constant(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def gather(self, indices: tf.Tensor) -> dict[str, tf.Tensor]:
        raw = self._split.gather(tf.gather(self._indices, indices))
        return {name: raw[name] for name in self.features}

    def column(self, feature: str) -> np.ndarray:
        return self._split.column(feature)[self._rows]

    def fingerprints(self) -> np.ndarray:
        return self._split.fingerprints()[self._rows]


def divide(
    brought: dict[str, Split],
    *,
    seed: int,
    default: dict[str, float],
    split: dict | None = None,
    folds: int | None = None,
    fold: int | None = None,
) -> dict[str, Split]:
    """The splits a source brought, and those of validation and test that are missing, taken from train.

    `split` and `default` are fractions of what train holds before. With `folds` the test split is fold number `fold`
    (from 0) of train, and a test split that the source brings is left alone. Raises DataError where a split would be
    empty.
    """
    split = split or {}
    wanted = {name: split.get(name) if split.get(name) is not None else default.get(name, 0.0) for name in ORDER[1:]}
    brought = dict(brought)
    if folds:
        wanted["test"] = 1 / folds
        if brought.pop("test", None) is not None:
            logger.info("data.folds: the source's own test split is left out")
    for name in ORDER[1:]:
        if split.get(name) and name in brought:
            logger.info("data.split.%s: not used, the source brings its own %s split", name, name)
    taken = {name: wanted[name] for name in ("test", "validation") if wanted[name] > 0 and name not in brought}
    if "train" not in brought:
        raise DataError("data", lacking("split", "train", brought))
    train = brought["train"]
    drop = [split[key] for key in ("group", "time") if split.get(key)]
    for name in drop:
        if name not in train.features:
            raise DataError("data.split", lacking("column", name, train.features))
    if taken:
        parts = _parts(train, taken, seed, split, folds, fold or 0)
        brought |= {name: Subset(train, rows) for name, rows in parts.items()}
    ordered = [*(name for name in ORDER if name in brought), *(name for name in brought if name not in ORDER)]
    return {name: _without(brought[name], drop) for name in ordered}


def duplicates(splits: dict[str, Split]) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """For each pair of splits that share exact copies: (id in the first, id in the second) of each copy in the second.

    The label is not compared.
    """
    found = {}
    hashes = {name: split.fingerprints() for name, split in splits.items()}
    for first, second in combinations(splits, 2):
        there, at = np.unique(hashes[first], return_index=True)
        rows = np.flatnonzero(np.isin(hashes[second], there))
        originals = at[np.searchsorted(there, hashes[second][rows])]
        if len(rows):
            ids = splits[first].ids, splits[second].ids
            found[first, second] = [(ids[0][a], ids[1][b]) for a, b in zip(originals, rows, strict=True)]
    return found


def _parts(train: Split, taken: dict, seed: int, split: dict, folds: int | None, fold: int) -> dict[str, np.ndarray]:
    """The rows of each split that is made here, and of what is left of train, ascending."""
    if sum(taken.values()) >= 1:
        raise DataError("data.split", f"{' and '.join(taken)} leave nothing to train on: together they must be below 1")
    if split.get("time"):
        keys, what = _moments(train, split["time"]), "different times"
        rows = _latest(keys, taken, folds)
    elif split.get("group"):
        keys, what = _groups(train, split["group"]), "groups"
        rows = _hashed(keys, taken, seed, None, folds, fold)
    else:
        keys, what = identities(train), "different examples"
        rows = _hashed(keys, taken, seed, _classes(train) if split.get("stratify") else None, folds, fold)
    for name, got in rows.items():
        if len(got) == 0:
            _refuse_empty(name, taken, len(np.unique(keys)), what)
    return rows


def _refuse_empty(name: str, taken: dict, count: int, what: str) -> None:
    fraction = taken.get(name, 1 - sum(taken.values()))
    needed = max(math.ceil(math.log(1 - CERTAINTY) / math.log(1 - fraction)), count + 1)
    told = f"of {count} {what} none came to {name}, which gets about {fraction:.2g} of them"
    raise DataError(
        "data.split", f"{told}. About {needed} are needed. Add some, or divide otherwise (data.split, data.folds)"
    )


def _hashed(
    keys: np.ndarray, taken: dict, seed: int, labels: np.ndarray | None, folds: int | None, fold: int
) -> dict[str, np.ndarray]:
    rows, left, share = {}, np.arange(len(keys)), 1.0
    for name, fraction in taken.items():
        places = _places(keys[left], f"{seed}:{name}")
        among = None if labels is None else labels[left]
        if name == "test" and folds:
            chosen = (np.floor(places * folds) if among is None else _dealt(places, among, folds)) == fold
        else:
            chosen = places < fraction / share if among is None else _balanced(places, among, fraction / share)
        rows[name], left, share = left[chosen], left[~chosen], share - fraction
    return {"train": left, **rows}


def identities(split: Split) -> np.ndarray:
    """(examples,) uint64: what each example is; its content, where the source knows nothing better."""
    return getattr(split, "identities", split.fingerprints)()


def _places(keys: np.ndarray, salt: str) -> np.ndarray:
    """(examples,) float64 in [0, 1): a place for each key, another for each salt (splitmix64, Steele et al., 2014)."""
    mixed = keys ^ np.frombuffer(blake2b(salt.encode(), digest_size=8).digest(), "<u8").astype(np.uint64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


def _balanced(places: np.ndarray, labels: np.ndarray, fraction: float) -> np.ndarray:
    """Which examples are taken: of each class its share, at least one, and never all."""
    chosen = np.zeros(len(places), bool)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        count = min(max(round(len(rows) * fraction), 1), len(rows) - 1)
        chosen[rows[np.argsort(places[rows], kind="stable")[:count]]] = True
    return chosen


def _dealt(places: np.ndarray, labels: np.ndarray, folds: int) -> np.ndarray:
    """The fold of each example, dealt out like cards, class after class."""
    order = np.lexsort((places, labels))
    dealt = np.empty(len(places), np.int64)
    dealt[order] = np.arange(len(places)) % folds
    return dealt


def _latest(moments: np.ndarray, taken: dict, folds: int | None) -> dict[str, np.ndarray]:
    """The latest are the test split, those before them validation; what happened at one moment stays together."""
    if folds:
        raise DataError("data.split", "time and folds exclude each other: choose one")
    rows, left = {}, np.arange(len(moments))
    for name, fraction in taken.items():
        count = max(round(len(moments) * fraction), 1)
        if count > len(left):
            rows[name], left = left, left[:0]
            continue
        first = np.sort(moments[left])[-count]
        rows[name], left = left[moments[left] >= first], left[moments[left] < first]
    return {"train": left, **rows}


def _moments(split: Split, name: str) -> np.ndarray:
    """(examples,) float64 to sort by: numbers as they are, ISO dates as seconds; without a zone they are UTC."""
    values = split.column(name)
    if values.dtype != object:
        _check_complete(split, name, ~np.isfinite(values))
        return values.astype(np.float64)
    moments = np.empty(len(values))
    for row, value in enumerate(values):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            told = f'{name} is "{value}", neither a number nor a date like 2024-05-31'
            raise DataError(split.ids[row], f"{told}. Correct it, or divide otherwise (data.split.time)") from None
        moments[row] = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return moments


def _groups(split: Split, name: str) -> np.ndarray:
    """(examples,) uint64: a hash of each example's group."""
    values = split.column(name)
    _check_complete(split, name, values == "" if values.dtype == object else ~np.isfinite(values))
    groups, which = np.unique(values, return_inverse=True)
    return hashed(str(group).encode() for group in groups)[which]


def _check_complete(split: Split, name: str, missing: np.ndarray) -> None:
    if missing.any():
        told = f"{name} is missing, in {missing.sum()} examples in all"
        raise DataError(split.ids[int(np.argmax(missing))], f"{told}. Fill it in, or divide otherwise (data.split)")


def _classes(split: Split) -> np.ndarray:
    """(examples,) int64: a number for each label."""
    if "label" not in split.features or split.features["label"].dtype.startswith("float"):
        raise DataError("data.split", "stratify balances classes, and these examples have none. Leave it out")
    return np.unique(split.column("label"), return_inverse=True)[1]


def _without(split: Split, drop: Sequence[str]) -> Split:
    return Subset(split, np.arange(len(split)), drop) if any(name in split.features for name in drop) else split
