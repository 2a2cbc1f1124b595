"""A real model that trains in milliseconds, and what makes a resume."""

import json
from collections.abc import Callable, Sequence

import keras
import numpy as np
import pytest


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray]:
    """(40, 4) points of 3 classes that can be told apart, one-hot: 10 batches of 4."""
    random = np.random.default_rng(0)
    labels = np.arange(40) % 3
    points = random.normal(size=(40, 4)) + 2 * np.eye(3, 4)[labels]
    return points.astype("float32"), np.eye(3, dtype="float32")[labels]


@pytest.fixture
def tiny() -> Callable[..., keras.Model]:
    """`tiny()` is a compiled model, equal each time; its arguments are `compile`'s."""

    def make(**compiled) -> keras.Model:
        model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3, kernel_initializer="ones", name="d")])
        loss = keras.losses.CategoricalCrossentropy(from_logits=True)
        model.compile(**{"optimizer": keras.optimizers.SGD(0.1), "loss": loss, "metrics": ["accuracy"]} | compiled)
        return model

    return make


@pytest.fixture
def play() -> Callable:
    """Ends epochs with these values of a metric; gives, for each, whether the callback has ended training."""

    def epochs(
        callback: keras.callbacks.Callback, metric: str, values: Sequence[float], *, first: int = 0
    ) -> list[bool]:
        ended = []
        callback.model.stop_training = False
        callback.on_train_begin()
        for epoch, value in enumerate(values, first):
            callback.on_epoch_end(epoch, {"loss": 1.0, metric: value})
            ended.append(callback.model.stop_training)
        return ended

    return epochs


@pytest.fixture
def resumed() -> Callable:
    """A new callback that has the state of an old one, by way of JSON text."""

    def move(old, new):
        new.set_state(json.loads(json.dumps(old.get_state(), allow_nan=False)))
        return new

    return move
