"""A run again, from its own folder alone: is the result equal, and if not, why?"""

import io
import logging
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np

from kerasapp.callbacks.history import HistoryFile
from kerasapp.comparison import differing, flat
from kerasapp.environment import environment
from kerasapp.errors import RunError
from kerasapp.own_copy import edited
from kerasapp.run import Run
from kerasapp.training._fingerprint import fingerprints
from kerasapp.training._prepare import Prepared

log = logging.getLogger("kerasapp")
Row = dict[str, Any]
"""`{"path", "a", "b"}`: what differs, in the first run and in the second."""

RESULT = ("versions", "python", "machine.processor", "machine.threads")
"""What of the environment may change a result: another version computes otherwise, another number of threads adds up in
another order."""


@dataclass(frozen=True)
class Reproduction:
    """The new run (None where the data had changed, and nothing was trained) and what differs; nothing: it is equal."""

    run: Run | None
    differences: list[Row]


class _Changed(Exception):
    """What goes in is not what went in."""

    def __init__(self, rows: list[Row]):
        super().__init__()
        self.rows = rows


def reproduce(run: Run, train: Callable[..., Run]) -> Reproduction:
    """Trains a finished run again and compares; `train(recipe, before=...)` makes the new run.

    `before(prepared)` is called when the data has been read and nothing is trained. Differing versions, edited code and
    `deterministic: false` are warned of. Raises RunError where the run did not finish.
    """
    state = run.state
    if state["state"] != "finished":
        raise RunError(run.path, f"is {state['state']}: only a finished run has a result to compare with")
    _warn(run)

    def before(prepared: Prepared) -> None:
        now = fingerprints(prepared.splits, run.recipe.train.init_from, prepared.embedding)
        if rows := _changed(state.get("fingerprint", {}), now):
            raise _Changed(rows)

    try:
        again = train(run.recipe, before=before)
    except _Changed as changed:
        return Reproduction(None, changed.rows)
    results = list(_results(run, again))
    return Reproduction(again, [*_reasons(run, again), *results] if results else [])


def _changed(then: dict[str, str], now: dict[str, str]) -> list[Row]:
    """Rows of the splits that differ; of their order only where that is all."""
    rows = [row | {"path": f"data.{row['path']}"} for row in differing(then, now)]
    return [row for row in rows if row["path"] != "data.order"] or rows


def _warn(run: Run) -> None:
    """What speaks against an equal result, a line each, before hours are spent."""
    if not run.recipe.train.deterministic:
        log.warning("%s: trained with deterministic: false, so an equal result is not to be expected", run.path)
    then, now = run.read_json("environment.json"), environment(run.recipe.seed)
    for row in differing(flat(then), flat(now)):
        if row["path"].startswith(RESULT):
            log.warning("environment.%s: was %s, is %s: the result may differ", row["path"], row["a"], row["b"])
    code = run.path / "code"
    for name in then.get("code", {}):
        if name.endswith(".py") and not (code / name).is_file():  # else an installed module, which has no copy
            raise RunError(code / name, "is gone: the run can't be trained again without it")
    for path in edited(code, then.get("code", {})):
        log.warning("%s: was edited after the run was made: the result may differ", path)


def _reasons(a: Run, b: Run) -> list[Row]:
    """Rows of what may be why: environment and code."""
    rows = differing(*(flat(run.read_json("environment.json")) for run in (a, b)))
    return [row if row["path"].startswith("code.") else row | {"path": f"environment.{row['path']}"} for row in rows]


def _results(a: Run, b: Run) -> Iterator[Row]:
    yield from _weights(a, b)
    yield from _history(a, b)
    yield from differing(_report(a), _report(b))
    for fold in sorted(path.parent.name for path in a.path.glob("folds/*/state.json")):
        for row in _results(Run(a.path / "folds" / fold), Run(b.path / "folds" / fold)):
            yield row | {"path": f"folds.{fold}.{row['path']}"}


def _weights(a: Run, b: Run) -> Iterator[Row]:
    """Rows of the arrays of model.keras that differ, with the two numbers that lie farthest apart."""
    first, second = _arrays(a), _arrays(b)
    names = _names(b)
    for place in {**first, **second}:
        x, y = first.get(place), second.get(place)
        path = place if place.startswith("optimizer/") else f"weights/{names.get(place, place)}"
        if x is None or y is None or x.shape != y.shape:
            yield {"path": path, "a": _shape(x), "b": _shape(y)}
        elif not np.array_equal(x, y, equal_nan=True):
            apart = np.abs(np.nan_to_num(x.astype(float)) - np.nan_to_num(y.astype(float)))
            at = np.unravel_index(np.argmax(apart), x.shape)
            yield {"path": path, "a": float(x[at]), "b": float(y[at])}


def _arrays(run: Run) -> dict[str, np.ndarray]:
    """What model.keras holds by its place in there, whatever the code says now: weights and the optimizer's."""
    found: dict[str, np.ndarray] = {}
    with _opened(run) as file:
        file.visititems(lambda place, item: found.update({place: item[()]} if isinstance(item, h5py.Dataset) else {}))
    return found


def _names(run: Run) -> dict[str, str]:
    """`conv_1/kernel` by its place in model.keras: Keras keeps the layer's name there and numbers its variables."""
    layers = {layer.name: layer for layer in run.model()._flatten_layers() if layer.variables}  # no input of its name
    names: dict[str, str] = {}

    def keep(place: str, item: Any) -> None:
        layer = layers.get(item.parent.attrs.get("name")) if isinstance(item, h5py.Dataset) else None
        if layer is not None:
            own = layer._trainable_variables + layer._non_trainable_variables
            names[place] = f"{layer.name}/{own[int(place.rpartition('/')[2])].name}"

    with _opened(run) as file:
        file.visititems(keep)
    return names


@contextmanager
def _opened(run: Run) -> Iterator[h5py.File]:
    with (
        zipfile.ZipFile(run.path / "model.keras") as archive,
        h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file,
    ):
        yield file


def _shape(array: np.ndarray | None) -> str | None:
    return None if array is None else f"{array.shape} {array.dtype}"


def _history(a: Run, b: Run) -> Iterator[Row]:
    """Rows of history.csv's numbers that differ, but for seconds."""
    first, second = (HistoryFile(run.path / "history.csv").rows() for run in (a, b))
    if len(first) != len(second):
        yield {"path": "history.epochs", "a": len(first), "b": len(second)}
    for x, y in zip(first, second, strict=False):
        for row in differing(x, y):
            if row["path"] != "seconds":
                yield row | {"path": f"history.epoch_{x['epoch']}.{row['path']}"}


def _report(run: Run) -> dict[str, Any]:
    report = run.report
    splits = {
        f"report.{split}.{name}": told["value"]
        for split, result in report["splits"].items()
        for name, told in result["metrics"].items()
    }
    folds = report.get("cross_validation", {"metrics": {}})["metrics"]
    return splits | {f"report.cross_validation.{name}": told["mean"] for name, told in folds.items()}
