"""Features of a frozen base: the same training as through the base, once."""

import errno
import os
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.linear_model import LogisticRegression

from kerasapp.callbacks.best import Best
from kerasapp.callbacks.stop import Stopped
from kerasapp.recipe import load
from kerasapp.run import Run
from kerasapp.tasks.image_classification import ImageClassification
from kerasapp.training import Manner, _features, resume, train

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

    def of(augmentation="[]", views="null", weights="none", strategy="frozen", reported=False):
        if not reported:
            monkeypatch.setattr("kerasapp.training._work.report", lambda *_, **__: None)
        given = {"augmentation": augmentation, "views": views, "weights": weights, "strategy": strategy}
        (tmp_path / "mine.yaml").write_text(RECIPE.format(**given))
        return train(load(tmp_path / "mine.yaml"), tmp_path, manner=Manner(pages=False))

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
    resume(Run(folder), tmp_path)
    assert kept(tmp_path) == there, "others came of another base"


@pytest.fixture
def small():
    """A model with a layer `base` and a task with a step of preprocessing, of which no more than numbers are made."""
    base = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()], name="base")
    model = keras.Sequential([base, keras.layers.Dense(2, name="head")])
    return lambda step: (model, ImageClassification(preprocessing=[{"name": step}]).learned(image_shape=[8, 8, 1]))


def test_features_are_others_where_a_step_of_ones_own_was_edited(small, tmp_path):
    step, found = tmp_path / "steps.py", []
    for code in ("images", "1 - images", "images"):
        step.write_text(f"def invert(images):\n    return {code}\n")
        found.append(_features._digest(*small(f"{step}:invert")))
    assert found[0] == found[2] != found[1]


def test_features_are_the_same_whether_a_layer_without_weights_counts_as_learning(small):
    model, task = small("equalize")
    before = _features._digest(model, task)
    model.get_layer("base").layers[0].trainable = False  # as Keras sets it in a model that is loaded
    assert _features._digest(model, task) == before


def test_features_are_others_where_labels_are_whatever_they_are_written_in(small):
    def split(*labels):
        given = {"fingerprints": lambda: np.zeros(2, "uint64"), "column": lambda _: np.array(labels, object)}
        return SimpleNamespace(features={"label": None}, **given)

    found = {_features._digest(*small("equalize"), split(*labels)) for labels in (("Löwenzahn", "Rose"), ("a", "Rose"))}
    assert len(found) == 2


def test_views_are_made_of_augmented_images_alone(monkeypatch):
    arrays, asked = (np.zeros((1, 1, 2), "float32"), np.zeros((1, 1, 3), "float32")), []
    monkeypatch.setattr(_features.Base, "kept", lambda *given: asked.append(given[4]) or arrays)
    model, one = SimpleNamespace(fixed_features=True, views=8, features=None), {"train": None}
    for steps in ([], [{"name": "flip"}]):
        _features.on_features(model, ImageClassification(augmentation=steps), one, one, seed=0, cache=None)
    assert asked == [0, 8]


def test_views_are_mixed_with_examples_from_anywhere_in_the_data():
    ordered = np.concatenate([rows for _, rows in _features._batches(150, 3, 0)])
    np.testing.assert_array_equal(ordered, np.arange(150))
    views = [np.concatenate([rows for at, rows in _features._batches(150, 3, 2) if at == view]) for view in (0, 1)]
    for rows in views:
        np.testing.assert_array_equal(np.sort(rows), np.arange(150))
        assert np.mean(np.abs(np.diff(rows)) == 1) < 0.1
    assert not np.array_equal(*views)


def test_a_full_disk_is_an_error_before_anything_is_written(monkeypatch, tmp_path):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    model = task = SimpleNamespace(features=lambda inputs: inputs, elements=lambda raw, _: (raw, raw))
    base = _features.Base(model, task, 0, tmp_path)
    with pytest.raises(OSError, match="No space left"):
        base._make(range(3), lambda rows: tf.cast(rows, tf.float32), "train", 0, tmp_path)


def test_augmented_images_go_through_the_base_anew_unless_views_are_asked_for(run, tmp_path):
    run(augmentation="[{name: flip}]")
    assert not kept(tmp_path)
    views = history(run(augmentation="[{name: flip}]", views=4))
    train_features = max(kept(tmp_path), key=lambda folder: (folder / "features.npy").stat().st_size)
    found = np.load(train_features / "features.npy")
    assert found.shape[1] == 4 and np.abs(found[:, :1] - found).max() > 0, "some are flipped"
    assert np.isfinite(views["loss"]).all()


@pytest.mark.slow
def test_the_report_compares_with_a_classifier_on_the_features_that_the_base_began_with(run, tmp_path):
    keras.utils.set_random_seed(3)
    network = keras.applications.MobileNet(include_top=False, weights=None, alpha=0.25, input_shape=(32, 32, 3))
    network.save_weights(tmp_path / "base.weights.h5")
    made = run(weights="base.weights.h5", strategy="train_top", reported=True)

    def features(split):
        images = split.gather(np.arange(len(split)))["image"].numpy()
        pixels = keras.applications.mobilenet.preprocess_input(images.astype("float32"))
        return network(pixels, training=False).numpy().mean((1, 2)), made.task.targets(split)

    splits = made.splits()
    assert len(kept(tmp_path)) == 2, "train and test: what learned had no fixed features"
    theirs = LogisticRegression(max_iter=1000, random_state=0).fit(*features(splits["train"]))
    found = {row["name"]: row["metrics"]["accuracy"]["value"] for row in made.report["baselines"]}
    assert found["MobileNet's features + logistic regression"] == pytest.approx(theirs.score(*features(splits["test"])))
