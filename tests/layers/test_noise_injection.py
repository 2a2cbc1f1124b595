"""Noise between convolutions."""

import keras
import numpy as np
import pytest

from kerasapp.layers.noise_injection import NoiseInjection


def layer(strength: list[float], **keywords) -> NoiseInjection:
    made = NoiseInjection(seed=1, **keywords)
    made.build((None, None, None, len(strength)))
    made.strength.assign(strength)
    return made


def test_it_begins_as_nothing():
    x = np.random.default_rng(0).random((2, 4, 4, 3), "float32")
    np.testing.assert_array_equal(NoiseInjection()(x), x)


def test_one_map_an_image_reaches_every_channel_by_its_strength():
    noise = np.array(layer([1.0, -2.0, 0.0])(np.zeros((2, 50, 50, 3), "float32")))
    np.testing.assert_allclose(noise[..., 1], -2 * noise[..., 0], rtol=1e-6)
    assert not noise[..., 2].any() and not np.array_equal(noise[0], noise[1])
    assert noise[..., 0].mean() == pytest.approx(0, abs=0.05) and noise[..., 0].std() == pytest.approx(1, abs=0.05)


def test_each_call_draws_anew_and_in_use_too_unless_told_otherwise():
    x = np.zeros((1, 4, 4, 1), "float32")
    always, training = layer([1.0]), layer([1.0], only_in_training=True)
    assert not np.array_equal(always(x), always(x))
    assert not np.any(training(x, training=False)) and np.all(training(x, training=True))


def test_its_strength_is_learned_and_images_of_any_size_go_through():
    inputs = keras.Input((None, None, 2))
    model = keras.Model(inputs, NoiseInjection()(inputs))
    model.compile("sgd", "mse")
    model.train_on_batch(np.zeros((2, 5, 7, 2), "float32"), np.random.default_rng(0).normal(size=(2, 5, 7, 2)))
    assert model.output_shape == (None, None, None, 2) and np.any(model.get_weights()[0])
