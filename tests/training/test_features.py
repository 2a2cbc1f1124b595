"""Features of a frozen base: the same training as through the base, once."""

import numpy as np
import pytest

from kerasapp.recipe import load
from kerasapp.training import train

RECIPE = """\
title: Photographs
task: {{name: image_classification, augmentation: {augmentation}}}
data: {{name: synthetic, image_shape: [32, 32, 3], num_classes: 3, examples: 40}}
model: {{name: pretrained, base: MobileNetV2, base_arguments: {{alpha: 0.35}}, weights: none, views: {views}}}
train: {{epochs: 3, batch_size: 8, optimizer: {{name: Adam, learning_rate: 1e-2}}}}
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def of(augmentation="[]", views="null"):
        (tmp_path / "mine.yaml").write_text(RECIPE.format(augmentation=augmentation, views=views))
        return train(load(tmp_path / "mine.yaml"), tmp_path)

    return of


def kept(tmp_path):
    return sorted((tmp_path / "runs" / ".cache").glob("features-*"))


def history(run):
    return np.genfromtxt(run.path / "history.csv", delimiter=",", names=True)


def test_a_head_on_features_learns_what_it_learns_behind_the_base(run, tmp_path, monkeypatch):
    cached = history(run())
    assert len(kept(tmp_path)) == 2, "train and validation"
    from kerasapp.models.pretrained import Pretrained

    monkeypatch.setattr(Pretrained, "fixed_features", False)
    direct = history(run())
    for name in ("loss", "val_loss"):
        np.testing.assert_allclose(cached[name], direct[name], rtol=1e-3)


def test_they_are_made_once_for_the_same_base_and_data(run, tmp_path, monkeypatch):
    first = history(run())
    before = kept(tmp_path)
    from kerasapp.models.pretrained import Pretrained

    def never(*_):
        raise AssertionError("they are there")

    monkeypatch.setattr(Pretrained, "features", never)
    again = history(run())
    assert kept(tmp_path) == before
    np.testing.assert_array_equal(first["loss"], again["loss"])


def test_augmented_images_go_through_the_base_anew_unless_views_are_asked_for(run, tmp_path):
    run(augmentation="[{name: flip}]")
    assert not kept(tmp_path)
    views = history(run(augmentation="[{name: flip}]", views=4))
    train_features = max(kept(tmp_path), key=lambda folder: (folder / "features.npy").stat().st_size)
    found = np.load(train_features / "features.npy")
    assert found.shape[1] == 4 and np.abs(found[:, :1] - found).max() > 0, "some are flipped"
    assert np.isfinite(views["loss"]).all()
