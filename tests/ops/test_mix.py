"""Mixing examples and their labels: shares that agree, and chance that is a function of the keys."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from kerasapp import components
from kerasapp.ops import cutmix, mixup
from kerasapp.ops._beta import beta
from kerasapp.ops._random import example_keys

STEPS = {name: components.function("ops", name, "mix") for name in components.names("ops", "mix")}
COUNT = 300


@pytest.fixture
def keys():
    return example_keys(1, 2, tf.range(COUNT, dtype=tf.int64))


def numbered(*shape):
    """Pictures of which each is one value, its own; and one-hot targets, its number."""
    values = np.linspace(0, 1, COUNT, dtype=np.float32).reshape(-1, *[1] * len(shape))
    return tf.constant(np.broadcast_to(values, (COUNT, *shape))), tf.one_hot(tf.range(COUNT), COUNT)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_shares_are_distributed_as_beta(alpha):
    drawn = (np.arange(20000) + 0.5) / 20000
    made = beta(tf.constant(drawn, tf.float32), alpha).numpy()
    places = np.linspace(0.01, 0.99, 99)
    assert np.searchsorted(made, places) / 20000 == pytest.approx(scipy.stats.beta(alpha, alpha).cdf(places), abs=2e-3)
    assert np.all(np.diff(made) >= 0) and made.min() >= 0 and made.max() <= 1


@pytest.mark.parametrize("name", STEPS)
def test_labels_are_shared_as_the_pixels_are_between_an_example_and_the_next(name, keys):
    images, targets = numbered(16, 20, 1)
    made, mixed = (part.numpy() for part in STEPS[name](images, targets, keys))
    rows, following = np.arange(COUNT), np.roll(np.arange(COUNT), -1)
    own = mixed[rows, rows]
    assert mixed.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert mixed[rows, following] == pytest.approx(1 - own, abs=1e-5)
    values = images.numpy()[:, 0, 0, 0]
    assert made.mean(axis=(1, 2, 3)) == pytest.approx(own * values + (1 - own) * np.roll(values, -1), abs=1e-4)
    assert own.min() < 0.15 and own.max() > 0.95


def test_mixup_takes_features_too_and_its_shares_are_betas(keys):
    features, targets = numbered(7)
    made, mixed = mixup.mix(features, targets, keys, alpha=0.4)
    own = mixed.numpy()[np.arange(COUNT), np.arange(COUNT)]
    assert made.shape == (COUNT, 7) and scipy.stats.kstest(own, scipy.stats.beta(0.4, 0.4).cdf).pvalue > 0.01


def test_cutmix_puts_one_rectangle_in(keys):
    images = tf.reshape(tf.range(COUNT, dtype=tf.float32), (-1, 1, 1, 1)) * tf.ones((1, 16, 20, 1))
    made = cutmix.mix(images, tf.one_hot(tf.range(COUNT), COUNT), keys)[0].numpy()[..., 0]
    other = made != images.numpy()[..., 0]
    for mask in other[other.any(axis=(1, 2))]:
        down, across = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        assert mask.sum() == (np.ptp(down) + 1) * (np.ptp(across) + 1)
    often = other.mean(axis=0)
    assert often.min() > 0.2 * often.max(), "anywhere, though less often at the edge"
    with pytest.raises(ValueError, match="takes pictures, and gets 7 numbers"):
        cutmix.mix(*numbered(7), keys)


@pytest.mark.parametrize("name", STEPS)
def test_a_graph_agrees_and_a_batch_of_one_is_itself(name, keys):
    images, targets = numbered(8, 8, 1)
    together = STEPS[name](images, targets, keys)
    for made, wanted in zip(tf.function(STEPS[name])(images, targets, keys), together, strict=True):
        assert np.allclose(made, wanted, atol=1e-6)
    alone = STEPS[name](images[:1], targets[:1], keys[:1])
    assert np.allclose(alone[0], images[:1]) and np.allclose(alone[1], targets[:1])
