import logging

import keras
import pytest

from kerasapp.callbacks.plateau import Plateau
from kerasapp.errors import KerasappError

VALUES = [0.5, 0.6, 0.59, 0.58, 0.61, 0.605, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6]


def rates(callback, model, values, first=0):
    made = []
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values, first):
        callback.on_epoch_end(epoch, {"val": value})
        made.append(float(model.optimizer.learning_rate))
    return made


@pytest.mark.parametrize(
    "settings", [{"patience": 1}, {"patience": 2, "min_delta": 0.05}, {"patience": 1, "cooldown": 2}]
)
def test_the_rates_are_those_of_keras_also_when_resumed_at_any_epoch(tiny, resumed, settings):
    oracle = keras.callbacks.ReduceLROnPlateau("val", mode="max", factor=0.5, min_lr=0.01, **settings)
    expected = rates(oracle, tiny(), VALUES)
    assert expected[-1] < 0.1
    for cut in range(len(VALUES)):
        model = tiny()
        old, new = (Plateau("val", "max", factor=0.5, min_learning_rate=0.01, **settings) for _ in range(2))
        before = rates(old, model, VALUES[:cut])
        assert before + rates(resumed(old, new), model, VALUES[cut:], first=cut) == expected, cut


def test_mixed_precision_has_its_rate_lowered_too(tiny):
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))
    assert rates(Plateau("val", "max", patience=1, factor=0.5), tiny(optimizer=optimizer), [0.5, 0.5])[
        -1
    ] == pytest.approx(0.05)


def test_it_says_what_the_rate_was_and_is(tiny, caplog):
    with caplog.at_level(logging.INFO, "kerasapp"):
        rates(Plateau("val", "max", patience=2), tiny(), [0.75, 0.7, 0.7])
    assert caplog.messages == ["plateau: val was not better than 0.75 for 2 epochs; learning rate 0.1, now 0.01"]


@pytest.mark.parametrize("scaled", [False, True])
def test_a_schedule_is_refused_before_the_first_step(tiny, data, scaled):
    optimizer = keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 100))
    model = tiny(optimizer=keras.optimizers.LossScaleOptimizer(optimizer) if scaled else optimizer)
    with pytest.raises(KerasappError, match="the learning rate follows CosineDecay, which can't be changed"):
        model.fit(*data, callbacks=[Plateau("loss", "min")], verbose=0)
    assert int(optimizer.iterations) == 0


@pytest.mark.parametrize("factor", [0.0, 1.0])
def test_a_factor_that_lowers_nothing_is_refused(factor):
    with pytest.raises(KerasappError, match=r"train\.reduce_on_plateau\.factor: [01] "):
        Plateau("loss", "min", factor=factor)


def test_nan_is_no_improvement(tiny):
    assert rates(Plateau("val", "max", patience=2, factor=0.5), tiny(), [float("nan")] * 2)[-1] == pytest.approx(0.05)
