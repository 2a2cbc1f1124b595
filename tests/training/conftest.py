"""Small runs in this process."""

import pytest

from kerasapp.recipe import load
from kerasapp.training import Manner, train

TEXT = """\
title: T
seed: 3
task: {{name: image_classification{task}}}
data: {{name: synthetic, image_shape: [8, 8, 1], num_classes: 3, examples: 120{data}}}
model: {{name: mlp, units: [16]}}
train: {{epochs: 3, batch_size: 16{train}}}
"""


@pytest.fixture
def trained(tmp_path):
    """Trains a small recipe with changes: `trained(train=", epochs: 2")`, or `trained({"train.epochs": 2})`; its report
    is not drawn unless asked for.
    """

    def made(changes=None, *, task="", data="", train_="", root="root", name=None, pages=False):
        path = tmp_path / "small.yaml"
        path.write_text(TEXT.format(task=task, data=data, train=train_))
        recipe = load(path)
        recipe = recipe.replaced(changes) if changes else recipe
        return train(recipe, tmp_path / root, name=name, manner=Manner(pages=pages))

    return made
