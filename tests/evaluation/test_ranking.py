from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, precision_recall_curve, roc_auc_score, roc_curve

from kerasapp.evaluation import ranking


@pytest.fixture
def scored():
    """400 scores with many ties, a fifth of them of the class."""
    rng = np.random.default_rng(0)
    positive = rng.random(400) < 0.2
    return np.round(rng.normal(size=400) + positive, 1), positive


def outputs(scores, positive):
    probabilities = np.stack([1 - scores, scores], axis=1)
    return SimpleNamespace(targets=np.eye(2)[positive.astype(int)], decoded={"probabilities": probabilities})


def test_areas_are_those_of_sklearn_with_ties(scored):
    found = ranking.areas(*scored)
    assert found["auc"]["value"] == pytest.approx(roc_auc_score(scored[1], scored[0]))
    assert found["average_precision"]["value"] == pytest.approx(average_precision_score(scored[1], scored[0]))


def test_area_intervals_are_those_of_drawing_examples(scored):
    scores, positive = scored
    rng = np.random.default_rng(1)
    rows = [rng.integers(400, size=400) for _ in range(500)]
    found = ranking.areas(scores, positive)
    for name, oracle in (("auc", roc_auc_score), ("average_precision", average_precision_score)):
        bounds = np.percentile([oracle(positive[row], scores[row]) for row in rows], [2.5, 97.5])
        assert (found[name]["low"], found[name]["high"]) == pytest.approx(bounds, abs=0.02)


def test_a_perfect_ranking_claims_no_interval():
    assert ranking.areas(np.arange(20.0), np.arange(20) >= 12)["auc"] == {"value": 1.0}


def test_curve_points_are_those_of_sklearn(scored):
    curve = ranking.Curve.of(*scored)
    false, found, _ = roc_curve(scored[1], scored[0], drop_intermediate=False)
    assert curve.false_rate == pytest.approx(false[1:])
    assert curve.recall == pytest.approx(found[1:])
    precision, recall, thresholds = precision_recall_curve(scored[1], scored[0])
    assert curve.precision == pytest.approx(precision[-2::-1])
    assert curve.recall == pytest.approx(recall[-2::-1])
    assert curve.scores == pytest.approx(thresholds[::-1])


def test_suggested_threshold_has_the_highest_f1_of_all(scored):
    scores, positive = scored
    threshold, f1 = ranking.Curve.of(scores, positive).best_threshold()
    assert f1 == pytest.approx(f1_score(positive, scores >= threshold))
    assert f1 == pytest.approx(max(f1_score(positive, scores >= score) for score in np.unique(scores)))
    assert threshold not in scores


def test_drawn_curve_keeps_its_ends_and_its_area():
    rng = np.random.default_rng(2)
    positive = rng.random(20_000) < 0.05
    scores = rng.normal(size=20_000) + 2 * positive
    drawn = ranking.Curve.of(scores, positive).drawn()["roc"]
    x, y = drawn["false_positive_rate"], drawn["true_positive_rate"]
    assert len(x) <= ranking.POINTS
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(y, x) == pytest.approx(roc_auc_score(positive, scores), abs=2e-3)


def test_the_rarer_of_two_classes_gets_the_curve_and_the_last_where_equal():
    assert ranking.choose("ab", [3, 7], lambda: None)[0]["label"] == "a"
    assert ranking.choose("ab", [5, 5], lambda: None)[0]["label"] == "b"


def test_even_classes_read_no_validation_split():
    def validation():
        raise AssertionError("validation was read")

    assert ranking.choose("abc", [10, 20, 29], validation) == []
    assert [choice["label"] for choice in ranking.choose("abc", [10, 20, 30], lambda: None)] == ["a", "b", "c"]


def test_threshold_is_chosen_on_validation_and_measured_on_test(scored):
    scores = (scored[0] - scored[0].min()) / np.ptp(scored[0])
    validation, test = slice(0, 200), slice(200, 400)
    (choice,) = ranking.choose("ab", [80, 20], lambda: outputs(scores[validation], scored[1][validation]))
    assert choice["examples"] == 200
    assert choice["f1"] == pytest.approx(f1_score(scored[1][validation], scores[validation] >= choice["threshold"]))
    shown = outputs(scores[test], scored[1][test])
    told = ranking.one_against_rest(choice, shown.decoded["probabilities"], scored[1][test].astype(int))
    called = scores[test] >= choice["threshold"]
    assert told["at_threshold"]["f1"]["value"] == pytest.approx(f1_score(scored[1][test], called))
    assert told["at_threshold"]["accuracy"]["value"] == pytest.approx((called == scored[1][test]).mean())
    assert told["share"] == pytest.approx(scored[1][test].mean())


def test_a_threshold_between_neighbouring_float32_scores_still_tells_them_apart():
    high, low = np.float32(1), np.nextafter(np.float32(1), np.float32(0))
    scores, positive = np.array([low, high, high, low]), np.array([False, True, True, False])
    (choice,) = ranking.choose("ab", [6, 4], lambda: outputs(scores, positive))
    told = ranking.one_against_rest(choice, np.stack([1 - scores, scores], axis=1), positive.astype(int))
    assert told["at_threshold"]["accuracy"]["value"] == 1


def test_without_validation_there_is_a_curve_and_no_threshold(scored):
    (choice,) = ranking.choose("ab", [80, 20], lambda: None)
    probabilities = np.stack([-scored[0], scored[0]], axis=1)
    assert "at_threshold" not in ranking.one_against_rest(choice, probabilities, scored[1].astype(int))


def test_a_split_with_one_class_only_has_no_curve():
    assert (
        ranking.one_against_rest({"class": 1, "label": "b", "threshold": 0.5}, np.ones((3, 2)), np.zeros(3, int))
        is None
    )
