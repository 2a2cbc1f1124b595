"""What blocks and architectures are made of."""

import keras
import numpy as np
import pytest

from kerasapp.layers import _parts as parts


def test_a_dropped_branch_is_left_out_whole_and_the_others_make_up_for_it():
    inputs = keras.Input((2, 2, 3))
    model = keras.Model(inputs, parts.drop_branch(inputs, 0.25, "drop"))
    keras.utils.set_random_seed(0)
    kept = np.array(model(np.ones((400, 2, 2, 3), "float32"), training=True)).reshape(400, -1)
    assert set(np.unique(kept.round(4))) == {0.0, np.float32(4 / 3).round(4)}
    assert (kept == kept[:, :1]).all(), "a part of an example was dropped"
    assert kept.mean() == pytest.approx(1, abs=0.1)
    assert parts.drop_branch(inputs, 0.0, "none") is inputs
