"""A loss that became NaN is told with the layer and the examples that it came from."""

import numpy as np
import pytest

from kerasapp.errors import WorkError
from kerasapp.recipe import load
from kerasapp.run import Run
from kerasapp.training import train

NETS = '''\
import keras


@keras.saving.register_keras_serializable("own")
class Logarithm(keras.layers.Layer):
    def call(self, x):
        return keras.ops.log(x + 5.0)


def net(*, num_numeric: int, num_classes: int) -> keras.Model:
    """A logarithm, of which some rows have none."""
    inputs = {"numeric": keras.Input((num_numeric,), name="numeric")}
    x = keras.layers.Dense(num_classes, name="head")(Logarithm(name="logarithm")(inputs["numeric"]))
    return keras.Model(inputs, x)
'''
RECIPE = """\
title: T
seed: 1
task: tabular_classification
data: {name: csv, path: t.csv, label: label, split: {validation: 0.0, test: 0.1}}
model: {name: "./nets.py:net"}
train: {epochs: 3, batch_size: 8, monitor: {metric: loss}, optimizer: {name: Adam, learning_rate: 1e-3}}
"""


@pytest.fixture
def diverging(tmp_path, monkeypatch):
    """A table whose row 61 has no logarithm."""
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(0)
    values = draw.normal(size=100)
    values[60] = -60.0
    (tmp_path / "t.csv").write_text("x,label\n" + "\n".join(f"{x:.4f},{'ab'[n % 2]}" for n, x in enumerate(values)))
    (tmp_path / "nets.py").write_text(NETS)
    (tmp_path / "small.yaml").write_text(RECIPE)
    return load("small.yaml")


@pytest.mark.parametrize("steps", [1, 4])
def test_the_layer_and_the_example_are_named(diverging, steps):
    with pytest.raises(WorkError, match=r'layer "logarithm" gives NaN or infinite values first, for t\.csv:62$'):
        train(diverging.replaced({"train.steps_per_execution": steps}))


def test_weights_that_the_step_before_made_nan_are_named(diverging, tmp_path):
    changes = {"model": {"name": "mlp", "units": [8]}, "train.optimizer": {"name": "SGD", "learning_rate": 1e30}}
    with pytest.raises(WorkError, match=r"Seen again from the last good state: "):
        train(diverging.replaced(changes), name="bad")
    run = Run(tmp_path / "runs" / "small" / "bad")
    assert run.state["state"] == "failed"
    assert (run.path / "resume" / "state.npz").exists(), "the last good state is kept"
