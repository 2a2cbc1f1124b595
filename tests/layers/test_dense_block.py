"""A dense block: what came in is kept, and all of it is seen by each next step."""

import numpy as np

from kerasapp.layers.dense_block import DenseBlock


def test_what_came_in_stays_and_each_step_adds_its_growth():
    x = np.random.default_rng(0).normal(0, 1, (2, 6, 6, 4)).astype("float32")
    layer = DenseBlock(depth=3, growth_rate=5)
    made = layer(x)
    assert made.shape == (2, 6, 6, 4 + 3 * 5)
    np.testing.assert_array_equal(made[..., :4], x)
    squeezing = [weight.shape for weight in layer.weights if weight.shape[:2] == (1, 1)]
    assert squeezing == [(1, 1, 4 + 5 * step, 4 * 5) for step in range(3)]
