"""Plain arrays x and y as examples: what is an image, what a table, what a label."""

import logging

import numpy as np

from kerasapp.data._arrays import Arrays, Ids
from kerasapp.errors import DataError
from kerasapp.types import Split

Pair = tuple[np.ndarray, np.ndarray | None]
logger = logging.getLogger("kerasapp")


def splits_of(
    where: str, pairs: dict[str, Pair], names: tuple[str, ...] | None = None, columns: list[str] | None = None
) -> dict[str, Split]:
    """x and y by split -> Splits.

    x of (n, h, w) or (n, h, w, c) is `image`, uint8 or float32 in 0 to 1; (n, k) is k columns, `x_0` ... or as
    `columns` has them; (n,) is `text` or one column. y is `label`: integers, text, or float64; one-hot rows become
    integers. `where` is what an error names. Raises DataError.
    """
    for name, (x, y) in pairs.items():
        _check(where, name, x, y)
    shapes = {x.shape[1:] for x, _ in pairs.values()}
    if len(shapes) > 1:
        raise DataError(where, f"the splits have examples of different shapes: {', '.join(map(str, sorted(shapes)))}")
    inputs = _inputs(where, {name: x for name, (x, _) in pairs.items()}, columns)
    made = {}
    for name, (_, y) in pairs.items():
        features = inputs[name] if y is None else {**inputs[name], "label": _label(where, y)}
        made[name] = Arrays(features, _ids(name, len(pairs[name][0])), {"label": names} if names else None)
    _check_names(where, made, names)
    return made


def _check(where: str, name: str, x: np.ndarray, y: np.ndarray | None) -> None:
    if x.ndim == 0 or len(x) == 0:
        raise DataError(where, f"x_{name} is empty")
    if x.ndim > 4 or 0 in x.shape or x.dtype.kind not in "biufUSO" or (x.dtype.kind in "USO" and x.ndim > 1):
        raise DataError(
            where, f"x_{name} is {x.dtype} of shape {x.shape}. Images are (n, h, w, c), tables (n, columns), texts (n,)"
        )
    if y is not None and (y.ndim == 0 or len(y) != len(x)):
        raise DataError(
            where,
            f"x_{name} has {len(x)} examples and y_{name} has {len(y) if y.ndim else 1}. Each needs its own label",
        )


def _inputs(where: str, xs: dict[str, np.ndarray], columns: list[str] | None) -> dict[str, dict[str, np.ndarray]]:
    x = next(iter(xs.values()))
    if x.ndim > 2:
        return {name: {"image": image} for name, image in _images(where, xs).items()}
    if x.dtype.kind in "USO":
        return {name: {"text": _as_text(x)} for name, x in xs.items()}
    tables = {name: _plain(x.reshape(len(x), -1)) for name, x in xs.items()}
    columns = columns or [f"x_{number}" for number in range(x.shape[1] if x.ndim == 2 else 1)]
    return {name: dict(zip(columns, table.T, strict=True)) for name, table in tables.items()}


def _images(where: str, xs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """One reading of the values for all splits, by their range over all."""
    xs = {name: x[..., None] if x.ndim == 3 else x for name, x in xs.items()}
    if all(x.dtype == np.uint8 for x in xs.values()):
        return xs
    low, high = min(float(x.min()) for x in xs.values()), max(float(x.max()) for x in xs.values())
    whole = all(x.dtype.kind in "iub" for x in xs.values())
    if any(x.dtype == bool for x in xs.values()):
        return {name: (x != 0).astype(np.uint8) * np.uint8(255) for name, x in xs.items()}
    if not (low >= 0 and high <= 255):  # NaN is neither
        raise DataError(where, f"pixels go from {low:g} to {high:g}: images are 0 to 255, or 0 to 1. Rescale them")
    if whole:
        return {name: x.astype(np.uint8) for name, x in xs.items()}
    if high > 1:
        logger.info("%s: pixels go from %g to %g, and are divided by 255", where, low, high)
        return {name: x.astype(np.float32) / np.float32(255) for name, x in xs.items()}
    return {name: x.astype(np.float32, copy=False) for name, x in xs.items()}


def _label(where: str, y: np.ndarray) -> np.ndarray:
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim == 2 and y.dtype.kind in "biuf" and np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all():
        logger.info("%s: one-hot labels are read as their class", where)
        return y.argmax(axis=1).astype(np.int64)
    if y.ndim != 1 or y.dtype.kind not in "biufUSO":
        raise DataError(where, f"y is {y.dtype} of shape {y.shape}. A label is one number or one text an example")
    return _as_text(y) if y.dtype.kind in "USO" else _plain(y)


def _plain(array: np.ndarray) -> np.ndarray:
    """int64 or float64."""
    return array.astype(np.int64 if array.dtype.kind in "biu" else np.float64, copy=False)


def _as_text(array: np.ndarray) -> np.ndarray:
    return np.array(
        [value.decode(errors="replace") if isinstance(value, bytes) else str(value) for value in array], object
    )


def _ids(name: str, count: int) -> Ids:
    return Ids(range(count), lambda row: f"x_{name}[{row}]")


def _check_names(where: str, splits: dict[str, Split], names: tuple[str, ...] | None) -> None:
    for name, split in splits.items():
        if names and "label" in split.features:
            labels = split.column("label")
            if labels.dtype != np.int64 or labels.min() < 0 or labels.max() >= len(names):
                raise DataError(
                    where, f"the labels of {name} go up to {labels.max()}, and there are {len(names)} class names"
                )
