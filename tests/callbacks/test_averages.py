import keras
import numpy as np

from kerasapp.callbacks.averages import Averages


def compiled():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    optimizer = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5)
    optimizer.build(model.trainable_variables)
    model.compile(optimizer, "mse")
    return model


def test_an_epoch_ends_with_the_averages_and_goes_on_with_the_weights():
    model, averages = compiled(), Averages()
    averages.set_model(model)
    for _ in range(3):
        model.train_on_batch(np.ones((4, 2)), np.zeros((4, 1)))
    weights = model.get_weights()
    averages.on_epoch_end(0)
    known = [average.numpy() for average in model.optimizer._model_variables_moving_average]
    for weight, average, before in zip(model.get_weights(), known, weights, strict=True):
        np.testing.assert_array_equal(weight, average)
        assert not np.array_equal(weight, before)
    averages.back().on_epoch_end(0, {})
    for weight, before in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(weight, before)


def test_weights_that_no_step_has_trained_have_no_averages():
    """Such as those of a network whose optimizer a stage does not use: Keras's averages of it are still zeros."""
    model, averages = compiled(), Averages()
    averages.set_model(model)
    before = model.get_weights()
    averages.on_test_begin()
    for weight, kept in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, kept)
