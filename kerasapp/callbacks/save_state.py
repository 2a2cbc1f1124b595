"""Saves, now and then, the state that training is resumed from."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from kerasapp.callbacks._shared import Counted, saving
from kerasapp.callbacks._state import Position, State, assign, values_of, variables_of, write_state


class Resumable(Protocol):
    """A callback whose state is saved with the model's: plain JSON values."""

    def get_state(self) -> dict[str, Any]: ...

    def set_state(self, state: dict[str, Any]) -> None: ...


class SaveState(Counted):
    """Writes `path` when training begins, every `seconds` or `steps`, when it is asked to stop, and when it ends.

    It comes after all whose state it saves, and before what acts on a signal. A state is that after an execution within
    an epoch, or after the epoch: at the last step of an epoch it waits for validation. Weights that are NaN are not
    saved, so that the last good state stays. `saved` is called after each save.

    Raises WorkError where the disk is full; the state before stays.
    """

    def __init__(
        self,
        path: Path,
        *,
        seconds: float | None,
        steps: int | None,
        stopping: Callable[[], bool] = lambda: False,
        saved: Callable[[], None] = lambda: None,
    ):
        super().__init__()
        self.path, self.seconds, self.steps, self.stopping = Path(path), seconds, steps, stopping
        self.saved = saved
        self.parts: Mapping[str, Resumable] = {}
        self.place: Position | None = None
        """Of the state in the file."""
        self._stage = self._began = 0
        self._saved_at, self._since = time.monotonic(), 0  # the last save, and the steps since then
        self._metrics: list[np.ndarray] | None = None

    def begin(self, stage: int, epoch: int, parts: Mapping[str, Resumable]) -> None:
        """A stage (from 0) that begins with an epoch (from 0), and the callbacks whose state belongs to it."""
        self._stage, self._began, self.parts = stage, epoch, parts

    def restore(self, state: State) -> None:
        """Gives the model, its optimizers and the callbacks of `begin` what was saved; running metrics get theirs when
        the epoch begins, because `fit` empties them first. Raises RunError where it does not fit."""
        variables = variables_of(self.model)
        for part in ("model", "optimizer", "seed"):
            assign(variables[part], state.values[part], self.path)
        for name, callback in self.parts.items():
            callback.set_state(state.callbacks[name])
        self.place, self.step = state.position, state.position.step
        self._metrics = state.values["metrics"] if self.step else None

    def on_train_begin(self, logs=None):
        if self.place is None:
            self.save(Position(self._stage, self._began, self._began))

    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch, logs)
        if self._metrics is not None:
            assign(self.model.metrics_variables, self._metrics, self.path)
            self._metrics = None

    def on_train_batch_end(self, batch, logs=None):
        before = self.step
        super().on_train_batch_end(batch, logs)
        self._since += self.step - before
        if self._due() and self.step < self._resumed_at + (self.params.get("steps") or self.step + 1):
            self.save(Position(self._stage, self._began, self.epoch - 1, self.step))

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        if self._due():
            self.save(Position(self._stage, self._began, epoch + 1))

    def save(self, place: Position) -> None:
        """Saves the state at a place, unless a weight is NaN."""
        values = values_of(self.model)
        if any(array.dtype.kind == "f" and np.isnan(array).any() for array in values["model"]):
            return
        states = {name: callback.get_state() for name, callback in self.parts.items()}
        with saving(self.path, "the state", self._kept()):
            write_state(self.path, State(place, states, values))
        self.place, self._saved_at, self._since = place, time.monotonic(), 0
        self.saved()

    def _due(self) -> bool:
        if self.stopping():
            return True
        timely = self.seconds is not None and time.monotonic() - self._saved_at >= self.seconds
        return timely or (self.steps is not None and self._since >= self.steps)

    def _kept(self) -> str:
        if self.place is None:
            return "Free some space, and start again"
        epochs, steps = self.place.epoch, self.place.step
        at = f"of epoch {epochs + 1}, step {steps}" if steps else f"after {epochs} epochs"
        return f"The state {at} is kept: free some space, and go on with --resume"
