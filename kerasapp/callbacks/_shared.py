"""What several callbacks share: counting steps, the monitored metric, the learning rate, saving."""

import errno
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import keras
import tensorflow as tf

from kerasapp.errors import KerasappError, WorkError, first_line

Mode = Literal["min", "max"]


class Counted(keras.callbacks.Callback):
    """Knows where training is: `epoch` from 1, and `step`, how many steps of it are done.

    Right under `steps_per_execution`, and where an epoch is resumed in its middle, whose batches Keras counts from 0
    again.
    """

    def __init__(self):
        super().__init__()
        self.epoch = self.step = self._resumed_at = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch, self._resumed_at = epoch + 1, self.step

    def on_train_batch_end(self, batch, logs=None):
        known = self.params.get("steps")
        self.step = self._resumed_at + min(batch + 1, known or batch + 1)

    def on_epoch_end(self, epoch, logs=None):
        self.step = 0

    def get_state(self) -> dict:
        return {"step": self.step}

    def set_state(self, state: dict) -> None:
        self.step = state["step"]


def monitored(logs: Mapping[str, float], metric: str) -> float:
    """The metric's value. Raises KerasappError where it is not in the logs, naming those that are."""
    if metric not in logs:
        there = ", ".join(name for name in logs if not name.startswith("learning_rate")) or "nothing"
        raise KerasappError(f"train.monitor.metric: {metric} is not measured here. There is: {there}")
    return float(logs[metric])


def due(logs: Mapping[str, float], metric: str, epoch: int, every: int) -> bool:
    """False in an epoch (from 0) between two measurements of the metric, in which there is nothing to look at."""
    return metric in logs or (epoch + 1) % every == 0


def better(value: float, best: float | None, mode: Mode) -> bool:
    """Whether a value beats the best so far (None: there is none yet). NaN and infinity never do."""
    return math.isfinite(value) and (best is None or (value > best if mode == "max" else value < best))


def inner(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """The optimizer itself, inside the loss scaling of mixed precision."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def learning_rate(model: keras.Model) -> float | None:
    """What the optimizer's next step takes; None where the model has no optimizer of that name, or several."""
    rate = getattr(getattr(model, "optimizer", None), "learning_rate", None)
    return None if rate is None else float(keras.ops.convert_to_numpy(rate))


@contextmanager
def saving(path: Path, what: str, kept: str) -> Iterator[None]:
    """Turns a full disk and its like into one WorkError: path, what could not be saved, why, what is `kept`, the way
    out.
    """
    try:
        yield
    except (OSError, tf.errors.OpError) as error:
        why = (getattr(error, "strerror", None) or first_line(error)).rpartition("; ")[2]  # TensorFlow's path is first
        closed = getattr(error, "errno", None) in (errno.EACCES, errno.EPERM, errno.EROFS)
        way_out = f"{'Let it be written to' if closed else 'Make room'}, and go on with kerasapp run --resume"
        raise WorkError(f"{path}: can't save {what}: {why.lower()}. {kept}. {way_out}") from error
