"""A run trained again from its folder: equal, or what differs and why."""

import json
import logging

import numpy as np
import pytest

from kerasapp.errors import RunError
from kerasapp.training import Manner, reproduce, train

NETS = (
    "import keras\n"
    "def flat(*, image_shape: tuple[int, int, int], num_classes: int) -> keras.Model:\n"
    '    "Flat."\n'
    "    head = keras.layers.Dense(num_classes, name='head')\n"
    "    return keras.Sequential([keras.Input(image_shape), keras.layers.Flatten(), head])\n"
)


@pytest.fixture
def again(tmp_path):
    one = lambda recipe, before: train(recipe, tmp_path / "root", before=before, manner=Manner(pages=False))  # noqa: E731
    return lambda run: reproduce(run, one)


def paths(told):
    return [row["path"] for row in told.differences]


@pytest.fixture
def arrays(tmp_path):
    """A .npz whose labels and order can be changed: `arrays(labels=...)` writes it and gives the recipe's change."""
    random = np.random.default_rng(0)
    images, labels = random.integers(0, 255, (90, 8, 8)).astype("uint8"), np.arange(90) % 3

    def write(order=slice(None), flipped=0):
        changed = labels.copy()
        changed[:flipped] = 2 - changed[:flipped]
        np.savez(tmp_path / "data.npz", x=images[order], y=changed[order])
        return {"data": {"name": "arrays", "path": str(tmp_path / "data.npz")}}

    return write


@pytest.mark.parametrize(
    "changes",
    [
        {"model.dropout": 0.3, "task.augmentation": ["flip"]},
        {"train.stop_after": 2},
        {"train.early_stopping": {"patience": 1}, "train.optimizer": {"name": "SGD", "learning_rate": 3.0},
         "train.epochs": 6},
        pytest.param({"data.folds": 2, "train.epochs": 1}, marks=pytest.mark.slow),
    ],
    ids=["random parts", "stop_after", "early stopping", "folds"],
)  # fmt: skip
def test_a_run_again_is_equal_and_a_run_of_its_own(trained, again, changes):
    run = trained(changes, name="first")
    told = again(run)
    assert told.differences == []
    assert told.run.path.parent == run.path.parent and told.run.path != run.path
    assert told.run.state["state"] == "finished"


@pytest.mark.parametrize(
    "changed, path", [({"flipped": 2}, "data.train"), ({"order": slice(None, None, -1)}, "data.order")]
)
def test_data_that_changed_is_told_before_anything_is_trained(trained, again, arrays, changed, path):
    run = trained(arrays())
    arrays(**changed)
    told = again(run)
    assert told.run is None and path in paths(told)
    assert list(run.path.parent.glob("*/model.keras")) == [run.path / "model.keras"]


def test_edited_code_is_warned_of_and_named_as_the_reason(trained, again, tmp_path, caplog):
    (tmp_path / "nets.py").write_text(NETS)
    run = trained({"model": "./nets.py:flat"})
    copied = run.path / "code" / "nets.py"
    copied.write_text(copied.read_text().replace("name='head'", "name='head', use_bias=False"))
    with caplog.at_level(logging.WARNING, "kerasapp"):
        told = again(run)
    assert any("nets.py: was edited" in message for message in caplog.messages)
    assert paths(told)[0] == "code.nets.py"
    copied.unlink()
    with pytest.raises(RunError, match="is gone"):
        again(run)


def test_a_component_of_an_installed_package_has_no_copy_to_miss(trained, again, tmp_path, monkeypatch):
    package = tmp_path / "site-packages"
    package.mkdir()
    (package / "their_nets.py").write_text(NETS)
    monkeypatch.syspath_prepend(str(package))
    told = again(trained({"model": "their_nets:flat"}))
    assert told.differences == []


def test_each_number_that_differs_is_named(trained, again):
    run = trained({"data.folds": 2, "train.epochs": 2})
    for history in (run.path / "history.csv", run.path / "folds" / "1" / "history.csv"):
        rows = [line.split(",") for line in history.read_text().splitlines()]
        rows[2][rows[0].index("val_loss")] = "7.5"
        rows[2][rows[0].index("seconds")] = "1000"
        history.write_text("\n".join(map(",".join, rows)) + "\n")
    report = run.report
    report["splits"]["test"]["metrics"]["accuracy"]["value"] = 2.0
    (run.path / "report.json").write_text(json.dumps(report))
    model = run.model()
    kernel = model.get_layer("head").kernel
    moved = kernel.numpy()
    moved[3, 1] += 9
    kernel.assign(moved)
    model.save(run.path / "model.keras")
    told = {row["path"]: row for row in again(run).differences if not row["path"].startswith("optimizer/")}
    assert set(told) == {
        "weights/head/kernel", "history.epoch_2.val_loss", "report.test.accuracy", "folds.1.history.epoch_2.val_loss"
    }  # fmt: skip
    assert told["weights/head/kernel"]["a"] == pytest.approx(told["weights/head/kernel"]["b"] + 9)
    assert told["history.epoch_2.val_loss"]["a"] == 7.5


def test_another_version_and_no_determinism_are_warned_of(trained, again, caplog):
    run = trained({"train.deterministic": False})
    told = run.read_json("environment.json")
    told["versions"]["keras"], told["machine"]["threads"] = "3.0.0", 512
    (run.path / "environment.json").write_text(json.dumps(told))
    with caplog.at_level(logging.WARNING, "kerasapp"):
        again(run)
    lines = "\n".join(caplog.messages)
    assert "deterministic: false" in lines
    assert "environment.versions.keras: was 3.0.0" in lines and "environment.machine.threads: was 512" in lines


def test_a_run_to_start_from_that_has_other_weights_now_is_told(trained, again):
    first = trained(name="first")
    second = trained({"train.init_from": str(first.path)}, name="second")
    assert again(second).differences == []
    model = first.model()
    model.get_layer("head").bias.assign([1.0, 2.0, 3.0])
    model.save(first.path / "model.keras")
    told = again(second)
    assert told.run is None and paths(told) == ["data.init_from"]


def test_word_vectors_to_start_from_that_are_others_now_are_told(trained, again, tmp_path):
    vectors = tmp_path / "v.txt"
    vectors.write_text("kind0 1 0\nkind1 0 1\n")
    model = {"name": "bag_of_vectors", "dimensions": 2, "embedding": {"from": str(vectors)}}
    data = {"name": "synthetic", "texts": True}
    run = trained({"task": "text_classification", "data": data, "model": model, "train.epochs": 1})
    assert again(run).differences == []
    vectors.write_text("kind0 1 0\nkind1 0 3\n")
    told = again(run)
    assert told.run is None and paths(told) == ["data.embedding"]


def test_a_run_that_did_not_finish_is_refused(trained, again):
    run = trained()
    run.update(state="stopped")
    with pytest.raises(RunError, match="only a finished run"):
        again(run)
