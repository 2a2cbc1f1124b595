"""A recipe becomes a run, the same one each time, and what the recipe says happens."""

import csv
from pathlib import Path

import numpy as np
import pytest

from kerasapp import vectors
from kerasapp.callbacks.history import HistoryFile
from kerasapp.errors import DataError, KerasappError, RecipeError, RunError, WorkError
from kerasapp.prediction import predict
from kerasapp.training import evaluate


def weights(run):
    return [weight.numpy() for weight in run.model().weights]


def rows(run):
    return HistoryFile(run.path / "history.csv").rows()


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(weights(a), weights(b), strict=True))


def test_a_run_leaves_what_the_contract_names(trained):
    run = trained(pages=True)
    names = (
        "recipe.yaml",
        "environment.json",
        "task.json",
        "history.csv",
        "model.keras",
        "report.json",
        "report.md",
        "report.html",
        "logs",
    )
    assert [name for name in names if not (run.path / name).exists()] == []
    assert run.state["state"] == "finished"
    report = run.report
    accuracy = report["splits"]["test"]["metrics"]["accuracy"]
    assert accuracy["low"] <= accuracy["value"] <= accuracy["high"]
    assert {"majority class"} < {row["name"] for row in report["baselines"]}
    assert report["seconds"]["train"] > 0 and report["seconds"]["evaluate"] > 0
    assert [row["epoch"] for row in csv.DictReader((run.path / "history.csv").open())] == ["1", "2", "3"]
    assert len(next(iter(run.samples("test").values()))) == report["splits"]["test"]["examples"]


def test_the_same_recipe_gives_the_same_weights_and_another_seed_others(trained):
    changes = {"model.dropout": 0.3, "task.augmentation": ["flip", {"name": "rotate", "factor": 0.1}]}
    first, second = trained(changes), trained(changes)
    assert same(first, second)
    assert [row["loss"] for row in rows(first)] == [row["loss"] for row in rows(second)]
    assert not same(first, trained({**changes, "seed": 4}))


def test_the_best_model_is_kept_not_the_last(trained):
    run = trained({"train.optimizer": {"name": "SGD", "learning_rate": 3.0}, "train.epochs": 6})
    losses = [row["val_loss"] for row in rows(run)]
    told = evaluate(run, "validation")["splits"]["validation"]["metrics"]["loss"]["value"]
    assert told == pytest.approx(min(losses), rel=1e-4)


def test_evaluating_again_gives_the_report_to_the_last_digit(trained):
    run = trained()
    assert evaluate(run)["splits"]["test"]["metrics"] == run.report["splits"]["test"]["metrics"]


def test_other_data_can_be_evaluated(trained):
    run = trained()
    source = "{name: synthetic, image_shape: [8, 8, 1], num_classes: 3, examples: 33, seed: 5}"
    assert evaluate(run, source=source)["splits"]["data"]["examples"] == 33


def test_other_folders_are_compared_by_class_name_not_number(trained, tmp_path):
    from PIL import Image

    tints = {"apple": 20, "berry": 120, "cherry": 230}
    for folder, classes in {"all": tints, "some": ("berry", "cherry"), "odd": ("berry", "zebra")}.items():
        for label in classes:
            (tmp_path / folder / label).mkdir(parents=True)
            for number in range(40 if folder == "all" else 6):
                tint = (tints.get(label, 0) + number % 7) % 256
                Image.new("L", (8, 8), tint).save(tmp_path / folder / label / f"{number}.png")
    run = trained({"data": {"name": "image_folder", "path": str(tmp_path / "all")}, "train.epochs": 5})
    told = evaluate(run, source=str(tmp_path / "some"))["splits"]["data"]["metrics"]["accuracy"]["value"]
    right = [row["label"] == Path(row["input"]).parent.name for row in predict(run, [tmp_path / "some"])]
    assert told == np.mean(right) > 0
    with pytest.raises(DataError, match='"zebra"'):
        evaluate(run, source=str(tmp_path / "odd"))


def test_components_of_ones_own_with_one_file_name_and_steps_work(trained, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "own.py").write_text(
        "def augment(images, keys, *, by: float = 0.1):\n    return images * (1 - by)\n"
    )
    (tmp_path / "own.py").write_text(
        "import keras\n"
        "def flat(*, image_shape: tuple[int, int, int], num_classes: int) -> keras.Model:\n"
        '    "Flat."\n'
        "    layers = [keras.Input(image_shape), keras.layers.Flatten(), keras.layers.Dense(num_classes)]\n"
        "    return keras.Sequential(layers)\n"
    )
    run = trained({"model": "./own.py:flat", "task.augmentation": [{"name": "./a/own.py:augment", "by": 0.5}]})
    assert len(list((run.path / "code").rglob("*.py"))) == len(run.read_json("environment.json")["code"]) == 2
    assert evaluate(run)["splits"]["test"]["metrics"] == run.report["splits"]["test"]["metrics"]


def test_a_stage_trains_what_it_names_and_nothing_else(trained):
    one = {"train.stages": [{"epochs": 1}]}
    two = {"train.stages": [{"epochs": 1}, {"epochs": 2, "trainable": ["head"], "optimizer.learning_rate": 0.05}]}
    changes = {"train.monitor": {"metric": "loss"}}
    first = trained({**changes, **one, "train.epochs": 1})
    second = trained({**changes, **two, "train.epochs": 3})
    a, b = ({weight.path: weight.numpy() for weight in run.model().weights} for run in (first, second))
    moved = {path for path in a if not np.array_equal(a[path], b[path])}
    assert moved and all(path.startswith("head") for path in moved), moved
    assert [row["epoch"] for row in rows(second)] == [1, 2, 3]
    assert rows(second)[-1]["learning_rate"] == pytest.approx(0.05)


def test_a_later_stage_trains_all_layers_again(trained):
    changes = {"train.monitor": {"metric": "loss"}, "train.epochs": 2}
    first = trained(
        {**changes, "train.stages": [{"epochs": 1, "trainable": ["head"]}, {"epochs": 1, "trainable": ["head"]}]}
    )
    second = trained({**changes, "train.stages": [{"epochs": 1, "trainable": ["head"]}, {"epochs": 1}]})
    a, b = ({weight.path: weight.numpy() for weight in run.model().weights} for run in (first, second))
    assert not any(np.array_equal(a[path], b[path]) for path in a if "kernel" in path)


def test_a_kept_optimizer_gets_the_stages_rate_and_may_train_more_layers(trained):
    stages = [
        {"epochs": 1, "trainable": ["head"]},
        {"epochs": 2, "optimizer.learning_rate": 1e-4, "keep_optimizer": True},
    ]
    run = trained({"train.epochs": 3, "train.stages": stages})
    assert [row["learning_rate"] for row in rows(run)] == pytest.approx([1e-3, 1e-4, 1e-4])


def test_a_warm_start_is_kept_as_an_absolute_path(trained):
    first = trained(name="first")
    second = trained({"train.init_from": "first", "train.epochs": 1})
    assert second.recipe.train.init_from == str(first.path.resolve())


def test_an_unlabelled_test_split_is_reported_on_validation(trained, tmp_path):
    draw = np.random.default_rng(0)
    x, y = draw.integers(0, 255, (90, 6, 6)).astype("uint8"), np.arange(90) % 3
    np.savez(tmp_path / "u.npz", x_train=x, y_train=y, x_test=x[:20])
    run = trained({"data": {"name": "arrays", "path": str(tmp_path / "u.npz")}, "train.epochs": 1})
    assert list(run.report["splits"]) == ["validation"]


@pytest.mark.parametrize("name", ["../out", "a/b", "latest", ""])
def test_a_name_that_leads_elsewhere_is_refused(trained, name):
    with pytest.raises(RunError, match="no name"):
        trained(name=name)


def test_a_stage_that_names_no_layer_is_refused(trained):
    with pytest.raises(RecipeError, match=r'no layer fits "haed".*head'):
        trained({"train.stages": [{"epochs": 3, "trainable": ["haed"]}]})


def test_early_stopping_ends_before_the_last_epoch(trained):
    run = trained(
        {
            "train.epochs": 40,
            "train.optimizer.learning_rate": 1e-9,
            "train.early_stopping": {"patience": 2, "min_delta": 0.01},
        }
    )
    assert len(rows(run)) == 3


def test_the_learning_rate_falls_on_a_plateau(trained):
    plateau = {"factor": 0.5, "patience": 1, "min_delta": 10.0}
    run = trained({"train.epochs": 4, "train.optimizer.learning_rate": 0.01, "train.reduce_on_plateau": plateau})
    rates = [row["learning_rate"] for row in rows(run)]
    assert rates[-1] < rates[0] and rates[-1] == pytest.approx(0.01 * 0.5**3, rel=1e-3)


def test_stop_after_ends_early_with_the_schedule_of_the_whole(trained):
    cosine = {
        "train.epochs": 8,
        "train.optimizer": {"name": "SGD", "learning_rate": {"name": "CosineDecay", "initial_learning_rate": 0.1}},
    }
    whole, part = trained(cosine), trained({**cosine, "train.stop_after": 3})
    assert len(rows(part)) == 3
    assert [row["loss"] for row in rows(part)] == [row["loss"] for row in rows(whole)][:3]


def test_a_schedule_reaches_its_end_with_the_last_step(trained):
    cosine = {"name": "SGD", "learning_rate": {"name": "CosineDecay", "initial_learning_rate": 0.1}}
    run = trained({"train.epochs": 4, "train.optimizer": cosine})
    rates = [row["learning_rate"] for row in rows(run)]
    assert rates[1] == pytest.approx(0.05, abs=1e-6) and rates[-1] == pytest.approx(0.0, abs=1e-6)


def test_warm_up_rises_linearly(trained):
    run = trained(
        {"train.epochs": 4, "train.warmup_epochs": 4, "train.optimizer": {"name": "SGD", "learning_rate": 0.1}}
    )
    rates = [row["learning_rate"] for row in rows(run)]
    steps = -(-run.state["examples"]["train"] // 16)
    assert rates == pytest.approx([0.1 * min(1, (epoch * steps + 1) / (4 * steps)) for epoch in (1, 2, 3, 4)])


def test_a_warm_start_begins_where_the_other_run_ended(trained):
    first = trained({"train.epochs": 5})
    second = trained(
        {
            "train.init_from": str(first.path),
            "train.optimizer": {"name": "SGD", "learning_rate": 1e-12},
            "train.epochs": 1,
        }
    )
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(weights(first), weights(second), strict=True))


def test_class_weights_and_label_smoothing_change_what_is_minimised(trained):
    plain = rows(trained())[0]["loss"]
    assert rows(trained({"train.class_weight": {"0": 10.0}}))[0]["loss"] != plain
    assert rows(trained({"train.label_smoothing": 0.3}))[0]["loss"] != plain


def test_a_class_weight_for_no_class_is_refused(trained):
    with pytest.raises(KerasappError, match="class_weight"):
        trained({"train.class_weight": {"tiger": 2.0}})


def test_folds_test_each_example_once_and_report_mean_and_spread(trained):
    run = trained({"data.folds": 3, "train.epochs": 1}, pages=True)
    told = run.report["cross_validation"]
    values = told["metrics"]["accuracy"]["values"]
    assert told["folds"] == 3 and len(values) == 3
    assert told["metrics"]["accuracy"]["mean"] == pytest.approx(np.mean(values))
    assert told["metrics"]["accuracy"]["spread"] == pytest.approx(np.std(values, ddof=1))
    assert "Over 3 folds" in (run.path / "report.md").read_text(encoding="utf-8").splitlines()[0]
    folds = [run, *(type(run)(run.path / "folds" / str(fold)) for fold in (1, 2))]
    ids = [set(fold.splits()["test"].ids) for fold in folds]
    assert sum(map(len, ids)) == len(set.union(*ids)) == 120


def test_a_loss_that_diverges_ends_the_run_and_is_told(trained):
    with pytest.raises(WorkError, match=r"(?i)nan|infinite"):
        trained({"train.optimizer": {"name": "SGD", "learning_rate": 1e30}}, name="bad")


def test_a_refused_recipe_leaves_no_run(trained, tmp_path):
    with pytest.raises(KerasappError):
        trained(
            {"model": {"name": "resnet", "depth": 50}, "data": {"name": "image_folder", "path": str(tmp_path / "none")}}
        )
    assert not (tmp_path / "root" / "runs").exists()


def test_a_model_of_ones_own_that_does_not_fit_is_refused_at_model(trained, tmp_path):
    (tmp_path / "nets.py").write_text(
        "import keras\n"
        "def flat(*, image_shape: tuple[int, int, int], units: int = 7) -> keras.Model:\n"
        '    "Flat."\n'
        "    return keras.Sequential([keras.Input(image_shape), keras.layers.Flatten(), keras.layers.Dense(units)])\n"
    )
    with pytest.raises(RecipeError, match="3 units"):
        trained({"model": {"name": "./nets.py:flat"}})
    assert trained({"model": {"name": "./nets.py:flat", "units": 3}}).state["state"] == "finished"


def test_a_monitor_without_validation_is_refused(trained):
    with pytest.raises(RecipeError, match="validation"):
        trained({"data.split": {"validation": 0.0}})


def test_data_that_lacks_labels_is_refused(trained, tmp_path):
    from PIL import Image

    (tmp_path / "photos").mkdir()
    for number in range(60):
        Image.new("L", (8, 8), number).save(tmp_path / "photos" / f"{number}.png")
    with pytest.raises(DataError, match="label"):
        trained({"data": {"name": "image_folder", "path": str(tmp_path / "photos")}})


def test_state_tells_how_many_examples_there_were_and_what_they_were(trained):
    first, second = trained(), trained({"data.seed": 1})
    assert sum(first.state["examples"].values()) == sum(second.state["examples"].values()) == 120
    assert first.state["fingerprint"] != second.state["fingerprint"]


WORDS = {
    "task": {"name": "word2vec", "min_count": 1},
    "data": {"name": "sklearn", "dataset": "descriptions"},
    "model": {"name": "word2vec", "dimensions": 4},
    "train": {"epochs": 1},
}


@pytest.mark.slow
def test_word_vectors_go_on_from_a_run_of_the_same_words_only(trained, tmp_path):
    first = trained(WORDS)
    again = trained(WORDS | {"train": {"epochs": 1, "init_from": str(first.path)}})
    assert again.state["state"] == "finished" and rows(again)[0]["loss"] < rows(first)[0]["loss"]
    assert evaluate(first)["splits"]["train"]["neighbours"] == first.report["splits"]["train"]["neighbours"]
    with pytest.raises(RunError, match=r"was trained with another vocabulary \(\d+ words, now \d+\)"):
        trained(WORDS | {"task": {"name": "word2vec", "min_count": 3},
                         "train": {"epochs": 1, "init_from": str(first.path)}})  # fmt: skip


def test_glove_goes_on_from_another_of_the_same_words(trained, tmp_path):
    glove = WORDS | {"model": {"name": "glove", "dimensions": 4}, "train": {"epochs": 3}}
    first = trained(glove)
    losses = [row["loss"] for row in rows(first)]
    assert losses == sorted(losses, reverse=True)
    again = trained(glove | {"train": {"epochs": 1, "init_from": str(first.path)}})
    assert rows(again)[0]["loss"] < losses[-1]
    kept = vectors.of(first.path)
    np.testing.assert_allclose(kept.matrix, first.model().word_vectors())


OWN_COUNTS = """
import keras
import numpy as np
import tensorflow as tf

TRAIN = {"optimizer": {"name": "Adam", "learning_rate": 0.1}, "epochs": 2}


@keras.saving.register_keras_serializable("own")
class Counts(keras.Model):
    def __init__(self, words, **given):
        super().__init__(**given)
        self.words = words
        self.embedding = keras.layers.Embedding(words, 2)
        self.embedding.build()
        self.built = True

    def call(self, inputs):
        return self.embedding(inputs["pairs"] if isinstance(inputs, dict) else inputs)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        wanted = tf.math.log1p(x["counts"])
        return tf.reduce_mean((tf.reduce_sum(y_pred[..., 0, :] * y_pred[..., 1, :], -1) - wanted) ** 2)

    def word_vectors(self):
        return np.array(self.embedding.embeddings)

    def get_config(self):
        return super().get_config() | {"words": self.words}


def build(*, vocabulary_size: int, cooccurrence_window: int):
    return Counts(vocabulary_size)
"""


def test_a_model_of_one_s_own_is_trained_on_counts_where_it_asks_for_them(trained, tmp_path):
    (tmp_path / "nets.py").write_text(OWN_COUNTS)
    run = trained({"task": {"name": "word2vec", "min_count": 5}, "data": WORDS["data"], "model": "./nets.py:build",
                   "train": {"save_every": None}})  # fmt: skip
    losses = [row["loss"] for row in rows(run)]
    assert len(losses) == 2 and losses[1] < losses[0]


def test_a_kernel_that_a_loss_does_not_have_is_refused_where_the_recipe_names_it(trained):
    with pytest.raises(RecipeError) as told:
        trained(WORDS | {"model": {"name": "word2vec", "loss": "full_softmax", "kernel": "native"}})
    (only,) = told.value.faults
    assert only.path == "model.kernel" and only.message.startswith("full_softmax is all matrix products")


@pytest.mark.parametrize("train, path", [
    ({"optimizer": "Adam"}, "train.optimizer"),
    ({"optimizer": {"name": "SGD", "use_ema": True}}, "train.optimizer"),
    ({"mixed_precision": True}, "train.mixed_precision"),
    ({"layer_decay": 0.9}, "train.layer_decay"),
    ({"stages": [{"epochs": 1}, {"epochs": 1, "optimizer.momentum": 0.9}]}, "train.optimizer"),
])  # fmt: skip
def test_word_vectors_refuse_what_their_update_leaves_out_before_anything_is_written(trained, tmp_path, train, path):
    with pytest.raises(RecipeError) as told:
        trained(WORDS | {"train": train})
    assert told.value.faults[0].path == path
    assert not list((tmp_path / "root" / "runs").glob("*/*/state.json"))
