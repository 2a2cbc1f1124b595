from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import top_k_accuracy_score

from kerasapp.evaluation import classification


def split_of(logits, true):
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    targets = np.eye(logits.shape[1], dtype=np.float32)[true]
    outputs = SimpleNamespace(
        logits=logits, targets=targets, decoded={"probabilities": probabilities.astype(np.float32)}
    )
    return SimpleNamespace(ids=[f"x_test[{row}]" for row in range(len(true))]), outputs


@pytest.fixture
def seven():
    rng = np.random.default_rng(0)
    true = rng.integers(7, size=250)
    return (rng.normal(size=(250, 7)) + 2 * np.eye(7)[true]).astype(np.float32), true


def task_of(classes):
    return SimpleNamespace(labels=[f"class {number}" for number in range(classes)], counts=[10] * classes)


def test_accuracy_counts_the_highest_logits(seven):
    found = classification.measure(task_of(7), *split_of(*seven), None, [])
    assert found["metrics"]["accuracy"]["value"] == pytest.approx((seven[0].argmax(1) == seven[1]).mean(), abs=1e-15)
    assert found["examples"] == 250
    assert "loss" not in found["metrics"]


def test_top_5_accuracy_is_sklearns_and_only_of_more_than_five_classes(seven):
    found = classification.measure(task_of(7), *split_of(*seven), None, [])["metrics"]
    assert found["top_5_accuracy"]["value"] == pytest.approx(top_k_accuracy_score(seven[1], seven[0], k=5))
    five = classification.measure(task_of(5), *split_of(seven[0][:, :5], seven[1] % 5), None, [])["metrics"]
    assert "top_5_accuracy" not in five


def test_loss_is_the_mean_over_examples(seven):
    losses = np.random.default_rng(1).exponential(size=250)
    found = classification.measure(task_of(7), *split_of(*seven), losses, [])["metrics"]["loss"]
    assert found["value"] == pytest.approx(losses.mean())
    assert found["low"] < found["value"] < found["high"]


def test_calibration_error_by_hand():
    """Three bins of 15: two at .95, one right; one at .5, right; one at .31, wrong. (2*.45 + .5 + .31) / 4."""
    bins, error = classification.calibration(np.array([0.95, 0.95, 0.5, 0.31]), np.array([True, False, True, False]))
    assert error == pytest.approx((2 * 0.45 + 0.5 + 0.31) / 4)
    assert bins["examples"] == [1, 1, 2]
    assert bins["accuracy"] == [0, 1, 0.5]


def test_a_probability_of_exactly_one_falls_into_the_last_bin():
    bins, error = classification.calibration(np.array([1.0, 1.0]), np.array([True, True]))
    assert (bins["examples"], error) == ([2], 0)


def test_calibration_error_against_a_loop_over_the_bins():
    rng = np.random.default_rng(2)
    sure, right = rng.uniform(0.2, 1, 500).astype(np.float32), rng.random(500) < 0.7
    oracle = 0.0
    for low, high in zip(np.arange(15) / 15, np.arange(1, 16) / 15, strict=True):
        inside = (sure > low) & (sure <= high)
        if inside.any():
            oracle += inside.mean() * abs(sure[inside].mean() - right[inside].mean())
    assert classification.calibration(sure, right)[1] == pytest.approx(oracle, abs=1e-6)


def test_mistakes_are_the_surest_first_and_carry_their_ids():
    logits = np.log([[0.9, 0.1], [0.3, 0.7], [0.2, 0.8], [0.6, 0.4]])
    split, outputs = split_of(logits, np.array([1, 0, 1, 1]))
    found = classification.measure(task_of(2), split, outputs, None, [])["mistakes"]
    assert [(row["id"], row["predicted"]) for row in found] == [
        ("x_test[0]", "class 0"),
        ("x_test[1]", "class 1"),
        ("x_test[3]", "class 0"),
    ]
    assert found[0]["probability"] == pytest.approx(0.9)
    assert found[0]["probability_of_label"] == pytest.approx(0.1)


def test_two_classes_have_areas_among_their_metrics():
    rng = np.random.default_rng(3)
    true = (rng.random(200) < 0.3).astype(int)
    split, outputs = split_of(rng.normal(size=(200, 2)) + np.eye(2)[true], true)
    task = SimpleNamespace(labels=["no", "yes"], counts=[70, 30])
    choices = classification.thresholds(task, lambda: outputs)
    found = classification.measure(task, split, outputs, None, choices)
    assert {"auc", "average_precision"} <= set(found["metrics"])
    assert found["curves"][0]["label"] == "yes"


def test_a_class_that_is_never_found_or_never_there_is_named():
    split, outputs = split_of(np.eye(4)[[0, 0, 1, 0]] * 9.0, np.array([0, 0, 1, 2]))
    told = classification.warnings("test", classification.measure(task_of(4), split, outputs, None, []))
    assert any("class 2" in line and "Never found" in line for line in told)
    assert any("class 3" in line and "No example" in line for line in told)


def test_many_classes_leave_the_matrix_out_of_the_report_and_list_the_weakest():
    rng = np.random.default_rng(4)
    true = np.repeat(np.arange(300), 2)
    split, outputs = split_of(rng.normal(size=(600, 300)) + 4 * np.eye(300)[true], true)
    found = classification.measure(task_of(300), split, outputs, None, [])
    assert found["confusion_matrix"] is None
    table = classification.sections("test", found, None)[0].parts[0]
    assert len(table.rows) == classification.LISTED_CLASSES
    assert "300" in table.caption
