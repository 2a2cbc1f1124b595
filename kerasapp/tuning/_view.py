"""A sweep's table as its report reads it: which trials count, which way is better, what their values are as numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import Any

import numpy as np

from kerasapp.evaluation.parts import spoken
from kerasapp.tuning._axes import Axis, axes_of

Trial = Mapping[str, Any]
MISSING: Trial = {
    "run": None, "values": {}, "score": None, "metrics": {}, "epochs": None, "seconds": None, "parameters": None,
    "reason": "", "curve": (), "rung": None, "continues": None, "given_again": 0,
}  # fmt: skip
"""What a trial that was not trained lacks."""


@dataclass(frozen=True)
class View:
    """Made of `sweep.json`'s content; what is missing in it counts as not there yet."""

    table: Mapping[str, Any]

    @cached_property
    def axes(self) -> list[Axis]:
        return axes_of(self.table["space"])

    @cached_property
    def trials(self) -> list[Trial]:
        """In the order in which they were drawn, each with every key."""
        return [
            MISSING | {key: value for key, value in trial.items() if value is not None}
            for trial in self.table["trials"]
        ]

    @cached_property
    def scored(self) -> list[Trial]:
        """The finished trials that have a score, in their order; of one that went on to other rungs the last."""
        gone_on = {trial["continues"] for trial in self.trials if trial["state"] == "finished"}
        return [trial for trial in self._finished if trial["trial"] not in gone_on]

    @cached_property
    def comparable(self) -> list[Trial]:
        """The finished trials as they were before a tuner chose which of them go on: at their first rungs."""
        return [trial for trial in self._finished if trial["continues"] is None]

    @cached_property
    def _finished(self) -> list[Trial]:
        return [trial for trial in self.trials if trial["state"] == "finished" and is_finite(trial["score"])]

    @cached_property
    def scores(self) -> np.ndarray:
        return np.array([trial["score"] for trial in self.scored], float)

    @cached_property
    def goals(self) -> tuple[str, list[Mapping[str, Any]]]:
        """`single`, `weighted` or `pareto`, and the metrics with their modes."""
        told = self.table["objective"]
        told = {"weighted": told} if isinstance(told, list) else told
        kind = next((kind for kind in ("pareto", "weighted") if kind in told), "single")
        return kind, [told] if kind == "single" else list(told[kind])

    @cached_property
    def signs(self) -> list[int]:
        """Of each objective 1 where more of it is better, else -1."""
        return [-1 if goal.get("mode") == "min" else 1 for goal in self.goals[1]]

    @property
    def sign(self) -> int:
        """1 where a higher score is better. A weighted sum is made large; of a front the score is the first metric."""
        return 1 if self.goals[0] == "weighted" else self.signs[0]

    @property
    def score_name(self) -> str:
        return "weighted sum" if self.goals[0] == "weighted" else self.objective_names[0]

    @property
    def objective_names(self) -> list[str]:
        return [named(goal["metric"]) for goal in self.goals[1]]

    @property
    def is_pareto(self) -> bool:
        return self.goals[0] == "pareto"

    @cached_property
    def outcomes(self) -> np.ndarray:
        """(scored trials, objectives), NaN where a trial lacks one."""
        rows = [[trial["metrics"].get(goal["metric"]) for goal in self.goals[1]] for trial in self.scored]
        return np.array([[value if is_finite(value) else np.nan for value in row] for row in rows], float)

    @cached_property
    def best(self) -> Trial | None:
        """The one that the sweep names, else the one with the best score."""
        name = (self.table.get("best") or {}).get("trial")
        named = next((trial for trial in self.scored if name is not None and trial["trial"] == name), None)
        return named or max(self.scored, key=lambda trial: self.sign * trial["score"], default=None)

    def places(self, axes: Sequence[Axis], trials: Sequence[Trial] | None = None) -> np.ndarray:
        """(trials, axes) in [0, 1], NaN where a value was not chosen; by default of those that have a score."""
        rows = [[axis.place(trial["values"]) for axis in axes] for trial in (self.scored if trials is None else trials)]
        return np.array(rows, float).reshape(len(rows), len(axes))

    @cached_property
    def standing(self) -> np.ndarray:
        """(scored trials,) 0 of the worst score to 1 of the best."""
        order = np.argsort(self.sign * self.scores, kind="stable")
        standing = np.empty(len(order))
        standing[order] = np.linspace(0, 1, len(order)) if len(order) > 1 else 1.0
        return standing

    @cached_property
    def window(self) -> tuple[float, float]:
        """The scores that a plot has room for: all but those that are far worse than most (Tukey's outer fence)."""
        low, first, last, high = np.quantile(self.scores, (0, 0.25, 0.75, 1))
        fence = 3 * (last - first) or abs(first) or math.inf
        low, high = (max(low, first - fence), high) if self.sign > 0 else (low, min(high, last + fence))
        margin = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
        return float(low - margin), float(high + margin)

    def count(self, state: str) -> int:
        return sum(trial["state"] == state for trial in self.trials)


def front_of(view: View) -> tuple[np.ndarray, np.ndarray]:
    """The outcomes (trials, objectives) that are whole, and which of them are the front (trials,)."""
    values = view.outcomes[np.isfinite(view.outcomes).all(axis=1)]
    return values, front(values, view.signs)


def front(values: np.ndarray, signs: Sequence[int]) -> np.ndarray:
    """(trials,) bool: those that no other trial equals or beats in all of (trials, objectives) and beats in one."""
    better = np.asarray(values, float) * np.asarray(signs)
    at_least = (better[None] >= better[:, None]).all(axis=-1)
    above = (better[None] > better[:, None]).any(axis=-1)
    return ~(at_least & above).any(axis=1)


def named(metric: str) -> str:
    """`validation accuracy` of `val_accuracy`."""
    return f"validation {spoken(metric.removeprefix('val_'))}" if metric.startswith("val_") else spoken(metric)


def is_finite(value: Any) -> bool:
    return isinstance(value, Real) and math.isfinite(value)
