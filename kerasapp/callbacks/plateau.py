"""A lower learning rate on a plateau: Keras's own, with a state that can be saved, and one line when it acts."""

import logging
import math

import keras

from kerasapp.callbacks._shared import Mode, due, inner, learning_rate, monitored
from kerasapp.errors import KerasappError

log = logging.getLogger("kerasapp")


class Plateau(keras.callbacks.ReduceLROnPlateau):
    """Multiplies the learning rate by `factor` where `metric` has not improved by more than `min_delta` for
    `patience` epochs.

    Then waits `cooldown` epochs; never below `min_learning_rate`. NaN and infinity are no improvement. Like `Stopping`
    it goes on when `fit` is called again and after a resume, and counts measurements where the metric is measured only
    `every` so many epochs; the rate itself is the optimizer's. Raises KerasappError where the rate follows a schedule,
    which nobody may change.
    """

    def __init__(self, metric: str, mode: Mode, *, factor: float = 0.1, patience: int = 5, min_delta: float = 1e-4,
                 cooldown: int = 0, min_learning_rate: float = 0.0, every: int = 1):  # fmt: skip
        if not 0 < factor < 1:
            raise KerasappError(f"train.reduce_on_plateau.factor: {factor:g} lowers nothing. Give one between 0 and 1")
        super().__init__(metric, factor=factor, patience=patience, mode=mode, min_delta=min_delta, cooldown=cooldown,
                         min_lr=min_learning_rate)  # fmt: skip
        self.every = every

    def on_train_begin(self, logs=None):
        schedule = inner(self.model.optimizer).get_config()["learning_rate"]
        if isinstance(schedule, dict):
            raise KerasappError(
                f"train.reduce_on_plateau: the learning rate follows {schedule['class_name']}, which can't be "
                "changed on the way. Give train.optimizer.learning_rate a number and no warm-up, "
                "or leave reduce_on_plateau out"
            )

    def on_epoch_end(self, epoch, logs=None):
        if not due(logs or {}, self.monitor, epoch, self.every):
            return
        monitored(logs or {}, self.monitor)
        before = learning_rate(self.model)
        super().on_epoch_end(epoch, logs)
        after = learning_rate(self.model)
        if after != before:
            than = "finite" if self.best is None else f"better than {self.best:.4g}"
            rates = f"learning rate {before:.3g}, now {after:.3g}"
            log.info("plateau: %s was not %s for %d epochs; %s", self.monitor, than, self.patience, rates)

    def get_state(self) -> dict:
        best = None if self.best is None else float(self.best)
        return {"best": best, "wait": self.wait, "cooldown_counter": self.cooldown_counter}

    def set_state(self, state: dict) -> None:
        self.best, self.wait, self.cooldown_counter = state["best"], state["wait"], state["cooldown_counter"]

    def _is_improvement(self, monitor_value, reference_value):
        return math.isfinite(monitor_value) and bool(super()._is_improvement(monitor_value, reference_value))
