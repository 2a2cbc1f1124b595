"""How well a score ranks a class above the rest: ROC and precision/recall curves, their areas, and a threshold.

Fawcett (2006), "An introduction to ROC analysis"; the average precision is the sum of precision over steps of recall,
not interpolated, as scikit-learn has it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasapp.evaluation.confusion import class_scores, confusion
from kerasapp.evaluation.intervals import bootstrap, metric, proportion

POINTS = 200  # kept of a curve for drawing
IMBALANCE = 3.0  # the most frequent class has this many times the examples of the rarest: accuracy may mislead
RANKED = 6  # classes whose curves are drawn where there are more than two


@dataclass(frozen=True)
class Curve:
    """How many of the class, and of the others, score at least as high as each distinct score, from the highest."""

    scores: np.ndarray
    """(thresholds,), falling."""
    found: np.ndarray
    """(..., thresholds)."""
    false: np.ndarray
    """(..., thresholds)."""

    @classmethod
    def of(cls, scores: np.ndarray, positive: np.ndarray, counts: np.ndarray | None = None) -> "Curve":
        """(examples,) scores and whether each is of the class; `counts` (..., examples): how often each is drawn."""
        order = np.argsort(-scores, kind="stable")
        scores, positive = scores[order], positive[order]
        ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
        drawn = np.ones(len(scores), int) if counts is None else counts[..., order]
        return cls(
            scores[ends], np.cumsum(drawn * positive, -1)[..., ends], np.cumsum(drawn * ~positive, -1)[..., ends]
        )

    @property
    def recall(self) -> np.ndarray:
        """(..., thresholds); NaN where there is nothing to find."""
        with np.errstate(invalid="ignore"):
            return self.found / self.found[..., -1:]

    @property
    def false_rate(self) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            return self.false / self.false[..., -1:]

    @property
    def precision(self) -> np.ndarray:
        return self.found / np.maximum(self.found + self.false, 1)

    def area(self) -> np.ndarray:
        """(...) the area under the ROC curve: how often one of the class scores above another; ties count half."""
        return np.trapezoid(_from_zero(self.recall), _from_zero(self.false_rate), axis=-1)

    def average_precision(self) -> np.ndarray:
        """(...) the sum of precision over steps of recall."""
        return np.sum(np.diff(_from_zero(self.recall), axis=-1) * self.precision, axis=-1)

    def best_threshold(self) -> tuple[float, float]:
        """The threshold with the highest F1, and that F1; midway to the next lower score, on no example."""
        f1 = 2 * self.found / (self.found[-1] + self.found + self.false)
        best = int(np.argmax(f1))
        lower = self.scores[best + 1] if best + 1 < len(self.scores) else self.scores[best]
        return (float(self.scores[best]) + float(lower)) / 2, float(f1[best])

    def drawn(self) -> dict[str, dict[str, list[float]]]:
        """At most 200 points of both curves, evenly along their length."""
        recall, false, precision = _from_zero(self.recall), _from_zero(self.false_rate), self.precision
        walked = recall + false
        kept = np.unique(np.searchsorted(walked, np.linspace(0, walked[-1], POINTS)))
        few = np.unique(np.maximum(kept - 1, 0))
        return {
            "roc": {"false_positive_rate": false[kept].tolist(), "true_positive_rate": recall[kept].tolist()},
            "precision_recall": {"recall": self.recall[few].tolist(), "precision": precision[few].tolist()},
        }


def areas(scores: np.ndarray, positive: np.ndarray) -> dict[str, dict[str, float]]:
    """Both areas with bootstrap intervals; no bounds where every resample gives the same, as it does at exactly 1."""

    def both(counts: np.ndarray) -> np.ndarray:
        curve = Curve.of(scores, positive, counts)
        return np.stack([curve.area(), curve.average_precision()], axis=-1)

    lows, highs = bootstrap(len(scores), both)
    curve = Curve.of(scores, positive)
    return {
        name: metric(value, *((low, high) if low < high else ()))
        for name, value, low, high in zip(
            ("auc", "average_precision"), (curve.area(), curve.average_precision()), lows, highs, strict=True
        )
    }


def _from_zero(values: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros_like(values[..., :1]), values], axis=-1)


def choose(labels: Sequence[str], counts: Sequence[int], validation: Callable[[], Any]) -> list[dict[str, Any]]:
    """The classes that need a curve, and for each the threshold with the highest F1 on validation.

    Two classes: the rarer in train (the last where equal). More: the rarest ones, where train's most frequent class has
    three times the examples of its rarest. `counts` are train's; `validation` gives that split's outputs, or None where
    there is none: no threshold then.
    """
    rising = sorted(range(len(counts)), key=lambda number: counts[number])
    if len(counts) == 2:
        classes = [0 if counts[0] < counts[1] else 1]
    else:
        classes = rising[:RANKED] if max(counts) >= IMBALANCE * min(counts) else []
    outputs = validation() if classes else None
    return [_choice(labels, number, outputs) for number in classes]


def _choice(labels: Sequence[str], number: int, outputs: Any) -> dict[str, Any]:
    choice = {"label": labels[number], "class": number, "threshold": None}
    if outputs is None or outputs.targets is None or not outputs.targets[:, number].any():
        return choice
    positive = outputs.targets[:, number] > 0.5
    threshold, f1 = Curve.of(outputs.decoded["probabilities"][:, number].astype(float), positive).best_threshold()
    told = {"criterion": "highest F1", "chosen_on": "validation", "examples": len(positive), "f1": f1}
    return {**choice, "threshold": threshold, **told}


def one_against_rest(choice: Mapping[str, Any], probabilities: np.ndarray, true: np.ndarray) -> dict[str, Any] | None:
    """One class against the rest; None where the split has none of it, or nothing else."""
    scores, positive = probabilities[:, choice["class"]].astype(float), true == choice["class"]
    if positive.all() or not positive.any():
        return None
    result = {"label": choice["label"], "share": float(positive.mean()), **areas(scores, positive)}
    result |= Curve.of(scores, positive).drawn()
    if choice["threshold"] is not None:
        called = scores >= choice["threshold"]
        (_, scored), _ = class_scores(confusion(positive.astype(int), called.astype(int), 2), ["", choice["label"]])
        told = {name: scored[name] for name in ("precision", "recall", "f1")}
        false = float((called & ~positive).sum() / (~positive).sum())
        accuracy = proportion(int((called == positive).sum()), len(positive))
        result["at_threshold"] = {
            "threshold": choice["threshold"],
            **told,
            "accuracy": accuracy,
            "false_positive_rate": false,
        }
    return result
