"""What a report says of pictures that a model makes."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import precision_score, recall_score, roc_auc_score

from kerasapp.evaluation import generation


def test_the_nearest_are_those_of_a_search_through_all():
    generator = np.random.default_rng(0)
    images, among = generator.random((5, 4, 4, 1), "float32"), generator.random((40, 4, 4, 1), "float32")
    among[7] = images[2]
    found, distances = generation.nearest(images, among, 3)
    all_of_them = np.sqrt(((images[:, None] - among[None]) ** 2).sum((2, 3, 4)))
    np.testing.assert_array_equal(found, np.argsort(all_of_them, axis=1)[:, :3])
    np.testing.assert_allclose(distances, np.sort(all_of_them, axis=1)[:, :3], atol=1e-5)
    assert found[2, 0] == 7 and distances[2, 0] == pytest.approx(0, abs=1e-6)


def test_anomalies_are_measured_as_scikit_learn_does():
    generator = np.random.default_rng(1)
    odd = generator.random(300) < 0.3
    errors = generator.normal(odd * 1.0, 1.0)
    task = SimpleNamespace(threshold=0.8, false_alarms=0.1, normal=["a"], is_normal=lambda split: ~odd)
    split = SimpleNamespace(features={"label": None})
    told, metrics = generation._anomalies(task, split, errors)
    found = errors > 0.8
    assert metrics["anomaly_auc"]["value"] == pytest.approx(roc_auc_score(odd, errors))
    assert metrics["anomaly_auc"]["low"] < metrics["anomaly_auc"]["value"] < metrics["anomaly_auc"]["high"]
    assert metrics["anomaly_recall"]["value"] == pytest.approx(recall_score(odd, found))
    assert metrics["anomaly_precision"]["value"] == pytest.approx(precision_score(odd, found))
    assert metrics["false_alarms"]["value"] == pytest.approx(found[~odd].mean())
    assert told["threshold"] == 0.8
    task.normal = None
    assert list(generation._anomalies(task, split, errors)[1]) == ["above_threshold"]


def test_copies_a_collapse_and_codes_that_say_nothing_are_warned_of():
    def told(active=3, **metrics):
        return generation.warnings("test", {"metrics": {n: {"value": v} for n, v in metrics.items()}, "active": active})

    assert told(diversity=0.9, distance_to_train=1.1) == []
    assert "collapsed" in told(diversity=0.1)[0]
    assert "copies" in told(distance_to_train=0.2)[0]
    assert "No dimension" in told(active=0)[0]


def test_the_first_line_says_what_there_is():
    metrics = {"elbo": {"value": -101.25}, "diversity": {"value": 0.5}}
    line = generation.headline({"splits": {"test": {"metrics": metrics}}})
    assert line == "Test ELBO -101.2 nats a picture; samples vary .500 times as much as the data."
