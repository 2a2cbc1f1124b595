"""Every metric is of the whole split, each example once: in history.csv, in the report, and by NumPy on the outputs."""

import numpy as np
import pytest

from kerasapp import pipeline
from kerasapp.callbacks.history import HistoryFile
from kerasapp.training import evaluate

EXAMPLES = 187  # 0.2 of them are no multiple of the batch of 8


def best_row(run):
    """The row of the epoch whose model was kept."""
    return min(HistoryFile(run.path / "history.csv").rows(), key=lambda row: row["val_loss"])


def reported(run):
    """The metrics of `evaluate` on validation."""
    told = evaluate(run, "validation")["splits"]["validation"]
    return told["examples"], {name: it["value"] for name, it in told["metrics"].items()}


def outputs(run):
    split = run.splits()["validation"]
    assert len(split) % 8 not in (0, 7), "the last batch is to be a small one"
    return len(split), pipeline.outputs(run.model(), run.task, split)


@pytest.mark.parametrize("steps", [pytest.param(1, marks=pytest.mark.slow), 8])
@pytest.mark.parametrize("more", [{}, {"train.label_smoothing": 0.2, "train.class_weight": "balanced"}])
def test_classes_are_counted_once_whatever_the_last_batch(trained, steps, more):
    data = {"name": "synthetic", "image_shape": [8, 8, 1], "num_classes": 7, "examples": EXAMPLES}
    changes = {"data": {**data, "split": {"validation": 0.2, "test": 0.2}}, "train.batch_size": 8}
    run = trained({**changes, "train.steps_per_execution": steps, "train.optimizer.learning_rate": 1e-2, **more})
    count, made = outputs(run)
    logits = made.logits.astype(float)
    smoothing = more.get("train.label_smoothing", 0.0)
    targets = made.targets * (1 - smoothing) + smoothing / 7
    shifted = logits - logits.max(-1, keepdims=True)
    losses = -(targets * (shifted - np.log(np.exp(shifted).sum(-1, keepdims=True)))).sum(-1)
    right = logits.argmax(-1) == made.targets.argmax(-1)
    first_five = (logits > logits[np.arange(count), made.targets.argmax(-1)][:, None]).sum(-1) < 5
    oracle = {"loss": losses.mean(), "accuracy": right.mean(), "top_5_accuracy": first_five.mean()}
    row, (examples, told) = best_row(run), reported(run)
    assert examples == count
    assert {name: row[f"val_{name}"] for name in oracle} == pytest.approx(oracle, rel=1e-5)
    assert {name: told[name] for name in oracle} == pytest.approx(oracle, rel=1e-5)


@pytest.mark.parametrize("steps", [pytest.param(1, marks=pytest.mark.slow), 8])
def test_errors_of_a_number_are_of_the_whole_split_in_its_own_units(trained, steps):
    data = {"name": "synthetic", "columns": 4, "regression": True, "examples": EXAMPLES}
    run = trained({
        "task": {"name": "tabular_regression"},
        "data": {**data, "split": {"validation": 0.2, "test": 0.2}},
        "train.batch_size": 8,
        "train.steps_per_execution": steps,
    })  # fmt: skip
    count, made = outputs(run)
    true = run.task.targets(run.splits()["validation"])
    error = made.decoded["value"].astype(float) - true
    standard = error / run.task.label_deviation
    oracle = {
        "loss": np.square(standard).mean(),
        "mean_absolute_error": np.abs(error).mean(),
        "root_mean_squared_error": np.sqrt(np.square(error).mean()),
    }
    row, (examples, told) = best_row(run), reported(run)
    assert examples == count
    assert {name: row[f"val_{name}"] for name in oracle} == pytest.approx(oracle, rel=1e-5)
    assert {name: told[name] for name in oracle} == pytest.approx(oracle, rel=1e-5)


@pytest.mark.parametrize("steps", [1, 8])
def test_an_epoch_s_training_loss_counts_each_example_once(trained, steps):
    """At a learning rate of nothing the running mean over the epoch is the loss of the model itself."""
    data = {"name": "synthetic", "image_shape": [8, 8, 1], "num_classes": 3, "examples": EXAMPLES}
    run = trained({
        "data": data,
        "train.optimizer": {"name": "SGD", "learning_rate": 1e-12},
        "train.batch_size": 8,
        "train.steps_per_execution": steps,
        "train.epochs": 1,
    })  # fmt: skip
    assert len(run.splits()["train"]) % 8 != 0
    told = evaluate(run, "train")["splits"]["train"]["metrics"]
    row = best_row(run)
    assert row["loss"] == pytest.approx(told["loss"]["value"], rel=1e-5)
    assert row["accuracy"] == pytest.approx(told["accuracy"]["value"], rel=1e-6)


def test_the_report_s_loss_is_val_loss_without_the_penalty_on_weights(trained):
    run = trained({"model.kernel_regularizer": {"name": "L2", "l2": 0.05}, "train.epochs": 2})
    model = run.model()
    penalty = sum(float(weight.regularizer(weight)) for weight in model.trainable_weights if weight.regularizer)
    assert penalty > 0.1
    assert best_row(run)["val_loss"] - penalty == pytest.approx(reported(run)[1]["loss"], rel=1e-4)
