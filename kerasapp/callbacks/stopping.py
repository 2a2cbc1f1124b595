"""Early stopping: Keras's own, with a state that can be saved, and one line when it acts."""

import logging
import math

import keras

from kerasapp.callbacks._shared import Mode, due, monitored

log = logging.getLogger("kerasapp")


class Stopping(keras.callbacks.EarlyStopping):
    """Ends training where `metric` has not improved by more than `min_delta` for `patience` epochs.

    Keras forgets what it saw when `fit` is called again; this goes on, and after a resume too.
    NaN and infinity are no improvement. Of a metric that is measured only `every` so many epochs, `patience` counts the
    measurements. Where a resumed state says `stopped`, no further epoch is to be trained.
    """

    def __init__(self, metric: str, mode: Mode, *, patience: int, min_delta: float = 0.0, start_from_epoch: int = 0,
                 every: int = 1):  # fmt: skip
        super().__init__(metric, mode=mode, patience=patience, min_delta=min_delta, start_from_epoch=start_from_epoch)
        self.every = every
        super().on_train_begin()  # where Keras sets what it remembers

    @property
    def stopped(self) -> bool:
        """Whether it has ended training."""
        return self.stopped_epoch > 0

    def on_train_begin(self, logs=None):
        pass

    def on_epoch_end(self, epoch, logs=None):
        if not due(logs or {}, self.monitor, epoch, self.every):
            return
        super().on_epoch_end(epoch, logs)
        if self.stopped:
            than = "finite" if self.best is None else f"better than {self.best:.4g}, of epoch {self.best_epoch + 1},"
            log.info("stopped early: %s was not %s for %d epochs", self.monitor, than, self.wait)

    def get_monitor_value(self, logs):
        return monitored(logs or {}, self.monitor)

    def get_state(self) -> dict:
        best = None if self.best is None else float(self.best)
        return {"best": best, "best_epoch": self.best_epoch, "wait": self.wait, "stopped_epoch": self.stopped_epoch}

    def set_state(self, state: dict) -> None:
        self.best, self.best_epoch, self.wait = state["best"], state["best_epoch"], state["wait"]
        self.stopped_epoch = state["stopped_epoch"]

    def _is_improvement(self, monitor_value, reference_value):
        return math.isfinite(monitor_value) and bool(super()._is_improvement(monitor_value, reference_value))
