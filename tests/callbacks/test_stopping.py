import logging

import keras
import pytest

from kerasapp.callbacks.stopping import Stopping
from kerasapp.errors import KerasappError

VALUES = [0.5, 0.6, 0.59, 0.61, 0.605, 0.6, 0.62, 0.61, 0.6, 0.5, 0.5, 0.5]


def with_model(callback, model):
    callback.set_model(model)
    return callback


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize(
    "settings", [{"patience": 2}, {"patience": 3, "min_delta": 0.05}, {"patience": 1, "start_from_epoch": 5}]
)
def test_it_stops_where_keras_does_also_when_resumed_at_any_epoch(tiny, play, resumed, mode, settings):
    model = tiny()
    oracle = with_model(keras.callbacks.EarlyStopping("val", mode=mode, **settings), model)
    expected = play(oracle, "val", VALUES)
    assert any(expected)
    for cut in range(expected.index(True) + 1):
        old, new = (with_model(Stopping("val", mode, **settings), model) for _ in range(2))
        before = play(old, "val", VALUES[:cut])
        assert before + play(resumed(old, new), "val", VALUES[cut:], first=cut) == expected, cut


def test_a_state_says_that_training_was_over(tiny, play, resumed):
    old = with_model(Stopping("val", "max", patience=1), tiny())
    play(old, "val", [0.5, 0.4])
    assert old.stopped and resumed(old, Stopping("val", "max", patience=1)).stopped


def test_nan_from_the_start_is_no_best_that_nothing_beats(tiny, play):
    nan = float("nan")
    assert play(with_model(Stopping("val", "max", patience=3), tiny()), "val", [nan, nan, 0.5, 0.6]) == [False] * 4
    assert play(with_model(Stopping("val", "max", patience=3), tiny()), "val", [nan, nan, nan]) == [False, False, True]


def test_it_says_once_why_it_stopped(tiny, data, caplog):
    stopping = Stopping("frozen", "max", patience=2)
    model = tiny(metrics=[keras.metrics.MeanMetricWrapper(lambda y, z: 0 * keras.ops.sum(z) + 0.75, name="frozen")])
    with caplog.at_level(logging.INFO, "kerasapp"):
        history = model.fit(*data, epochs=9, callbacks=[stopping], verbose=0)
    assert len(history.epoch) == 3
    assert caplog.messages == ["stopped early: frozen was not better than 0.75, of epoch 1, for 2 epochs"]


def test_a_metric_that_is_not_measured_is_an_error_and_no_warning(tiny, data):
    with pytest.raises(KerasappError, match="val_loss is not measured here"):
        tiny().fit(*data, callbacks=[Stopping("val_loss", "min", patience=1)], verbose=0)
