"""A warning is one line, once, at the epoch that shows it."""

import logging

import keras
import pytest

from kerasapp.callbacks.watch import Watch
from kerasapp.rules import Finding


@pytest.fixture
def watch(tiny):
    """A watch that finds a loss above 2 bad, on any model."""

    def make(model=None):
        judge = lambda rows: [Finding("high", "warning", f"epoch {rows[-1]['epoch']}", "high")] * (rows[-1]["loss"] > 2)  # noqa: E731
        made = Watch(judge)
        made.set_model(model or tiny())
        return made

    return make


def test_each_kind_is_said_once_also_after_a_resume(watch, resumed, caplog):
    with caplog.at_level(logging.WARNING, "kerasapp"):
        first = watch()
        for epoch, loss in enumerate([1.0, 3.0, 4.0]):
            first.on_epoch_end(epoch, {"loss": loss})
        second = resumed(first, watch())
        second.on_epoch_end(3, {"loss": 5.0})
    assert caplog.messages == ["warning: epoch 2: high"]


def test_what_a_resumed_one_judges_by_is_all_that_was_seen(watch, resumed):
    seen = []
    first = watch()
    first.judge = lambda rows: seen.append([row["epoch"] for row in rows]) or []
    first.on_epoch_end(0, {"loss": 1.0, "val_loss": float("nan")})
    second = resumed(first, watch())
    second.judge = first.judge
    second.on_epoch_end(1, {"loss": 1.0})
    assert seen == [[1], [1, 2]]


def test_the_penalty_is_that_of_the_weights(watch):
    layers = keras.layers
    dense = layers.Dense(3, kernel_initializer="ones", kernel_regularizer=keras.regularizers.L2(0.5))
    model = keras.Sequential([layers.Input((4,)), dense])
    seen = []
    made = watch(model)
    made.judge = lambda rows: seen.append(rows[-1]) or []
    made.on_epoch_end(0, {"loss": 9.0})
    assert seen[0]["penalty"] == pytest.approx(0.5 * 12)
