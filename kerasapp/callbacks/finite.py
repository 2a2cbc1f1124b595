"""Stops within one execution where a loss is NaN or infinite.

Keras 3.15.1 with TensorFlow turns every log into a Python float after each execution before any callback sees it
(`CallbackList._on_train_batch_end`), so looking costs no wait of its own. `loss` is the epoch's running mean: a NaN or
an infinity in any step stays in it, and the steps between two looks (`steps_per_execution`) hide none.
"""

import math

from kerasapp.callbacks._shared import Counted, learning_rate
from kerasapp.errors import WorkError


class NonFinite(WorkError):
    """A loss that is NaN or infinite: `name`; `epoch` from 1; in which of its steps (from 1), None for validation."""

    def __init__(self, message: str, name: str, epoch: int, steps: range | None):
        super().__init__(message)
        self.name, self.epoch, self.steps = name, epoch, steps


class StopOnNonFinite(Counted):
    """Raises NonFinite with the epoch, the step, and what to do, for any log whose name ends in `loss`, `val_loss` too.

    It belongs before the callbacks that save, so that nothing is saved after it.
    """

    def on_train_batch_end(self, batch, logs=None):
        before = self.step
        super().on_train_batch_end(batch, logs)
        for name, value in (logs or {}).items():
            if name.endswith("loss") and not math.isfinite(value):
                self._stop(name, value, self.epoch, range(before + 1, self.step + 1))

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        for name, value in (logs or {}).items():
            if name.endswith("loss") and not math.isfinite(value):
                self._stop(name, value, epoch + 1, None)

    def _stop(self, name: str, value: float, epoch: int, steps: range | None) -> None:
        rate = learning_rate(self.model)
        became = "NaN" if math.isnan(value) else "infinite"
        within = "the end of " if steps is None else ""
        if steps:
            step = f"step {steps[0]}" if len(steps) == 1 else f"between steps {steps[0]} and {steps[-1]}"
        where = f"{within}epoch {epoch}" + (f", {step}" if steps else "")
        lower = "Lower train.optimizer.learning_rate" + (f" (it is {rate:g})" if rate is not None else "")
        own = hasattr(self.model, "check_optimizer")  # which would refuse it
        clip = "" if own else ", clip the gradients (train.optimizer.clipnorm: 1.0)"
        told = f"{name} became {became} at {where}. {lower}{clip}, or look for NaN and very large numbers in the data"
        raise NonFinite(told, name, epoch, steps)
