"""What a discriminator and a generator are trained for, as functions of the discriminator's scores (batch, 1)."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

Scores = tf.Tensor


@dataclass(frozen=True)
class Objective:
    """`discriminator(real, fake, smoothing)` and `generator(fake)`, each a mean over the batch; `judged`, scores as
    they are told of, and `middle`, the score between real and fake, where there is one; `share`, the discriminator's
    loss here over that of its paper, which a penalty shares.
    """

    discriminator: Callable[[Scores, Scores, float], tf.Tensor]
    generator: Callable[[Scores], tf.Tensor]
    judged: Callable[[Scores], tf.Tensor] = tf.identity
    middle: float = math.nan
    share: float = 1.0

    @property
    def decides(self) -> bool:
        return not math.isnan(self.middle)

    def told(self, real: Scores, fake: Scores) -> dict[str, tf.Tensor]:
        """How real both look to a discriminator, on average, and how often it is right where it decides."""
        told = {"d_real": _mean(self.judged(real)), "d_fake": _mean(self.judged(fake))}
        right = tf.concat([real > self.middle, fake < self.middle], 0)
        return told | ({"d_accuracy": _mean(tf.cast(right, tf.float32))} if self.decides else {})


def _bce(real: Scores, fake: Scores, smoothing: float) -> tf.Tensor:
    """The mean over both batches: ln 2 where it can't tell them apart."""
    told_real = (1 - smoothing) * tf.nn.softplus(-real) + smoothing * tf.nn.softplus(real)
    return (_mean(told_real) + _mean(tf.nn.softplus(fake))) / 2


def _hinge(real: Scores, fake: Scores, smoothing: float) -> tf.Tensor:
    return _mean(tf.nn.relu(1 - real)) + _mean(tf.nn.relu(1 + fake))


def _least_squares(real: Scores, fake: Scores, smoothing: float) -> tf.Tensor:
    return (_mean(tf.square(real - (1 - smoothing))) + _mean(tf.square(fake))) / 2


def _mean(values: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(values)


OBJECTIVES = {
    # Goodfellow et al., 2014, arXiv:1406.2661: the generator's is the one of section 3 that does not saturate
    "bce": Objective(_bce, lambda fake: _mean(tf.nn.softplus(-fake)), tf.sigmoid, 0.0, 0.5),
    # Lim and Ye, 2017, arXiv:1705.02894
    "hinge": Objective(_hinge, lambda fake: -_mean(fake), middle=0.0),
    # Gulrajani et al., 2017, arXiv:1704.00028: the penalty is added by the model
    "wasserstein_gp": Objective(lambda real, fake, _: _mean(fake) - _mean(real), lambda fake: -_mean(fake)),
    # Mao et al., 2016, arXiv:1611.04076, with a = 0, b = c = 1
    "least_squares": Objective(_least_squares, lambda fake: _mean(tf.square(fake - 1)) / 2, middle=0.5),
}
SMOOTHED = ("bce", "least_squares")
"""Those that have a label for real pictures."""


@keras.saving.register_keras_serializable("kerasapp")
class Slowed(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule for an optimizer that takes several steps where another takes one."""

    def __init__(self, schedule: keras.optimizers.schedules.LearningRateSchedule, times: int):
        self.schedule, self.times = schedule, times

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        return self.schedule(step // self.times)

    def get_config(self) -> dict:
        return {"schedule": keras.saving.serialize_keras_object(self.schedule), "times": self.times}

    @classmethod
    def from_config(cls, config: dict) -> "Slowed":
        return cls(keras.saving.deserialize_keras_object(config["schedule"]), config["times"])


def slowed(rate: Any, times: int) -> Any:
    """A learning rate for an optimizer that takes `times` as many steps as it was meant for."""
    plain = times == 1 or isinstance(rate, Slowed) or not callable(rate)
    return rate if plain else Slowed(rate, times)


def rate_of(optimizer: keras.optimizers.Optimizer) -> Any:
    """Its learning rate: a number, or a schedule."""
    rate = optimizer._learning_rate
    return rate if callable(rate) else float(keras.ops.convert_to_numpy(rate))


def trainable(net: keras.Model) -> list[keras.Variable]:
    """All that some stage may train, whatever is frozen now."""
    return [variable for layer in net._flatten_layers() for variable in layer._trainable_variables]


@contextmanager
def set_in(net: keras.Model, kind: type[keras.layers.Layer], name: str, value: float) -> Iterator[None]:
    """A setting of all layers of a kind, for the calls within it."""
    found = [layer for layer in net.layers if isinstance(layer, kind)]
    before = [getattr(layer, name) for layer in found]
    for layer in found:
        setattr(layer, name, value)
    try:
        yield
    finally:
        for layer, own in zip(found, before, strict=True):
            setattr(layer, name, own)


def slopes_norm(scores: tf.Tensor, images: tf.Tensor, tape: tf.GradientTape) -> tf.Tensor:
    """(batch,) the squared length of each score's gradient by its picture, of pixels from -1 to 1, as networks see them
    and as the papers on penalties have them.
    """
    slopes = tape.gradient(scores, images) / 2
    return tf.reduce_sum(tf.square(slopes), axis=[1, 2, 3])
