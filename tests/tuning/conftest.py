"""Small sweeps in this process."""

import pytest

from kerasapp.tuning.sweep import load_sweep

RECIPE = """\
title: T
seed: 3
task: image_classification
data: {name: synthetic, image_shape: [8, 8, 1], num_classes: 3, examples: 120, split: {validation: 0.3}}
model: {name: mlp, units: [16]}
train: {epochs: 2, batch_size: 16}
"""
SWEEP = """\
title: A sweep
recipe: small.yaml
tuner: random
objective: {metric: val_accuracy, mode: max}
budget: {trials: 3}
confirm: {seeds: 1}
space:
  train.optimizer.learning_rate: {float: [1e-4, 1e-1], sampling: log}
  train.batch_size: {choice: [8, 16, 32]}
"""


@pytest.fixture
def sweep_file(tmp_path):
    """Writes a sweep, some of its text replaced, beside its recipe: `sweep_file(("random", "grid"))`."""

    def written(*changes, recipe=(), name="sweep.yaml"):
        texts = []
        for text, replaced in ((RECIPE, recipe), (SWEEP, changes)):
            for old, new in replaced:
                assert old in text, old
                text = text.replace(old, new)
            texts.append(text)
        (tmp_path / "small.yaml").write_text(texts[0])
        (tmp_path / name).write_text(texts[1])
        return tmp_path / name

    return written


@pytest.fixture
def sweep(sweep_file):
    """The same, loaded."""
    return lambda *changes, **more: load_sweep(sweep_file(*changes, **more))
