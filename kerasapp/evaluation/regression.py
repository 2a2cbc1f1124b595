"""Measures of a predicted number in the label's own units, each with its 95 % interval, and how a report shows them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from kerasapp import plots
from kerasapp.evaluation import intervals
from kerasapp.evaluation.parts import Drawing, Section, Table, number, raw_columns
from kerasapp.types import Split

LABELLED = True
HEADLINE, BETTER = "mean_absolute_error", "lower"
MISTAKES = 12
POINTS = 1000  # kept for drawing


def thresholds(task: Any, validation: Callable[[], Any]) -> list[dict[str, Any]]:
    """None: there is nothing to choose on validation."""
    return []


def measure(task: Any, split: Split, outputs: Any, losses: np.ndarray | None, choices: Sequence[Any]) -> dict[str, Any]:
    """A split's entry in `report.json`.

    `outputs.decoded["value"]` is (examples,), as are `losses`, which are of the standardised target.
    """
    true, predicted = task.targets(split).astype(float), outputs.decoded["value"].astype(float)
    kept = np.sort(np.random.default_rng(intervals.SEED).permutation(len(true))[:POINTS])
    return {
        "examples": len(true),
        "metrics": errors(true, predicted) | ({} if losses is None else {"loss": intervals.mean(losses)}),
        "points": {"true": true[kept].tolist(), "predicted": predicted[kept].tolist()},
        "mistakes": mistakes(true, predicted, split.ids),
    }


def errors(true: np.ndarray, predicted: np.ndarray) -> dict[str, dict[str, float]]:
    """Mean absolute error, root mean squared error and R² with bootstrap intervals; no R² where the truth is one value.

    All are functions of means over examples, so that a resample costs one product. The truth is centred first: its
    variance would otherwise be the small difference of two large numbers.
    """
    error, centred = predicted - true, true - true.mean()
    columns = np.stack([np.abs(error), error**2, centred, centred**2], axis=1)

    def scores(counts: np.ndarray) -> np.ndarray:
        absolute, squared, mean, square = np.moveaxis(counts.astype(float) @ columns / len(true), -1, 0)
        variance = square - mean**2
        with np.errstate(invalid="ignore", divide="ignore"):
            explained = np.where(variance > 0, 1 - squared / variance, np.nan)
        return np.stack([absolute, np.sqrt(squared), explained], axis=-1)

    lows, highs = intervals.bootstrap(len(true), scores)
    values = scores(np.ones((1, len(true))))[0]
    names = ("mean_absolute_error", "root_mean_squared_error", "r2_score")
    rows = zip(names, values, lows, highs, strict=True)
    return {
        name: intervals.metric(value, low, high)
        for name, value, low, high in rows
        if name != "r2_score" or not np.isnan(value)
    }


def mistakes(true: np.ndarray, predicted: np.ndarray, ids: Sequence[str]) -> list[dict[str, Any]]:
    """The largest errors, at most 12."""
    worst = np.argsort(-np.abs(predicted - true), kind="stable")[:MISTAKES]
    return [
        {"index": int(i), "id": str(ids[int(i)]), "label": float(true[i]), "predicted": float(predicted[i])}
        for i in worst
    ]


def warnings(name: str, result: Mapping[str, Any]) -> list[str]:
    """What the figures of a split are to be read with."""
    explained = result["metrics"].get("r2_score")
    if explained and explained["value"] <= 0:
        return [f"R² on {name} is {number(explained['value'])}: no better than always saying the mean."]
    return []


def sections(name: str, result: Mapping[str, Any], examples: Mapping[str, np.ndarray] | None) -> list[Section]:
    """How a report shows a split's entry; `examples` are the prepared features of its largest errors."""
    true, predicted = np.array(result["points"]["true"]), np.array(result["points"]["predicted"])
    shown = f"{len(true)} of {result['examples']} examples. " if len(true) < result["examples"] else ""
    drawings = [
        Drawing(
            f"{name}_predicted",
            plots.predicted_against_true(true, predicted),
            f"{shown}On the line, the prediction is right.",
        ),
        Drawing(
            f"{name}_residuals", plots.residuals(true, predicted), "A pattern here is something that the model missed."
        ),
    ]
    columns, cells = raw_columns(examples) if examples else ([], [])
    rows = [
        [row["id"], number(row["label"]), number(row["predicted"]), number(row["predicted"] - row["label"]), *cell]
        for row, cell in zip(result["mistakes"], cells or [[] for _ in result["mistakes"]], strict=True)
    ]
    table = Table(["example", "true", "predicted", "difference", *columns], rows)
    return [Section("Predicted against true", drawings), Section("The largest errors", [table])]
