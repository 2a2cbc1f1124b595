"""Keeps the best model on disk: written beside and renamed, so that a kill or a full disk leaves the one before."""

import math
import time
from pathlib import Path

import keras
import numpy as np

from kerasapp.callbacks._shared import Mode, better, due, monitored, saving
from kerasapp.callbacks._state import variables_of
from kerasapp.files import replacing

SHARE = 0.01  # of the time of training, the most that saving may take


class Best(keras.callbacks.Callback):
    """Saves the model as `path` (a `.keras` file) after each epoch whose `metric` beats all before it; never at a NaN.

    Keras's `model.save` takes as long as a small model's epoch. Where epochs follow so fast that saving would take more
    than a hundredth of the time, the best model waits in memory, and is written when it may be, when the state is asked
    for, at the end of training, and by `close`, which whoever leaves training by an exception calls. What is in the
    file does not depend on when it was written. Equal models give equal bytes of weights (the date and object ids that
    Keras writes beside them differ).

    With `last` it is the last model, whatever the metric. One that is measured only `every` so many epochs is looked at
    when it is. Raises KerasappError where it is not in the logs then, WorkError where saving fails.
    """

    def __init__(self, path: Path, metric: str, mode: Mode, every: int = 1, last: bool = False):
        super().__init__()
        self.path, self.metric, self.mode, self.every, self.last = Path(path), metric, mode, every, last
        self.value: float | None = None
        self.epoch: int | None = None  # from 1
        self._kept: dict = {"value": None, "epoch": None}  # of the model in the file
        self._waiting: list[np.ndarray] | None = None  # every variable of the best model, where it is not in the file
        self._due = 0.0  # when saving may take time again

    def on_epoch_end(self, epoch, logs=None):
        there = due(logs or {}, self.metric, epoch, self.every)
        value = monitored(logs or {}, self.metric) if there else math.nan
        now = time.monotonic()
        if self.last or better(value, self.value, self.mode):
            self.value, self.epoch, self._waiting = value, epoch + 1, None
            if now >= self._due or not self._may_wait():
                self._save()
            else:
                self._waiting = [keras.ops.convert_to_numpy(variable).copy() for variable in self._variables()]
        elif now >= self._due:
            self.close()

    def on_train_end(self, logs=None):
        self.close()

    def close(self) -> None:
        """Writes the best model where it waits in memory. May be called again."""
        if self._waiting is None:
            return
        best, self._waiting = self._waiting, None
        current = [keras.ops.convert_to_numpy(variable).copy() for variable in self._variables()]
        try:
            self._assign(best)
            self._save()
        finally:
            self._assign(current)

    def get_state(self) -> dict:
        self.close()
        return self._kept

    def set_state(self, state: dict) -> None:
        self.value, self.epoch, self._kept, self._waiting = state["value"], state["epoch"], dict(state), None

    def _save(self) -> None:
        begun = time.monotonic()
        before = self._kept["epoch"]
        kept = f"The model of epoch {before} is kept" if before else "There is no model yet"
        with saving(self.path, f"the model of epoch {self.epoch}", kept), replacing(self.path) as beside:
            self.model.save(beside)
        self._kept = {"value": self.value, "epoch": self.epoch}
        ended = time.monotonic()
        self._due = ended + (ended - begun) / SHARE

    def _may_wait(self) -> bool:
        """Whether `_variables` is all that a save writes: a training step of one's own may keep more optimizers, unless
        it names them (`OPTIMIZERS`).
        """
        known = type(self.model).train_step is keras.Model.train_step or hasattr(self.model, "OPTIMIZERS")
        return known and self.model.optimizer is not None

    def _variables(self) -> list[keras.Variable]:
        found = variables_of(self.model)
        return [*found["model"], *found["optimizer"]]

    def _assign(self, values: list[np.ndarray]) -> None:
        for variable, value in zip(self._variables(), values, strict=True):
            variable.assign(value)
