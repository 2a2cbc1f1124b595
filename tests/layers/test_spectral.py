import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasapp.layers.spectral import SpectralConv2D, SpectralDense


def matrix_of(layer):
    kernel = layer.kernel.numpy()
    return kernel.reshape(-1, kernel.shape[-1])


@pytest.mark.parametrize(
    "layer, shape", [(SpectralDense(5, use_bias=False), (2, 7)), (SpectralConv2D(4, 3, use_bias=False), (1, 6, 6, 2))]
)
def test_the_kernel_in_use_has_the_norm_one_and_the_one_that_is_trained_stays(layer, shape):
    keras.utils.set_random_seed(0)
    layer.build(shape)
    before = layer.kernel.numpy()
    for _ in range(200):
        layer.power_iteration()
    used = layer.normalized(tf.convert_to_tensor(layer.kernel)).numpy()
    largest = np.linalg.svd(matrix_of(layer), compute_uv=False)[0]
    np.testing.assert_allclose(used, before / largest, rtol=1e-4)
    plain = keras.layers.Dense(5, use_bias=False) if len(shape) == 2 else keras.layers.Conv2D(4, 3, use_bias=False)
    plain.build(shape)
    plain.set_weights([before / largest])
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    np.testing.assert_allclose(layer(x), plain(x), rtol=1e-3, atol=1e-5)
    assert np.array_equal(layer.kernel.numpy(), before)


def test_the_gradient_goes_through_the_division():
    """Along the kernel itself there is none: a kernel of twice the size is used as the same."""
    layer = SpectralDense(3, use_bias=False)
    layer.build((1, 4))
    for _ in range(50):
        layer.power_iteration()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(tf.ones([1, 4])) ** 2)
    slope = tape.gradient(loss, layer.kernel.value)
    assert abs(float(tf.reduce_sum(slope * layer.kernel))) < 1e-4 * float(tf.norm(slope))


def test_what_the_power_iteration_knows_is_saved(tmp_path):
    def made():
        return keras.Sequential(
            [keras.Input((6, 6, 1)), SpectralConv2D(2, 3), keras.layers.Flatten(), SpectralDense(1)]
        )

    model, fresh = made(), made()
    model.save_weights(tmp_path / "m.weights.h5")
    fresh.load_weights(tmp_path / "m.weights.h5")
    x = np.random.default_rng(0).normal(size=(2, 6, 6, 1)).astype("float32")
    np.testing.assert_array_equal(model(x), fresh(x))
