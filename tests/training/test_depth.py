"""Rates by depth, against plain gradient descent worked by hand."""

import keras
import numpy as np
import pytest
from keras import layers

from kerasapp.frame import Train
from kerasapp.training._depth import rate_shares
from kerasapp.training._optimizer import optimizer_of
from kerasapp.training._stages import Stage


def network():
    keras.utils.set_random_seed(0)
    given = [keras.Input((4,)), layers.Dense(5, name="first"), layers.LayerNormalization(name="norm")]
    return keras.Sequential([*given, layers.Dense(3, name="second"), layers.Dense(2, name="head")])


def test_a_normalisation_goes_with_the_kernel_before_it():
    shares = {variable.path: share for variable, share in rate_shares(network(), 0.5)}
    assert {path.split("/")[-2]: share for path, share in shares.items()} == {
        "first": 0.25, "norm": 0.25, "second": 0.5, "head": 1.0,
    }  # fmt: skip


def test_layers_of_a_base_are_counted_from_its_input_too():
    keras.utils.set_random_seed(0)
    base = keras.Sequential([keras.Input((4,)), *(layers.Dense(4, name=f"base_{number}") for number in (1, 2, 3))])
    inputs = keras.Input((4,))
    model = keras.Model(inputs, layers.Dense(2, name="head")(base(inputs)))
    shares = {variable.path.split("/")[-2]: share for variable, share in rate_shares(model, 0.5)}
    assert shares == {"base_1": 0.125, "base_2": 0.25, "base_3": 0.5, "head": 1.0}


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("decay", [0.5, 1.0])
def test_a_step_moves_each_layer_by_its_share(mixed, decay):
    model, x, y = network(), np.ones((3, 4), "float32"), np.ones((3, 2), "float32")
    optimizer = {"name": "SGD", "learning_rate": 0.1}
    train = Train(optimizer=optimizer, layer_decay=decay, mixed_precision=mixed)
    model.compile(optimizer_of(Stage(train, 1), model, steps=1, taken=0), "mse")
    before = [variable.numpy() for variable in model.trainable_variables]
    plain = network()
    plain.compile(keras.optimizers.SGD(0.1), "mse")
    for one in (model, plain):
        one.train_on_batch(x, y)
    shares = {variable.path: share for variable, share in rate_shares(model, decay)}
    for variable, old, without in zip(model.trainable_variables, before, plain.trainable_variables, strict=True):
        moved = (without.numpy() - old) * shares[variable.path]
        np.testing.assert_allclose(variable.numpy() - old, moved, atol=1e-6, err_msg=variable.path)


def test_a_stage_that_keeps_the_optimizer_takes_its_own_decay():
    model = network()
    spec = {"name": "SGD", "learning_rate": 0.1}
    model.compile(optimizer_of(Stage(Train(optimizer=spec, layer_decay=0.5), 1), model, 1, 0), "mse")
    kept = optimizer_of(Stage(Train(optimizer=spec), 1, keep_optimizer=True), model, 1, 1)
    kernel = model.get_layer("first").kernel
    before = kernel.numpy()
    kept.apply([np.ones(variable.shape, "float32") for variable in model.trainable_variables])
    np.testing.assert_allclose(before - kernel.numpy(), 0.1, atol=1e-6)
