"""What came of a trained run: the objective of the model that it kept, and by epoch."""

import math
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from kerasapp import pipeline
from kerasapp.callbacks._shared import better
from kerasapp.callbacks.history import HistoryFile
from kerasapp.run import Run
from kerasapp.training import folds_of
from kerasapp.tuning._frame import Objective

CALLS = 50  # of which the median is the latency
NO_METRICS = ("epoch", "seconds", "learning_rate")


def kept_row(rows: Sequence[Mapping[str, float]], metric: str, mode: str, keep: str) -> Mapping[str, float]:
    """The row of history.csv of the epoch whose model the run has. Raises KeyError where none was measured."""
    if keep == "last":
        return rows[-1]
    found = None
    for row in rows:
        if better(row.get(metric, math.nan), found and found[metric], mode):
            found = row
    if found is None:
        raise KeyError(metric)
    return found


def outcome(run: Run, objective: Objective, measured: Mapping[str, float]) -> dict[str, Any]:
    """The score of a run, its metrics and curve; `measured` are those that are no task's metrics.

    Raises KeyError with the name of a metric that was not measured.
    """
    rows, train = HistoryFile(run.path / "history.csv").rows(), run.recipe.train
    row = kept_row(rows, train.monitor.metric, train.monitor.direction, train.keep)
    metrics = {name: value for name, value in row.items() if name not in NO_METRICS}
    metrics |= measured
    return {
        "score": objective.score(metrics),
        "metrics": metrics,
        "epochs": len(rows),
        "seconds": run.read_json("state.json")["seconds"],
        "parameters": run.report["parameters"]["total"],
        "curve": [_score(objective, {**row, **measured}) for row in rows],
    }


def of_folds(run: Run, objective: Objective, measured: Mapping[str, float]) -> dict[str, Any]:
    """The outcome of a run, of one that is cross-validated the mean over its folds; `ended`, why, where it was pruned.

    Raises KeyError with the name of a metric that was not measured.
    """
    found, state = [outcome(one, objective, measured) for one in (run, *folds_of(run))], run.read_json("state.json")
    ended = {"ended": state["ended"]} if "ended" in state else {}
    return together(found) | {"seconds": state["seconds"]} | ended


def together(outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The outcomes of several seeds or folds as one: means, and the sums of epochs and seconds."""
    if len(outcomes) == 1:
        return dict(outcomes[0])
    names = [name for name in outcomes[0]["metrics"] if all(name in one["metrics"] for one in outcomes)]
    columns = zip(*(one["curve"] for one in outcomes), strict=False)
    return {
        "score": statistics.fmean(one["score"] for one in outcomes),
        "scores": [one["score"] for one in outcomes],
        "metrics": {name: statistics.fmean(one["metrics"][name] for one in outcomes) for name in names},
        "epochs": sum(one["epochs"] for one in outcomes),
        "seconds": sum(one["seconds"] for one in outcomes),
        "parameters": outcomes[0]["parameters"],
        "curve": [None if None in column else statistics.fmean(column) for column in columns],
    }


def measure(run: Run, splits: Callable[[], Mapping[str, Any]], wanted: set[str]) -> dict[str, float]:
    """Of `parameters`, `latency` and `bytes` those that are wanted, of the run's best model."""
    if not wanted:
        return {}
    found: dict[str, float] = {}
    if "parameters" in wanted:
        found["parameters"] = float(run.report["parameters"]["total"])
    if wanted == {"parameters"}:
        return found
    model = run.model()
    if "bytes" in wanted:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "model.keras")
            model.save(path)
            found["bytes"] = float(path.stat().st_size)
    if "latency" in wanted:
        example = pipeline.reader(run.task, splits()["train"])(tf.constant([0], tf.int64))
        found["latency"] = _latency(model, run.task.elements(example)[0])
    return found


def _latency(model: Any, inputs: Any) -> float:
    """Milliseconds of one example, the median of several calls."""
    call = tf.function(lambda given: model(given, training=False))
    times = []
    for _ in range(CALLS + 5):
        begun = time.perf_counter()
        tf.nest.map_structure(lambda tensor: tensor.numpy(), call(inputs))
        times.append(time.perf_counter() - begun)
    return 1000 * statistics.median(times[5:])


def _score(objective: Objective, row: Mapping[str, float]) -> float | None:
    try:
        score = objective.score(row)
    except KeyError:
        return None
    return score if math.isfinite(score) else None
