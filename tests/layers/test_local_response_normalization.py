"""Against TensorFlow's own, which has the same formula, and the paper's worked by hand."""

import numpy as np
import pytest
import tensorflow as tf

from kerasapp.layers.local_response_normalization import LocalResponseNormalization


@pytest.mark.parametrize("size, channels", [(5, 16), (3, 7), (5, 2)])
def test_it_is_tensorflows(size, channels):
    x = np.random.default_rng(0).normal(0, 30, (2, 3, 4, channels)).astype("float32")
    expected = tf.nn.local_response_normalization(x, size // 2, bias=2.0, alpha=1e-4, beta=0.75)
    np.testing.assert_allclose(LocalResponseNormalization(size)(x), expected, rtol=1e-5)


def test_one_channel_by_hand():
    x = np.full((1, 1, 1, 1), 100.0, "float32")
    assert LocalResponseNormalization()(x).numpy().item() == pytest.approx(100 / (2 + 1e-4 * 100**2) ** 0.75)


def test_its_config_makes_it_again():
    layer = LocalResponseNormalization(3, bias=1.0, alpha=0.1, beta=0.5)
    x = np.random.default_rng(0).random((1, 2, 2, 6), "float32")
    np.testing.assert_array_equal(LocalResponseNormalization.from_config(layer.get_config())(x), layer(x))


def test_half_precision_does_not_overflow():
    x = np.full((1, 1, 1, 4), 1000.0, "float16")
    assert np.isfinite(LocalResponseNormalization(dtype="float16")(x)).all()
