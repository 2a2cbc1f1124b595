from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from kerasapp.evaluation import regression


@pytest.fixture
def predicted():
    """House prices far from zero, whose variance is small beside their mean."""
    rng = np.random.default_rng(0)
    true = 250_000 + 900 * rng.normal(size=500)
    return true, true + 300 * rng.normal(size=500) + 40


def test_errors_are_those_of_sklearn(predicted):
    found = regression.errors(*predicted)
    assert found["mean_absolute_error"]["value"] == pytest.approx(mean_absolute_error(*predicted))
    assert found["root_mean_squared_error"]["value"] == pytest.approx(root_mean_squared_error(*predicted))
    assert found["r2_score"]["value"] == pytest.approx(r2_score(*predicted))


def test_error_intervals_are_those_of_drawing_examples(predicted):
    true, value = predicted
    rng = np.random.default_rng(1)
    rows = [rng.integers(500, size=500) for _ in range(1000)]
    found = regression.errors(true, value)
    oracles = {
        "mean_absolute_error": mean_absolute_error,
        "root_mean_squared_error": root_mean_squared_error,
        "r2_score": r2_score,
    }
    for name, oracle in oracles.items():
        bounds = np.percentile([oracle(true[row], value[row]) for row in rows], [2.5, 97.5])
        assert (found[name]["low"], found[name]["high"]) == pytest.approx(bounds, rel=0.02)


def test_r2_of_a_label_far_from_zero_is_not_lost_to_rounding():
    true = 1e9 + np.random.default_rng(0).normal(size=200)
    assert regression.errors(true, true + 0.5)["r2_score"]["value"] == pytest.approx(
        r2_score(true, true + 0.5), rel=1e-6
    )


def test_one_true_value_has_errors_and_no_r2(recwarn):
    assert set(regression.errors(np.ones(9), np.arange(9.0))) == {"mean_absolute_error", "root_mean_squared_error"}
    assert not recwarn.list


def test_mistakes_are_the_largest_errors_with_their_ids(predicted):
    true, value = predicted
    value[17] += 9000
    value[3] -= 8000
    found = regression.mistakes(true, value, [f"prices.csv:{row + 2}" for row in range(500)])
    assert [row["id"] for row in found[:2]] == ["prices.csv:19", "prices.csv:5"]
    assert found[0]["predicted"] == pytest.approx(value[17])


def test_measures_are_in_the_units_of_the_label_not_of_the_target(predicted):
    true, value = predicted
    task = SimpleNamespace(targets=lambda split: true)
    outputs = SimpleNamespace(targets=(true - 250_000) / 900, decoded={"value": value.astype(np.float32)})
    found = regression.measure(task, SimpleNamespace(ids=[""] * 500), outputs, np.ones(500), [])
    assert found["metrics"]["mean_absolute_error"]["value"] == pytest.approx(mean_absolute_error(true, value), rel=1e-4)
    assert found["metrics"]["loss"]["value"] == 1
    assert len(found["points"]["true"]) == 500


def test_no_better_than_the_mean_is_said():
    warned = regression.warnings("test", {"metrics": {"r2_score": {"value": -0.25}}})
    assert "-.250" in warned[0] and "mean" in warned[0]
    assert regression.warnings("test", {"metrics": {"r2_score": {"value": 0.4}}}) == []
