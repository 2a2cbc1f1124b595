"""The median stopping rule (Golovin et al., 2017, "Google Vizier", section 3.1): a trial that has nothing to hope for
ends early.
"""

import statistics
from collections.abc import Sequence

import keras

from kerasapp.tuning._frame import Objective, Pruning


class MedianRule(keras.callbacks.Callback):
    """Ends training after an epoch whose best objective so far is worse than the median, over the finished trials, of
    their mean objective up to that epoch. Never before `start_epoch`, or with fewer than `min_trials` of them.

    `curves` are theirs by epoch. Where a resumed state says `stopped`, no further epoch is to be trained.
    """

    def __init__(self, rule: Pruning, objective: Objective, curves: Sequence[Sequence[float]]):
        super().__init__()
        self.rule, self.objective, self.curves = rule, objective, curves
        self.best: float | None = None
        self.stopped = False
        self.reason: str | None = None

    def on_epoch_end(self, epoch, logs=None):
        try:
            value = self.objective.score(logs or {})
        except KeyError:  # measured only every few epochs
            return
        larger = self.objective.direction == "max"
        self.best = value if self.best is None else (max if larger else min)(self.best, value)
        others = [mean_until(curve, epoch + 1) for curve in self.curves if len(curve) > epoch]
        others = [value for value in others if value is not None]
        if epoch + 1 < self.rule.start_epoch or len(others) < self.rule.min_trials:
            return
        middle = statistics.median(others)
        if self.best < middle if larger else self.best > middle:
            self.stopped = self.model.stop_training = True
            told = f"{self.best:.4g} is worse than {middle:.4g}, the median of {len(others)} trials"
            self.reason = f"after epoch {epoch + 1} {told}"

    def get_state(self) -> dict:
        return {"best": self.best, "stopped": self.stopped, "reason": self.reason}

    def set_state(self, state: dict) -> None:
        self.best, self.stopped, self.reason = state["best"], state["stopped"], state["reason"]


def mean_until(curve: Sequence[float | None], epoch: int) -> float | None:
    """The mean of what was measured up to an epoch (from 1)."""
    values = [value for value in curve[:epoch] if value is not None]
    return sum(values) / len(values) if values else None
