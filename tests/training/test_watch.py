"""What is said while a real training goes wrong, and what knowing nothing costs."""

import logging

import numpy as np
import pytest

from kerasapp.components import create
from kerasapp.data._arrays import Arrays
from kerasapp.frame import Train
from kerasapp.training._watch import ignorance


@pytest.fixture
def messages(caplog):
    with caplog.at_level(logging.WARNING, "kerasapp"):
        yield lambda: [message for message in caplog.messages if message.startswith("warning: epoch")]


def test_a_network_that_does_not_learn_is_said_while_it_trains(trained, messages):
    noise = {"name": "synthetic", "image_shape": [8, 8, 1], "num_classes": 10, "examples": 1200}
    still = {"name": "SGD", "learning_rate": 1e-9}
    trained({"data": noise, "train.optimizer": still, "train.epochs": 12})
    assert [message.split(":")[1] for message in messages()] == [" epoch 5"], messages()
    assert "training accuracy has been" in messages()[0]


def test_learning_by_heart_is_said_while_it_trains(trained, messages, tmp_path):
    draw = np.random.default_rng(0)
    np.savez(tmp_path / "noise.npz", x=draw.integers(0, 255, (100, 8, 8)).astype("uint8"), y=np.arange(100) % 3)
    data = {"name": "arrays", "path": str(tmp_path / "noise.npz")}
    trained({"data": data, "model.units": [128], "train.epochs": 40, "train.optimizer.learning_rate": 3e-3})
    (told,) = messages()
    assert "val_loss has risen since epoch" in told and "learns by heart" in told


@pytest.mark.slow
def test_a_network_that_learns_is_left_in_peace(trained, messages):
    digits = {"name": "sklearn", "dataset": "digits"}
    trained({"data": digits, "train.epochs": 12, "train.optimizer.learning_rate": 1e-3})
    assert messages() == []


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_knowing_nothing_of_classes_costs_their_entropy_and_no_constant_answer_costs_less(smoothing):
    labels = np.repeat([0, 1, 2], [60, 30, 10])
    split = Arrays({"x": np.zeros(100, "float32"), "label": labels}, [str(n) for n in range(100)])
    task = create("tasks", {"name": "tabular_classification"}).adapt(split)
    known = ignorance(task, split, Train(label_smoothing=smoothing))
    assert known.accuracy == 0.6
    shares = np.array([0.6, 0.3, 0.1])
    target = (1 - smoothing) * shares + smoothing / 3
    assert known.loss == pytest.approx(-(target * np.log(shares)).sum(), rel=1e-5)
    balanced = ignorance(task, split, Train(class_weight="balanced"))
    assert balanced.loss == pytest.approx(np.log(3), rel=1e-5)


def test_knowing_nothing_of_a_number_costs_its_variance():
    values = np.random.default_rng(0).normal(5, 3, 200).astype("float32")
    split = Arrays({"x": np.zeros(200, "float32"), "label": values}, [str(n) for n in range(200)])
    task = create("tasks", {"name": "tabular_regression"}).adapt(split)
    assert ignorance(task, split, Train()).loss == pytest.approx(1.0, rel=1e-4)
