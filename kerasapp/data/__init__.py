"""Where examples come from: one file a source, each `load(*, ...)` giving the splits that the source itself brings."""

import logging
from pathlib import Path
from typing import Any

from kerasapp.components import create
from kerasapp.data._faults import passing_over
from kerasapp.data._split import Subset, divide, duplicates
from kerasapp.errors import DataError
from kerasapp.types import Spec, Split

PARTS = ("features", "ids", "random_access", "__len__", "gather", "column", "fingerprints")  # of a Split
FRAME = ("split", "folds", "fold", "cache", "cache_limit")
logger = logging.getLogger("kerasapp")

__all__ = ["Subset", "divide", "divided", "duplicates", "load", "passing_over", "read"]


def load(spec: Spec, seed: int, default: dict[str, float] | None, folder: Path | None = None) -> dict[str, Split]:
    """Reads the source of a recipe's `data` and divides what it brings, by the recipe's words or `default`'s fractions;
    with None there is train, and what the recipe names.

    `seed` decides the splits made here and nothing else; `folder` is the recipe's, for a source of one's own. Raises
    DataError.
    """
    return divided(read(spec, folder), spec, seed, default)


def read(spec: Spec, folder: Path | None = None) -> dict[str, Split]:
    """The splits that the source of a recipe's `data` itself brings. Raises DataError."""
    brought = create("data", {key: value for key, value in spec.items() if key not in FRAME}, folder=folder)
    if ":" in spec["name"]:
        _check_splits(spec["name"], brought)
    return brought


def divided(brought: dict[str, Split], spec: Spec, seed: int, default: dict[str, float] | None) -> dict[str, Split]:
    """What `load` makes of the splits that a source brought. Raises DataError."""
    asked = {key: spec.get(key) for key in ("split", "folds", "fold")}
    if default is None:
        for name in [name for name in brought if name != "train" and not spec.get(name)]:
            logger.info("the source's own %s split is left out: this task has no use for it", name)
            brought = {other: split for other, split in brought.items() if other != name}
    return divide(brought, seed=seed, default=default or {}, **asked)


def _check_splits(name: str, brought: Any) -> None:
    """Raises DataError where a source of one's own gives something else than splits by name."""
    if not isinstance(brought, dict) or not brought:
        raise DataError(
            name, f"gives {type(brought).__name__}, and a data source gives its splits by name, train first"
        )
    for split, value in brought.items():
        if absent := [part for part in PARTS if not hasattr(value, part)]:
            told = f"{split} is {type(value).__name__} without {', '.join(absent)}, and no kerasapp.types.Split"
            raise DataError(name, told)
