"""The parts that architectures share, against formulas worked out in NumPy."""

import keras
import numpy as np
import pytest
from keras import layers

from kerasapp.layers.conv_norm_activation import conv_norm_activation
from kerasapp.layers.depthwise_separable import depthwise_norm_activation
from kerasapp.models import _convolutions as parts

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("mode, low, high", [
    ("tf", -1.0, 1.0),
    ("torch", (0 - 0.485) / 0.229, (1 - 0.485) / 0.229),
    ("caffe", -123.68 / 255 / 0.229, (255 - 123.68) / 255 / 0.229),
])  # fmt: skip
def test_pixels_come_to_where_the_published_weights_want_them(mode, low, high):
    inputs = keras.Input((1, 2, 3))
    model = keras.Model(inputs, parts.rescaled(inputs, mode))
    red = model(np.array([[[[0.0] * 3, [1.0] * 3]]], "float32"))[0, 0, :, 0]
    np.testing.assert_allclose(red, [low, high], rtol=1e-5)


@pytest.mark.parametrize("mode", ["tf", "torch", "caffe"])
def test_grey_pixels_are_rescaled_by_the_mean_over_the_colours(mode):
    grey, colour = keras.Input((4, 4, 1)), keras.Input((4, 4, 3))
    image = RANDOM.random((1, 4, 4, 1), "float32")
    ours = keras.Model(grey, parts.rescaled(grey, mode))(image)
    theirs = keras.Model(colour, parts.rescaled(colour, mode))(np.repeat(image, 3, -1))
    np.testing.assert_allclose(ours[..., 0], np.mean(theirs, -1), atol=0.01)


@pytest.mark.parametrize("shape, stem, small", [
    ((63, 200, 3), "auto", True), ((64, 64, 3), "auto", False), ((None, None, 3), "auto", False),
    ((None, 32, 3), "auto", True), ((200, 200, 3), "cifar", True), ((8, 8, 3), "imagenet", False),
])  # fmt: skip
def test_which_stem_an_image_takes(shape, stem, small):
    assert parts.is_small(shape, stem) is small


@pytest.mark.parametrize("filters, channels", [(32, 32), (32 * 0.35, 16), (24 * 0.35, 8), (3, 8), (16 * 1.4, 24)])
def test_channels_are_multiples_of_eight_and_never_a_tenth_too_few(filters, channels):
    assert parts.rounded(filters) == channels
    assert parts.rounded(filters) >= 0.9 * filters


@pytest.mark.parametrize("filters, strides, added", [(6, 1, True), (6, 2, False), (8, 1, False)])
def test_an_inverted_residual_adds_only_where_the_shape_stays(filters, strides, added):
    inputs = keras.Input((8, 8, 6))
    made = parts.inverted_residual(inputs, filters, 3, name="block", convolution=conv_norm_activation,
                                   depthwise=depthwise_norm_activation, expanded=12, strides=strides)  # fmt: skip
    model = keras.Model(inputs, made)
    assert isinstance(model.get_layer("block"), layers.Add) is added
    assert made.shape == (None, 8 // strides, 8 // strides, filters)
