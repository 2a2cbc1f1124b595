"""Features of a frozen base: the same training as through the base, once."""

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from kerasapp.callbacks.best import Best
from kerasapp.callbacks.stop import Stopped
from kerasapp.recipe import load
from kerasapp.run import Run
from kerasapp.training import resume, train

RECIPE = """\
title: Photographs
task: {{name: image_classification, augmentation: {augmentation}}}
data: {{name: synthetic, image_shape: [32, 32, 3], num_classes: 3, examples: 30}}
model: {{name: pretrained, base: MobileNet, base_arguments: {{alpha: 0.25}}, weights: {weights}, views: {views},
  strategy: {strategy}, train_top: 1}}
train: {{epochs: 2, batch_size: 8, optimizer: {{name: Adam, learning_rate: 1e-2}}}}
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def of(augmentation="[]", views="null", weights="none", strategy="frozen"):
        given = {"augmentation": augmentation, "views": views, "weights": weights, "strategy": strategy}
        (tmp_path / "mine.yaml").write_text(RECIPE.format(**given))
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


def test_a_run_that_is_gone_on_with_has_the_features_that_it_had(run, tmp_path, monkeypatch):
    keras.utils.set_random_seed(3)
    network = keras.applications.MobileNet(include_top=False, weights=None, alpha=0.25, input_shape=(32, 32, 3))
    network.save_weights(tmp_path / "base.weights.h5")
    before, left = Best.on_epoch_end, iter([Stopped(2)])

    def stopped(self, epoch, logs=None):
        before(self, epoch, logs)
        for error in left:
            raise error

    monkeypatch.setattr(Best, "on_epoch_end", stopped)
    with pytest.raises(Stopped):
        run(weights="base.weights.h5")
    there, (folder,) = kept(tmp_path), (tmp_path / "runs" / "mine").iterdir()
    monkeypatch.setattr("kerasapp.training._work.report", lambda *_: None)
    resume(Run(folder), tmp_path)
    assert kept(tmp_path) == there, "others came of another base"


def test_augmented_images_go_through_the_base_anew_unless_views_are_asked_for(run, tmp_path):
    run(augmentation="[{name: flip}]")
    assert not kept(tmp_path)
    views = history(run(augmentation="[{name: flip}]", views=4))
    train_features = max(kept(tmp_path), key=lambda folder: (folder / "features.npy").stat().st_size)
    found = np.load(train_features / "features.npy")
    assert found.shape[1] == 4 and np.abs(found[:, :1] - found).max() > 0, "some are flipped"
    assert np.isfinite(views["loss"]).all()


def test_the_report_compares_with_a_classifier_on_the_features_that_the_base_began_with(run, tmp_path):
    keras.utils.set_random_seed(3)
    network = keras.applications.MobileNet(include_top=False, weights=None, alpha=0.25, input_shape=(32, 32, 3))
    network.save_weights(tmp_path / "base.weights.h5")
    made = run(weights="base.weights.h5", strategy="train_top")

    def features(split):
        images = split.gather(np.arange(len(split)))["image"].numpy()
        pixels = keras.applications.mobilenet.preprocess_input(images.astype("float32"))
        return network(pixels, training=False).numpy().mean((1, 2)), made.task.targets(split)

    splits = made.splits()
    theirs = LogisticRegression(max_iter=1000, random_state=0).fit(*features(splits["train"]))
    found = {row["name"]: row["metrics"]["accuracy"]["value"] for row in made.report["baselines"]}
    assert found["MobileNet's features + logistic regression"] == pytest.approx(theirs.score(*features(splits["test"])))
