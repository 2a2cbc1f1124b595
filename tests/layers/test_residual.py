"""Residual blocks: what they add to, and where."""

import numpy as np
import pytest

from kerasapp.layers.residual import Residual

X = np.random.default_rng(0).normal(0, 1, (2, 8, 8, 6)).astype("float32")


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("kind", ["basic", "bottleneck"])
@pytest.mark.parametrize("strides", [1, 2])
def test_without_its_branch_it_is_what_came_in(kind, version, strides):
    layer = Residual(6 if kind == "basic" else 2, kind, strides, version, shortcut="padding")
    layer.build(X.shape)
    for weight in layer.weights:
        if len(weight.shape) == 4:
            weight.assign(np.zeros(weight.shape))
    kept = X[:, ::strides, ::strides]
    made = np.array(layer(X))
    wanted = np.maximum(kept, 0) if version == 1 else kept
    np.testing.assert_allclose(made[..., :6], wanted, atol=1e-6)
    assert made.shape[-1] == (6 if kind == "basic" else 8) and not made[..., 6:].any()


def test_a_projection_brings_channels_and_size_to_those_of_the_branch():
    layer = Residual(5, "bottleneck", strides=2)
    assert layer(X).shape == (2, 4, 4, 20)
    convolutions = [tuple(weight.shape) for weight in layer.weights if len(weight.shape) == 4]
    assert sorted(convolutions) == [(1, 1, 5, 20), (1, 1, 6, 5), (1, 1, 6, 20), (3, 3, 5, 5)]


def test_a_branch_left_out_by_chance_is_left_out_in_training_alone():
    layer = Residual(6, stochastic_depth=0.9999)
    np.testing.assert_allclose(layer(X, training=True), np.maximum(X, 0), atol=1e-6)
    assert not np.allclose(layer(X), np.maximum(X, 0))


def test_channels_can_not_become_fewer_by_zeros():
    with pytest.raises(ValueError, match="6 channels can't become fewer by zeros"):
        Residual(4, shortcut="padding")(X)
