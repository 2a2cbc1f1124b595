"""Squeeze and excitation, against its formula in NumPy."""

from functools import partial

import keras
import numpy as np

from kerasapp.layers.conv_norm_activation import conv_norm_activation
from kerasapp.layers.squeeze_excitation import SqueezeExcitation, squeeze_excitation

RANDOM = np.random.default_rng(0)


def gated(x, reduce, bias, expand, other):
    hidden = np.maximum(x.mean((1, 2)) @ reduce[0, 0] + bias, 0)
    return x * (1 / (1 + np.exp(-(hidden @ expand[0, 0] + other))))[:, None, None]


def test_squeeze_and_excitation_is_a_gate_of_each_channel_from_all_their_means():
    inputs = keras.Input((4, 5, 6))
    convolution = partial(conv_norm_activation, kernel_initializer={"name": "RandomNormal", "stddev": 1.0})
    model = keras.Model(inputs, squeeze_excitation(inputs, 3, convolution, name="block"))
    x = RANDOM.normal(0, 1, (2, 4, 5, 6)).astype("float32")
    np.testing.assert_allclose(model(x), gated(x, *model.get_weights()), atol=1e-5)


def test_the_layer_squeezes_by_its_ratio():
    layer = SqueezeExcitation(ratio=4)
    x = RANDOM.normal(0, 1, (2, 3, 3, 8)).astype("float32")
    made = layer(x)
    assert [tuple(weight.shape) for weight in layer.weights] == [(1, 1, 8, 2), (2,), (1, 1, 2, 8), (8,)]
    np.testing.assert_allclose(made, gated(x, *layer.get_weights()), atol=1e-5)
