"""Warnings while it trains: a line for each thing that goes wrong, at the epoch that shows it."""

import logging
import math
from collections.abc import Callable, Sequence

import keras

from kerasapp.rules import Finding

log = logging.getLogger("kerasapp")
REMEMBERED = 500  # epochs
LOOKED_AT = ("loss", "accuracy", "val_loss")
OF_TWO = ("d_accuracy", "g_gradient", "diversity")
"""Of a generator and a discriminator."""


class Watch(keras.callbacks.Callback):
    """Says what `judge(rows)` finds when it first does, each kind once.

    `rows` have `epoch` (from 1), those of LOOKED_AT and OF_TWO that are there and finite, and `penalty`, the part of
    the loss that regularises weights. It goes on over stages and after a resume.
    """

    def __init__(self, judge: Callable[[Sequence[dict[str, float]]], list[Finding]]):
        super().__init__()
        self.judge = judge
        self._rows: list[dict[str, float]] = []
        self._told: list[str] = []

    def on_epoch_end(self, epoch, logs=None):
        seen = {name: float(value) for name, value in (logs or {}).items() if name in LOOKED_AT + OF_TWO}
        row = {"epoch": epoch + 1, "penalty": self._penalty()} | {n: v for n, v in seen.items() if math.isfinite(v)}
        if "loss" not in row and not any(name in row for name in OF_TWO):
            return
        self._rows = [*self._rows, row][-REMEMBERED:]
        for finding in self.judge(self._rows):
            if finding.kind not in self._told:
                self._told.append(finding.kind)
                log.warning("%s", finding)

    def get_state(self) -> dict:
        return {"rows": self._rows, "told": self._told}

    def set_state(self, state: dict) -> None:
        self._rows, self._told = list(state["rows"]), list(state["told"])

    def _penalty(self) -> float:
        regularized = [weight for weight in self.model.trainable_weights if weight.regularizer is not None]
        return float(sum(float(weight.regularizer(weight)) for weight in regularized))
