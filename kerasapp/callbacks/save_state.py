"""Saves, now and then, the state that training is resumed from."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from kerasapp.callbacks._shared import Counted, saving
from kerasapp.callbacks._state import Position, State, assign, values_of, variables_of, write_state
from kerasapp.callbacks._unsaved import unsaved
from kerasapp.errors import RunError
from kerasapp.names import some

log = logging.getLogger("kerasapp")
NAMED = 3  # of what is not saved


class Resumable(Protocol):
    """A callback whose state is saved with the model's: plain JSON values."""

    def get_state(self) -> dict[str, Any]: ...

    def set_state(self, state: dict[str, Any]) -> None: ...


class SaveState(Counted):
    """Writes `path` when training begins, every `seconds` or `steps`, when it is asked to stop, and when it ends.

    It comes after all whose state it saves, and before what acts on a signal. A state is that after an execution within
    an epoch, or after the epoch: at the last step of an epoch it waits for validation. What has become NaN or
    infinite is not saved, so that the last good state stays. `saved` is called after each save.

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
        self._stage = Position()
        self._looked = False  # for what a step changes that is not saved
        self._odd: dict[str, int] = {}  # values that were not finite from the start, by part
        self._saved_at, self._since = time.monotonic(), 0  # the last save, and the steps since then
        self._metrics: list[np.ndarray] | None = None

    def begin(self, stage: Position, parts: Mapping[str, Resumable]) -> None:
        """A stage, at its beginning or further on, and the callbacks whose state belongs to it."""
        self._stage, self.parts = replace(stage, epoch=stage.began, step=0), parts

    def restore(self, state: State) -> None:
        """Gives the model, its optimizers and the callbacks of `begin` what was saved; running metrics get theirs when
        the epoch begins, because `fit` empties them first. Raises RunError where it does not fit."""
        variables = variables_of(self.model)
        for part in ("model", "optimizer", "seed"):
            assign(variables[part], state.values[part], self.path)
        if absent := [name for name in self.parts if name not in state.callbacks]:
            told = f"lacks {', '.join(absent)}: another version of kerasapp saved it, or the recipe was edited"
            raise RunError(self.path, f"{told}. Start anew")
        for name, callback in self.parts.items():
            callback.set_state(state.callbacks[name])
        self.place, self.step, self._odd = state.position, state.position.step, _odd(state.values)
        self._metrics = state.values["metrics"] if self.step else None

    def on_train_begin(self, logs=None):
        if self.place is None or self.place.stage != self._stage.stage:
            self.save(self._stage)

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
            self.save(replace(self._stage, epoch=self.epoch - 1, step=self.step))
        if not self._looked:
            self._look()

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        if self._due():
            self.save(replace(self._stage, epoch=epoch + 1))

    def save(self, place: Position) -> None:
        """Saves the state at a place, unless a value has become NaN or infinite."""
        values = values_of(self.model)
        if self.place is None:
            self._odd = _odd(values)
        if any(count > self._odd[part] for part, count in _odd(values).items()):
            return
        states = {name: callback.get_state() for name, callback in self.parts.items()}
        with saving(self.path, "the state", self._kept()):
            write_state(self.path, State(place, states, values))
        self.place, self._saved_at, self._since = place, time.monotonic(), 0
        self.saved()

    def _look(self) -> None:
        self._looked = True
        if found := unsaved(self.model):
            told = (
                "this training can't be gone on with exactly: no saved state holds %s. Use keras.Variable (add_weight) "
            )
            log.warning(told + "and keras.random with a SeedGenerator", some(found, NAMED))

    def _due(self) -> bool:
        if self.stopping():
            return True
        timely = self.seconds is not None and time.monotonic() - self._saved_at >= self.seconds
        return timely or (self.steps is not None and self._since >= self.steps)

    def _kept(self) -> str:
        if self.place is None:
            return "There is none yet"
        epochs, steps = self.place.epoch, self.place.step
        return f"That {f'of epoch {epochs + 1}, step {steps}' if steps else f'after {epochs} epochs'} is kept"


def _odd(values: Mapping[str, list[np.ndarray]]) -> dict[str, int]:
    """How many values are not finite, of the weights and of the optimizers."""
    floats = {part: [v for v in values[part] if v.dtype.kind not in "biu"] for part in ("model", "optimizer")}
    return {
        part: sum(int(np.sum(~np.isfinite(v.astype("float32")))) for v in arrays) for part, arrays in floats.items()
    }
