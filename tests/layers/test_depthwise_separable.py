"""A kernel for each channel and one over all, in MobileNet's form and in Xception's."""

import keras
import numpy as np
import pytest

from kerasapp.layers.depthwise_separable import DepthwiseSeparable, depthwise_norm_activation


def test_depthwise_kernels_keep_the_variance_of_what_they_see():
    """He et al., 2015: fan in is what one output sees, here the 9 pixels of one channel."""
    inputs = keras.Input((32, 32, 256))
    model = keras.Model(inputs, depthwise_norm_activation(inputs, 3, name="depthwise"))
    assert np.std(model.get_layer("depthwise").get_weights()[0]) == pytest.approx(np.sqrt(2 / 9), rel=0.1)


@pytest.mark.parametrize("between, weights", [(True, 9 * 8 + 8 * 12 + 4 * (8 + 12)), (False, 9 * 8 + 8 * 12 + 4 * 12)])
def test_it_has_a_kernel_for_each_channel_and_one_over_all(between, weights):
    layer = DepthwiseSeparable(12, 3, strides=2, between=between)
    assert layer(np.zeros((1, 7, 6, 8), "float32")).shape == (1, 4, 3, 12)
    assert layer.count_params() == weights


def test_each_channel_is_seen_by_itself_before_all_are_mixed():
    layer = DepthwiseSeparable(3, 3, activation=None, between=False)
    x = np.random.default_rng(0).normal(0, 1, (1, 5, 5, 2)).astype("float32")
    made = layer(x)
    depthwise, pointwise, *_ = layer.get_weights()
    each = [keras.ops.conv(x[..., c : c + 1], depthwise[:, :, c : c + 1], padding="same") for c in range(2)]
    mixed = np.concatenate(each, -1) @ pointwise[0, 0]
    np.testing.assert_allclose(made, mixed / np.sqrt(1 + 1.001e-5), atol=1e-5)
