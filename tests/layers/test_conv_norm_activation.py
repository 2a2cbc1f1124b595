"""A convolution with its normalisation and activation."""

import keras
import numpy as np
import pytest

from kerasapp.layers.conv_norm_activation import ConvNormActivation, conv_norm_activation

RANDOM = np.random.default_rng(0)


def test_a_kernel_of_seven_by_one_needs_seven_rows_only():
    inputs = keras.Input((7, 1, 2))
    assert conv_norm_activation(inputs, 4, (7, 1), padding="valid", name="tall").shape == (None, 1, 1, 4)
    with pytest.raises(ValueError, match="wide: a kernel of 1 x 7 pixels does not fit a map of 7 x 1"):
        conv_norm_activation(inputs, 4, (1, 7), padding="valid", name="wide")


def test_it_is_the_three_layers_after_one_another():
    layer = ConvNormActivation(4, 3, strides=2, activation="elu")
    x = RANDOM.normal(0, 1, (2, 8, 8, 3)).astype("float32")
    layer.build(x.shape)
    kernel, *moments = [RANDOM.uniform(0.5, 1.5, weight.shape).astype("float32") for weight in layer.get_weights()]
    layer.set_weights([kernel, *moments])
    gamma, beta, mean, variance = moments
    y = keras.ops.conv(x, kernel, strides=2, padding="same")
    wanted = keras.ops.elu(gamma * (y - mean) / np.sqrt(variance + 1.001e-5) + beta)
    np.testing.assert_allclose(layer(x), wanted, rtol=1e-4, atol=1e-4)


def test_a_dilated_kernel_sees_as_far_as_a_larger_one_and_leaves_pixels_out():
    layer = ConvNormActivation(1, 3, dilation_rate=2, activation=None, batch_norm=False, use_bias=False)
    point = np.zeros((1, 7, 7, 1), "float32")
    point[0, 3, 3] = 1
    layer.build(point.shape)
    layer.set_weights([np.ones((3, 3, 1, 1))])
    assert np.argwhere(np.array(layer(point))[0, :, :, 0]).tolist() == [[r, c] for r in (1, 3, 5) for c in (1, 3, 5)]


def test_a_strided_kernel_that_is_centred_looks_at_the_same_pixels_of_even_and_odd_sizes():
    layer = ConvNormActivation(2, (3, 1), strides=2, padding="centred", activation=None, batch_norm=False)
    layer.build((None, None, None, 3))
    x = RANDOM.normal(0, 1, (1, 9, 9, 3)).astype("float32")
    np.testing.assert_allclose(layer(x)[:, :4, :4], layer(x[:, :8, :8]), atol=1e-5)
