"""An inception block, against the figures of the paper's table 1."""

import numpy as np
import pytest

from kerasapp.layers.inception import Inception


@pytest.mark.parametrize("block, channels, thousands", [
    ({"one": 64, "three": (96, 128), "five": (16, 32), "pooled": 32}, 192, 159),
    ({"one": 128, "three": (128, 192), "five": (32, 96), "pooled": 64}, 256, 380),
])  # fmt: skip
def test_it_has_the_parameters_of_blocks_3a_and_3b(block, channels, thousands):
    """159K and 380K, which are thousands of 1024."""
    layer = Inception(**block, batch_norm=False)
    widths = block["one"] + block["three"][1] + block["five"][1] + block["pooled"]
    assert layer(np.zeros((1, 5, 5, channels), "float32")).shape == (1, 5, 5, widths)
    assert layer.count_params() / 1024 == pytest.approx(thousands, rel=0.01)
