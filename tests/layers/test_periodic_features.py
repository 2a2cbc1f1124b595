"""The waves of PeriodicFeatures against NumPy's."""

import keras
import numpy as np

from kerasapp.layers.periodic_features import PeriodicFeatures


def test_each_column_has_its_own_waves_cosines_first():
    layer = PeriodicFeatures(4, 0.5)
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    given = layer(x)
    angles = 2 * np.pi * x[:, :, None] * layer.waves.numpy()  # (5, 3, 4)
    np.testing.assert_allclose(given, np.concatenate([np.cos(angles), np.sin(angles)], -1), atol=1e-5)


def test_frequencies_start_with_the_deviation_asked_for():
    layer = PeriodicFeatures(2000, 0.5)
    layer.build((None, 3))
    assert abs(np.std(layer.waves.numpy()) - 0.5) < 0.02


def test_a_saved_layer_is_loaded_by_name(tmp_path):
    model = keras.Sequential([keras.Input((3,)), PeriodicFeatures(4, 0.5)])
    model.save(tmp_path / "model.keras")
    x = np.ones((1, 3), "float32")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(x), model(x))
