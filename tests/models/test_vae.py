"""vae and autoencoder."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from kerasapp.models import autoencoder, vae

SMALL = {"image_shape": (8, 8, 1), "latent_dimensions": 2, "units": [6]}


def images(count=5):
    return np.random.default_rng(0).random((count, 8, 8, 1), "float32")


def noise(count=5):
    return np.random.default_rng(1).normal(size=(count, 2)).astype("float32")


def posterior(model):
    """Means and standard deviations of the codes of `images()`, as scipy takes them."""
    mean, log_variance = np.split(np.asarray(model.encoder(images()), float), 2, axis=1)
    return mean, np.exp(log_variance / 2)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_the_bound_is_that_of_scipys_distributions(likelihood):
    keras.utils.set_random_seed(3)
    model = vae.build(**SMALL, likelihood=likelihood, deviation=0.3)
    terms, _ = model.terms(images(), noise=noise())
    mean, deviation = posterior(model)
    code = mean + deviation * noise()
    white = 1 / (1 + np.exp(-np.asarray(model.decoder(code.astype("float32")), float)))
    x = images().astype(float)
    if likelihood == "gaussian":
        told = stats.norm.logpdf(x, white, 0.3).sum((1, 2, 3))
    else:
        told = (x * np.log(white) + (1 - x) * np.log(1 - white)).sum((1, 2, 3))
    kl = [_kl_by_sampling(m, s) for m, s in zip(mean, deviation, strict=True)]
    np.testing.assert_allclose(terms["reconstruction"], -told, rtol=1e-4)
    np.testing.assert_allclose(terms["kl"], kl, atol=0.02)
    np.testing.assert_allclose(terms["elbo"], told - np.asarray(terms["kl"]), rtol=1e-4)
    bits = -np.asarray(terms["elbo"]) / (64 * math.log(2)) + (8 if likelihood == "gaussian" else 0)
    np.testing.assert_allclose(terms["bits_per_dimension"], bits, rtol=1e-5)


def _kl_by_sampling(mean, deviation):
    drawn = np.random.default_rng(0).normal(mean, deviation, (200_000, 2))
    return (stats.norm.logpdf(drawn, mean, deviation) - stats.norm.logpdf(drawn)).sum(1).mean()


def test_beta_weighs_and_free_bits_spare_each_dimension():
    keras.utils.set_random_seed(3)
    plain = vae.build(**SMALL)
    weights = plain.get_weights()

    def loss(**settings):
        model = vae.build(**SMALL, **settings)
        model.set_weights(weights)
        keep = model.terms
        model.terms = lambda given, training: keep(given, noise=noise(), training=training)
        model(images())
        return float(model.losses[0])

    terms, _ = plain.terms(images(), noise=noise())
    missed, each = float(np.mean(terms["reconstruction"])), np.mean(terms["kl_of_each"], 0)
    assert loss() == pytest.approx(missed + each.sum(), rel=1e-5)
    assert loss(beta=4.0) == pytest.approx(missed + 4 * each.sum(), rel=1e-5)
    between = float(each.mean())
    assert loss(free_bits=between) == pytest.approx(missed + np.maximum(each, between).sum(), rel=1e-5)


def test_binary_pictures_are_drawn_anew_by_their_pixels():
    model = vae.build(**SMALL, binarize=True)
    seen = []
    keep = model._posterior
    model._posterior = lambda given, training: (seen.append(np.asarray(given)), keep(given, training))[1]
    for _ in range(200):
        model.terms(images(1))
    drawn = np.concatenate(seen)
    assert set(np.unique(drawn)) == {0.0, 1.0}
    np.testing.assert_allclose(drawn.mean(0), images(1)[0], atol=0.15)


@pytest.mark.parametrize("network", ["dense", "convolutional"])
@pytest.mark.parametrize("kind", [vae, autoencoder])
def test_it_learns_by_keras_own_step_saves_and_is_loaded_equal(kind, network, tmp_path):
    keras.utils.set_random_seed(0)
    model = kind.build(**SMALL, network=network, filters=2)
    assert type(model).train_step is keras.Model.train_step
    model.compile(keras.optimizers.Adam(1e-2))
    data = tf.data.Dataset.from_tensors((images(), {"label": tf.zeros([5, 3])})).repeat(30)
    history = model.fit(data, epochs=2, verbose=0, validation_data=data.take(1)).history
    assert history["loss"][1] < history["loss"][0] and np.isfinite(history["val_loss"]).all()
    assert (kind is autoencoder) or {"elbo", "kl", "val_elbo", "bits_per_dimension"} <= history.keys()
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    codes = model.encode(images())
    np.testing.assert_array_equal(codes, loaded.encode(images()))
    back = model.decode(codes)
    np.testing.assert_array_equal(back, loaded.decode(codes))
    assert back.shape == images().shape and np.min(back) >= 0 and np.max(back) <= 1
    assert codes.shape == (5, 2)


@pytest.mark.parametrize("network", ["dense", "convolutional"])
@pytest.mark.parametrize("kind", [vae, autoencoder])
def test_in_mixed_precision_scores_and_losses_are_of_float32(kind, network):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = kind.build(**SMALL, network=network, filters=2)
        assert model(images(), training=True).dtype == "float32"
        assert model.losses[0].dtype == "float32" and model.encode(images()).dtype == "float32"
        assert model.decode(model.encode(images())).dtype == "float32"
    finally:
        keras.config.set_dtype_policy(before)


def test_what_is_spoilt_in_training_is_compared_with_what_it_was():
    model = autoencoder.build(**SMALL, corruption="masking", corruption_level=1.0)
    seen = []
    keep = model.encoder.call
    model.encoder.call = lambda given, **more: (seen.append(np.asarray(given)), keep(given, **more))[1]
    back = np.asarray(model(images(), training=True))
    assert not seen[-1].any(), "all pixels are black"
    assert float(model.losses[0]) == pytest.approx(np.square(back - images()).mean(), rel=1e-5)
    model(images(), training=False)
    np.testing.assert_array_equal(seen[-1], images())


def test_convolutions_that_cannot_reach_a_size_are_refused_and_dense_layers_take_any():
    with pytest.raises(ValueError, match="9x11"):
        vae.build(image_shape=(9, 11, 1), network="convolutional")
    assert vae.build(image_shape=(9, 11, 1), units=[4]).decode(tf.zeros([1, 20])).shape == (1, 9, 11, 1)
    with pytest.raises(ValueError, match="black or white"):
        vae.build(**SMALL, binarize=True, likelihood="gaussian")
