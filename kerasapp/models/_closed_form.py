"""What models share that write their update out in closed form: one optimizer, of which the update is."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasapp.errors import KerasappError
from kerasapp.ops._room import Room


class ClosedForm(keras.Model):
    """A model of word vectors with a training step of its own, in float32, that reads the rate, and what else is in
    `FREE`, from its optimizer and updates the weights itself. Its mean loss is `loss_mean`; `_config` is what its
    class is made with.
    """

    _config: dict[str, Any]

    OPTIMIZER: type[keras.optimizers.Optimizer] = keras.optimizers.SGD
    FREE: tuple[str, ...] = ("learning_rate",)
    """Arguments of the optimizer that may be set."""

    def __init__(self, **given: Any):
        super().__init__(**given)
        self.loss_mean = keras.metrics.Mean("loss")

    def compile(self, optimizer: Any = None, **given: Any) -> None:
        """Raises KerasappError for another optimizer than its own."""
        super().compile(optimizer=self.OPTIMIZER() if optimizer is None else optimizer, **given)
        self.check_optimizer(self.optimizer)
        if not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)

    def check_optimizer(self, optimizer: keras.optimizers.Optimizer) -> None:
        """Raises KerasappError for another than its own, or one with arguments that its update leaves out."""
        name, wanted = type(self).__name__.lower(), self.OPTIMIZER.__name__
        if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            raise KerasappError(f"train.mixed_precision: the update of {name} is in float32. Leave it out")
        own, config = self.OPTIMIZER().get_config(), optimizer.get_config()
        changed = [key for key in own if key not in (*self.FREE, "name") and config.get(key) != own[key]]
        if not isinstance(optimizer, self.OPTIMIZER) or changed:
            what = type(optimizer).__name__
            what += f" with {', '.join(changed)}" if what == wanted else ""
            told = f"{name} is trained by plain {wanted}, whose update is in closed form, not {what}"
            raise KerasappError(f"train.optimizer: {told}. Leave it out, or set its {' and '.join(self.FREE)} alone")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._config}

    def get_compile_config(self) -> dict[str, Any] | None:
        return {"optimizer": keras.saving.serialize_keras_object(self.optimizer)} if self.compiled else None

    def compile_from_config(self, config: dict[str, Any]) -> None:
        self.compile(keras.saving.deserialize_keras_object(config["optimizer"]))

    def table(self) -> tf.Tensor:
        """(words, dimensions) float32, the vectors of all words."""
        raise NotImplementedError

    def word_vectors(self) -> np.ndarray:
        """`table` as NumPy has it."""
        return self.table().numpy()

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return [self.loss_mean]

    def rates(self) -> tf.Tensor:
        """(2,) float32: the learning rate of this step, and of the next."""
        return tf.stack([self._rate(0), self._rate(1)])

    def _rate(self, later: int) -> tf.Tensor:
        rate = self.optimizer._learning_rate
        if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
            return tf.cast(rate(self.optimizer.iterations + later), tf.float32)
        return tf.cast(self.optimizer.learning_rate, tf.float32)

    def stepped(self, loss: tf.Tensor, count: tf.Tensor) -> dict[str, tf.Tensor]:
        """A training step is done: its summed loss, and of how many."""
        self.optimizer.iterations.assign_add(1)
        self.loss_mean.update_state(tf.math.divide_no_nan(loss, count), sample_weight=count)
        return {"loss": self.loss_mean.result()}


def native(kernel: str) -> bool:
    """Whether a model of the `kernel: auto | tensorflow | native` trains by numba."""
    return kernel == "native" or (kernel == "auto" and not has_gpu())


def has_gpu() -> bool:
    return bool(tf.config.list_physical_devices("GPU"))


def in_numpy(learn: Callable[..., tuple[float, float]], tables: Sequence[tf.Tensor], *given: tf.Tensor) -> list:
    """Calls `learn(tables, *given)` in Python, which changes copies of the tables in place and gives a summed loss and
    of how many: the changed tables, and these two.
    """
    room = Room()

    def called(*arrays: np.ndarray) -> list[np.ndarray]:
        changed = [room.copy(table) for table in arrays[: len(tables)]]
        return [*changed, *map(np.float32, learn(changed, *arrays[len(tables) :]))]

    shapes = [*(table.shape for table in tables), [], []]
    made = tf.numpy_function(called, [*tables, *given], [tf.float32] * len(shapes))
    for tensor, shape in zip(made, shapes, strict=True):
        tensor.set_shape(shape)
    return made


def threads() -> int:
    """How many write to the same tables: one where what comes out must not depend on their order."""
    return 1 if deterministic() else len(os.sched_getaffinity(0))


def deterministic() -> bool:
    from tensorflow.python.util import _pywrap_determinism

    return _pywrap_determinism.is_enabled()
