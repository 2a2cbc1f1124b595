"""The parts that architectures share, against formulas worked out in NumPy."""

from functools import partial

import keras
import numpy as np
import pytest
from keras import layers

from kerasapp.models import _convolutions as parts
from kerasapp.models._blocks import conv_norm_activation

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


def test_squeeze_and_excitation_is_a_gate_of_each_channel_from_all_their_means():
    inputs = keras.Input((4, 5, 6))
    convolution = partial(conv_norm_activation, kernel_initializer={"name": "RandomNormal", "stddev": 1.0})
    model = keras.Model(inputs, parts.squeeze_excitation(inputs, 3, convolution, name="block"))
    reduce, bias, expand, other = model.get_weights()
    x = RANDOM.normal(0, 1, (2, 4, 5, 6)).astype("float32")
    hidden = np.maximum(x.mean((1, 2)) @ reduce[0, 0] + bias, 0)
    gates = 1 / (1 + np.exp(-(hidden @ expand[0, 0] + other)))
    np.testing.assert_allclose(model(x), x * gates[:, None, None], atol=1e-5)


@pytest.mark.parametrize("filters, strides, added", [(6, 1, True), (6, 2, False), (8, 1, False)])
def test_an_inverted_residual_adds_only_where_the_shape_stays(filters, strides, added):
    inputs = keras.Input((8, 8, 6))
    depthwise = parts.depthwise_norm_activation
    made = parts.inverted_residual(inputs, filters, 3, name="block", convolution=conv_norm_activation,
                                   depthwise=depthwise, expanded=12, strides=strides)  # fmt: skip
    model = keras.Model(inputs, made)
    assert isinstance(model.get_layer("block"), layers.Add) is added
    assert made.shape == (None, 8 // strides, 8 // strides, filters)


def test_a_dropped_branch_is_left_out_whole_and_the_others_make_up_for_it():
    inputs = keras.Input((2, 2, 3))
    model = keras.Model(inputs, parts.drop_branch(inputs, 0.25, "drop"))
    keras.utils.set_random_seed(0)
    kept = np.array(model(np.ones((400, 2, 2, 3), "float32"), training=True)).reshape(400, -1)
    assert set(np.unique(kept.round(4))) == {0.0, np.float32(4 / 3).round(4)}
    assert (kept == kept[:, :1]).all(), "a part of an example was dropped"
    assert kept.mean() == pytest.approx(1, abs=0.1)
    assert parts.drop_branch(inputs, 0.0, "none") is inputs


def test_depthwise_kernels_keep_the_variance_of_what_they_see():
    """He et al., 2015: fan in is what one output sees, here the 9 pixels of one channel."""
    inputs = keras.Input((32, 32, 256))
    model = keras.Model(inputs, parts.depthwise_norm_activation(inputs, 3, name="depthwise"))
    assert np.std(model.get_layer("depthwise").get_weights()[0]) == pytest.approx(np.sqrt(2 / 9), rel=0.1)


def test_a_kernel_of_seven_by_one_needs_seven_rows_only():
    inputs = keras.Input((7, 1, 2))
    assert conv_norm_activation(inputs, 4, (7, 1), padding="valid", name="tall").shape == (None, 1, 1, 4)
    with pytest.raises(ValueError, match="wide: a kernel of 1 x 7 pixels does not fit a map of 7 x 1"):
        conv_norm_activation(inputs, 4, (1, 7), padding="valid", name="wide")
