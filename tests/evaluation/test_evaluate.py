"""A real model on real splits; the oracle is Keras's own `evaluate`."""

import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from scipy import stats

from kerasapp import data, evaluation, pipeline
from kerasapp.components import create
from kerasapp.errors import DataError
from kerasapp.files import write_json
from kerasapp.frame import Monitor, Train

FRACTIONS = {"validation": 0.1, "test": 0.2}


def ran(folder, task, **train):
    """A finished run's folder, as far as an evaluation looks at it."""
    recipe = SimpleNamespace(title="Some run", task={"name": task}, train=Train(**train))
    (folder / "history.csv").write_text("epoch,loss,val_loss\n1,1.0,.9\n2,.8,.7\n")
    return SimpleNamespace(path=folder, name="some/run", recipe=recipe, report={})


def trained(task, splits, build, train, epochs=3):
    model = build()
    model.compile("adam", loss=task.loss(train.loss, train.label_smoothing), metrics=task.metrics())
    reader = pipeline.reader(task, splits["train"])
    model.fit(pipeline.batches(task, splits["train"], reader, batch_size=32), epochs=epochs, shuffle=False, verbose=0)
    return model


def told_by_keras(model, task, split):
    batches = pipeline.batches(task, split, pipeline.reader(task, split), batch_size=50)
    return model.evaluate(batches, verbose=0, return_dict=True)


@pytest.fixture(scope="module")
def digits():
    splits = data.load({"name": "sklearn", "dataset": "digits"}, 0, FRACTIONS)
    task = create("tasks", {"name": "image_classification"}).adapt(splits["train"])
    keras.utils.set_random_seed(0)
    layers = keras.layers
    train = Train(label_smoothing=0.1)
    build = lambda: keras.Sequential([layers.Input((8, 8, 1)), layers.Flatten(), layers.Dense(10)])  # noqa: E731
    return task, splits, trained(task, splits, build, train)


@pytest.fixture(scope="module")
def cancer():
    splits = data.load({"name": "sklearn", "dataset": "breast_cancer"}, 0, FRACTIONS)
    task = create("tasks", {"name": "tabular_classification"}).adapt(splits["train"])
    keras.utils.set_random_seed(0)
    columns = keras.Input((task.facts()["num_numeric"],), name="numeric")
    build = lambda: keras.Model({"numeric": columns}, keras.layers.Dense(2)(columns))  # noqa: E731
    return task, splits, trained(task, splits, build, Train())


def test_loss_and_accuracy_are_those_of_keras_over_the_whole_split(digits, tmp_path):
    task, splits, model = digits
    run = ran(tmp_path, "image_classification", label_smoothing=0.1)
    report = evaluation.evaluate(run, model, task, splits, names=("test", "validation"))
    for name in ("test", "validation"):
        oracle = told_by_keras(model, task, splits[name])
        metrics = report["splits"][name]["metrics"]
        assert report["splits"][name]["examples"] == len(splits[name])
        assert metrics["loss"]["value"] == pytest.approx(oracle["loss"], rel=1e-5)
        assert metrics["accuracy"]["value"] == pytest.approx(oracle["accuracy"], abs=1e-7)
        assert metrics["top_5_accuracy"]["value"] == pytest.approx(oracle["top_5_accuracy"], abs=1e-7)


def test_loss_leaves_regularisation_out(digits, tmp_path):
    task, splits, model = digits
    penalised = keras.Sequential([
        keras.layers.Input((8, 8, 1)), keras.layers.Flatten(),
        keras.layers.Dense(10, kernel_regularizer=keras.regularizers.L2(0.5)),
    ])  # fmt: skip
    penalised.set_weights(model.get_weights())
    run = ran(tmp_path, "image_classification")
    plain, told = (evaluation.evaluate(run, it, task, splits)["splits"]["test"]["metrics"] for it in (model, penalised))
    assert told["loss"]["value"] == pytest.approx(plain["loss"]["value"])


def test_examining_only_measures_and_imports_no_drawing(digits, tmp_path, monkeypatch):
    task, splits, model = digits
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    evaluation.evaluate(ran(tmp_path, "image_classification"), model, task, splits)
    assert [path.name for path in tmp_path.iterdir()] == ["history.csv"]


def test_a_regression_is_measured_in_the_labels_units_and_its_loss_as_trained(tmp_path):
    rows = np.random.default_rng(0).normal(size=(300, 3))
    splits = data.load({"name": "csv", "path": str(_csv(tmp_path, rows)), "label": "price"}, 0, FRACTIONS)
    task = create("tasks", {"name": "tabular_regression"}).adapt(splits["train"])
    columns = keras.Input((3,), name="numeric")
    model = trained(task, splits, lambda: keras.Model({"numeric": columns}, keras.layers.Dense(1)(columns)), Train())
    metrics = evaluation.evaluate(ran(tmp_path, "tabular_regression"), model, task, splits)["splits"]["test"]["metrics"]
    oracle = told_by_keras(model, task, splits["test"])
    for name in ("loss", "mean_absolute_error", "root_mean_squared_error"):
        assert metrics[name]["value"] == pytest.approx(oracle[name], rel=1e-4), name


def _csv(folder, rows):
    path = folder / "prices.csv"
    lines = [",".join([*(f"{value:.6f}" for value in row), f"{1000 + 50 * row[0]:.4f}"]) for row in rows]
    path.write_text("\n".join(["a,b,c,price", *lines]) + "\n")
    return path


def test_two_classes_get_a_threshold_that_validation_chose(cancer, tmp_path):
    task, splits, model = cancer
    report = evaluation.evaluate(ran(tmp_path, "tabular_classification"), model, task, splits)
    (choice,) = report["thresholds"]
    assert choice["label"] == "malignant" and choice["examples"] == len(splits["validation"])
    assert report["splits"]["test"]["curves"][0]["at_threshold"]["threshold"] == choice["threshold"]


def test_other_data_is_judged_by_the_threshold_that_the_run_chose(cancer, tmp_path):
    task, splits, model = cancer
    run = ran(tmp_path, "tabular_classification")
    run.report = evaluation.evaluate(run, model, task, splits)
    write_json(tmp_path / "report.json", run.report)
    again = evaluation.evaluate(run, model, task, {"data": splits["train"]}, names=("data",))
    assert again["thresholds"] == run.report["thresholds"]
    assert again["headline"].startswith("Data accuracy")


def test_mistakes_of_a_table_are_shown_with_its_own_columns(cancer, tmp_path):
    task, splits, model = cancer
    report = evaluation.evaluate(ran(tmp_path, "tabular_classification"), model, task, splits)
    evaluation.write(report, tmp_path, task=task, splits=splits)
    mistake = report["splits"]["test"]["mistakes"][0]
    row = next(
        line for line in (tmp_path / "report.md").read_text().splitlines() if line.startswith(f"| {mistake['id']} |")
    )
    first = next(name for name in splits["test"].features if name != "label")
    assert f"| {splits['test'].column(first)[mistake['index']]:.6g} |" in row


def test_a_baselines_accuracy_gets_its_interval(digits, tmp_path):
    task, splits, model = digits
    rival = {
        "name": "HOG + linear SVM",
        "metrics": {"accuracy": {"value": 0.9}},
        "trained_on": 50,
        "of": 90,
        "tested_on": 360,
    }
    told = evaluation.evaluate(ran(tmp_path, "image_classification"), model, task, splits, baselines=[rival])[
        "baselines"
    ]
    oracle = stats.binomtest(324, 360).proportion_ci(method="wilson")
    assert told[0]["metrics"]["accuracy"] == pytest.approx({"value": 0.9, "low": oracle.low, "high": oracle.high})
    assert rival["metrics"]["accuracy"] == {"value": 0.9}


@pytest.mark.parametrize(("mode", "best"), [("min", 2), ("max", 1)])
def test_best_epoch_is_the_first_with_the_best_monitor(digits, tmp_path, mode, best):
    task, splits, model = digits
    rows = [{"epoch": epoch, "val_loss": value} for epoch, value in enumerate((9, 1, 1, float("nan"), ""), 1)]
    run = ran(tmp_path, "image_classification", monitor=Monitor(metric="val_loss", mode=mode))
    told = evaluation.evaluate(run, model, task, splits, history=rows)["training"]
    assert (told["epochs"], told["best_epoch"]) == (5, best)


def test_duplicates_across_splits_are_counted(digits, tmp_path):
    task, splits, model = digits
    both = splits | {"train": data.Subset(splits["test"], np.arange(25))}
    report = evaluation.evaluate(ran(tmp_path, "image_classification"), model, task, both)
    assert report["duplicates"] == {"train and test": 25}
    assert any("25 exact copies" in line for line in report["warnings"])


def test_examples_without_labels_are_refused_by_name(digits, tmp_path):
    task, splits, model = digits
    bare = data.Subset(splits["test"], np.arange(5), drop=["label"])
    with pytest.raises(DataError, match="no labels to compare with"):
        evaluation.evaluate(ran(tmp_path, "image_classification"), model, task, {"data": bare}, names=("data",))
    with pytest.raises(DataError, match="no data split, only train, validation, test"):
        evaluation.evaluate(ran(tmp_path, "image_classification"), model, task, splits, names=("data",))


def test_pictures_of_other_numbers_than_bytes_are_shown_as_the_model_sees_them(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {"x_train": rng.random((60, 6, 6), np.float32), "y_train": rng.integers(0, 2, 60)}
    np.savez(tmp_path / "images.npz", **arrays)
    splits = data.load({"name": "arrays", "path": str(tmp_path / "images.npz")}, 0, FRACTIONS)
    task = create("tasks", {"name": "image_classification"}).adapt(splits["train"])
    model = keras.Sequential(
        [keras.layers.Input(task.facts()["image_shape"]), keras.layers.Flatten(), keras.layers.Dense(2)]
    )
    report = evaluation.evaluate(ran(tmp_path, "image_classification"), model, task, splits, names=("train",))
    evaluation.write(report, tmp_path, task=task, splits=splits)
    assert (tmp_path / "plots" / "train_mistakes.png").stat().st_size > 1000
