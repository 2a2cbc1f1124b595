"""Measures of one label out of several, each with its 95 % interval, and how a report shows them.

Calibration: Guo et al. (2017), "On Calibration of Modern Neural Networks". What is left out: an interval of the
calibration error, averages weighted by support.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from kerasapp import plots
from kerasapp.evaluation import intervals
from kerasapp.evaluation.confusion import class_scores, confusion
from kerasapp.evaluation.parts import Drawing, Pictures, Section, Table, Text, number, raw_columns, with_spread
from kerasapp.evaluation.ranking import choose, one_against_rest
from kerasapp.names import some
from kerasapp.types import Split

__all__ = ["BETTER", "HEADLINE", "measure", "sections", "thresholds", "warnings"]

LABELLED = True
HEADLINE, BETTER = "accuracy", "higher"
BINS = 15  # of equal width (Guo et al., 2017)
MISTAKES = 12
STORED_CLASSES = 256  # beyond, report.json leaves the confusion matrix out
NAMED = 8  # classes that a sentence names
LISTED_CLASSES = 20  # beyond, the report lists those with the lowest F1 only


def thresholds(task: Any, validation: Callable[[], Any]) -> list[dict[str, Any]]:
    """The classes that need a curve, each with the threshold that validation suggests; see `ranking.choose`."""
    return choose(task.labels, task.counts, validation)


def measure(
    task: Any, split: Split, outputs: Any, losses: np.ndarray | None, choices: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """A split's entry in `report.json`.

    `outputs` has logits and one-hot targets, (examples, classes), and `decoded["probabilities"]`; `losses` is
    (examples,).
    """
    labels = task.labels
    true, predicted = outputs.targets.argmax(axis=-1), outputs.logits.argmax(axis=-1)
    probabilities = outputs.decoded["probabilities"]
    matrix = confusion(true, predicted, len(labels))
    classes, macro = class_scores(matrix, labels)
    bins, error = calibration(probabilities.max(axis=-1), true == predicted)
    curves = [curve for choice in choices if (curve := one_against_rest(choice, probabilities, true))]
    right = (true == predicted) & np.isfinite(outputs.logits).all(axis=-1)  # argmax of NaN is the first class
    metrics = {"accuracy": intervals.proportion(int(right.sum()), len(true))}
    if losses is not None:
        metrics["loss"] = intervals.mean(losses)
    if len(labels) > 5:
        ahead = (outputs.logits > np.take_along_axis(outputs.logits, true[:, None], axis=1)).sum(axis=1)
        metrics["top_5_accuracy"] = intervals.proportion(int((ahead < 5).sum()), len(true))
    metrics |= {"macro_f1": macro, "expected_calibration_error": intervals.metric(error)}
    if len(labels) == 2 and curves:
        metrics |= {name: curves[0][name] for name in ("auc", "average_precision")}
    return {
        "examples": len(true),
        "metrics": metrics,
        "classes": classes,
        "confusion_matrix": matrix.tolist() if len(labels) <= STORED_CLASSES else None,
        "calibration": bins,
        "curves": curves,
        "mistakes": mistakes(labels, true, predicted, probabilities, split.ids),
    }


def calibration(confidence: np.ndarray, right: np.ndarray) -> tuple[dict[str, Any], float]:
    """The bins that hold examples, and the expected calibration error: the mean distance of confidence and accuracy.

    A confidence that is not finite is in no bin.
    """
    confidence, right = confidence[np.isfinite(confidence)], right[np.isfinite(confidence)]
    number = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    counts = np.bincount(number, minlength=BINS)
    used = counts > 0
    sure = np.bincount(number, confidence, BINS)[used] / counts[used]
    accuracy = np.bincount(number, right, BINS)[used] / counts[used]
    error = float(np.sum(counts[used] * np.abs(sure - accuracy)) / len(right)) if len(right) else math.nan
    kept = {"confidence": sure.tolist(), "accuracy": accuracy.tolist(), "examples": counts[used].tolist()}
    return {"bins": BINS, "error": error, **kept}, error


def mistakes(
    labels: Sequence[str], true: np.ndarray, predicted: np.ndarray, probabilities: np.ndarray, ids: Sequence[str]
) -> list[dict[str, Any]]:
    """The mistakes that the model was surest of, at most 12."""
    wrong = np.flatnonzero(true != predicted)
    surest = wrong[np.argsort(-probabilities[wrong, predicted[wrong]], kind="stable")][:MISTAKES]
    return [
        {
            "index": int(i),
            "id": str(ids[int(i)]),
            "label": labels[true[i]],
            "predicted": labels[predicted[i]],
            "probability": float(probabilities[i, predicted[i]]),
            "probability_of_label": float(probabilities[i, true[i]]),
        }
        for i in surest
    ]


def warnings(name: str, result: Mapping[str, Any]) -> list[str]:
    """What the figures of a split are to be read with."""
    never = [entry["label"] for entry in result["classes"] if entry["support"] and entry["recall"]["value"] == 0]
    absent = [entry["label"] for entry in result["classes"] if not entry["support"]]
    told = []
    if never:
        told.append(f"Never found in {name}, though there: {some(never, NAMED)}.")
    if absent:
        told.append(f"No example in {name}, so nothing is known about: {some(absent, NAMED)}.")
    if result["curves"]:
        most = max(entry["support"] for entry in result["classes"]) / result["examples"]
        if most > 0.6:
            told.append(
                f"One class has {number(most)} of {name}: accuracy alone says little, look at the ranking as well."
            )
    return told


def sections(name: str, result: Mapping[str, Any], examples: Mapping[str, np.ndarray] | None) -> list[Section]:
    """How a report shows a split's entry; `examples` are the prepared features of its mistakes, where there are any."""
    return [
        Section("Which classes are taken for which", _classes(name, result)),
        Section("The most confident mistakes", _mistakes(name, result["mistakes"], examples)),
        *(
            [Section("Ranking, and where to draw the line", _ranking(name, result["curves"]))]
            if result["curves"]
            else []
        ),
        Section("Calibration", _calibration(name, result)),
    ]


def _classes(name: str, result: Mapping[str, Any]) -> list[Any]:
    parts, labels = [], [entry["label"] for entry in result["classes"]]
    if result["confusion_matrix"] is not None:
        matrix = np.array(result["confusion_matrix"])
        told = "Rows are true classes, columns predicted ones; colour grows with the share of the row."
        parts.append(Drawing(f"{name}_confusion", plots.confusion_matrix(matrix, labels), told))
    listed = sorted(result["classes"], key=lambda entry: (entry["f1"] or {"value": 2})["value"])[:LISTED_CLASSES]
    few = len(result["classes"]) <= LISTED_CLASSES
    caption = (
        "" if few else f"The {LISTED_CLASSES} of {len(labels)} classes with the lowest F1; all are in report.json."
    )
    rows = [
        [entry["label"], *(with_spread(entry[score]) for score in ("precision", "recall", "f1")), str(entry["support"])]
        for entry in (result["classes"] if few else listed)
    ]
    parts.append(Table(["class", "precision", "recall", "F1", "examples"], rows, caption=caption))
    parts.append(Text(
        f"95 % intervals from {intervals.RESAMPLES} multinomial resamples of the confusion matrix, which is what "
        "drawing the examples again comes to. A figure that is the same in all of them has Wilson's interval instead."
    ))  # fmt: skip
    return parts


def _mistakes(name: str, found: Sequence[Mapping[str, Any]], examples: Mapping[str, np.ndarray] | None) -> list[Any]:
    if not found:
        return [Text(f"None: every example of {name} is right.")]
    if examples and examples.get("image") is not None:
        captions = [(f"{row['label']}, called {row['predicted']}", number(row["probability"])) for row in found]
        return [Pictures(f"{name}_mistakes", list(examples["image"]), captions, [row["id"] for row in found])]
    columns, cells = raw_columns(examples) if examples else ([], [[] for _ in found])
    rows = [
        [row["id"], row["label"], row["predicted"], *cell, number(row["probability"])]
        for row, cell in zip(found, cells or [[] for _ in found], strict=True)
    ]
    return [Table(["example", "true", "called", *columns, "probability"], rows, names=3 + len(columns))]


def _ranking(name: str, curves: Sequence[Mapping[str, Any]]) -> list[Any]:
    points = [_points(curve.get("at_threshold")) for curve in curves]
    both = list(zip(curves, points, strict=True))
    roc = plots.roc([{"label": curve["label"], "point": point[0], **curve["roc"]} for curve, point in both])
    precise = plots.precision_recall([
        {"label": curve["label"], "share": curve["share"], "point": point[1], **curve["precision_recall"]}
        for curve, point in both
    ])  # fmt: skip
    rows = [
        [curve["label"], number(curve["share"]), with_spread(curve["auc"]), with_spread(curve["average_precision"])]
        for curve in curves
    ]
    return [
        Drawing(f"{name}_roc", roc, "How many are found, against how many others are called so by mistake."),
        Drawing(f"{name}_precision_recall", precise, "How many of those found are right, as more are found."),
        Table(["class", "share", "AUC", "average precision"], rows),
        _at_thresholds(name, [curve for curve in curves if "at_threshold" in curve]),
    ]


def _at_thresholds(name: str, curves: Sequence[Mapping[str, Any]]) -> Table | Text:
    if not curves:
        return Text("No threshold is suggested: there is no validation split to choose it on.")
    header = ["class", "suggested threshold", "precision", "recall", "F1", "accuracy"]
    rows = [
        [curve["label"], number(told["threshold"])]
        + [with_spread(told[score]) for score in ("precision", "recall", "f1", "accuracy")]
        for curve in curves
        if (told := curve["at_threshold"])
    ]
    caption = f"Say the class from this probability on: the highest F1 on validation, measured here on {name}."
    return Table(header, rows, caption=caption)


def _points(told: Mapping[str, Any] | None) -> tuple[tuple[float, float] | None, tuple[float, float] | None]:
    """Where a threshold lies on the ROC and on the precision/recall curve."""
    if told is None or told["precision"] is None:
        return None, None
    recall = told["recall"]["value"]
    return (told["false_positive_rate"], recall), (recall, told["precision"]["value"])


def _calibration(name: str, result: Mapping[str, Any]) -> list[Any]:
    bins = result["calibration"]
    figure = plots.reliability(bins["confidence"], bins["accuracy"], bins["examples"], bins=bins["bins"])
    told = (
        f"Expected calibration error {number(bins['error'])}: the mean distance between how sure the model says to be "
        f"and how often it is right, over {bins['bins']} equal bins and {number(result['examples'])} examples. "
        "Few examples in a bin make it look worse than it is."
    )
    return [
        Drawing(f"{name}_calibration", figure, "Above the diagonal it is more often right than it says."),
        Text(told),
    ]
