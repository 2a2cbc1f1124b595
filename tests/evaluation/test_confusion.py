import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

from kerasapp.evaluation import confusion, intervals


@pytest.fixture
def drawn():
    """300 examples of four classes, the last one rare, about two thirds of them right."""
    rng = np.random.default_rng(0)
    true = rng.choice(4, size=300, p=[0.5, 0.3, 0.17, 0.03])
    return true, np.where(rng.random(300) < 0.65, true, rng.integers(4, size=300))


def test_matrix_has_true_classes_in_rows_as_sklearn_has(drawn):
    assert (confusion.confusion(*drawn, 4) == confusion_matrix(*drawn)).all()


def test_scores_are_those_of_sklearn(drawn):
    classes, macro = confusion.class_scores(confusion.confusion(*drawn, 4), "abcd")
    oracle = precision_recall_fscore_support(*drawn)
    for values, name in zip(oracle[:3], ("precision", "recall", "f1"), strict=True):
        assert [entry[name]["value"] for entry in classes] == pytest.approx(values)
    assert [entry["support"] for entry in classes] == oracle[3].tolist()
    assert macro["value"] == pytest.approx(f1_score(*drawn, average="macro"))


def test_resampling_the_matrix_is_resampling_the_examples(drawn):
    """The oracle draws examples and scores each draw with sklearn; only the noise of 500 draws may differ."""
    classes, macro = confusion.class_scores(confusion.confusion(*drawn, 4), "abcd")
    rng = np.random.default_rng(1)
    rows = [rng.integers(300, size=300) for _ in range(500)]
    scores = [f1_score(drawn[0][row], drawn[1][row], average=None, labels=range(4), zero_division=0) for row in rows]
    lows, highs = np.percentile(scores, [2.5, 97.5], axis=0)
    assert [entry["f1"]["low"] for entry in classes] == pytest.approx(lows, abs=0.03)
    assert [entry["f1"]["high"] for entry in classes] == pytest.approx(highs, abs=0.03)
    bounds = np.percentile(np.mean(scores, axis=1), [2.5, 97.5])
    assert (macro["low"], macro["high"]) == pytest.approx(bounds, abs=0.03)


def test_a_class_without_a_mistake_is_not_said_to_be_certain():
    classes, macro = confusion.class_scores(np.diag([20, 10]), "ab")
    low = intervals.wilson(20, 20)[0]
    assert classes[0]["recall"] == pytest.approx({"value": 1, "low": low, "high": 1})
    assert classes[0]["f1"]["low"] == pytest.approx(2 * low / (1 + low))
    assert macro["low"] < 1 == macro["high"]


def test_a_class_that_is_never_predicted_has_no_precision_and_counts_in_macro_f1():
    classes, macro = confusion.class_scores(np.array([[8, 0], [2, 0]]), "ab")
    assert classes[1]["precision"] is None
    assert classes[1]["recall"]["value"] == classes[1]["f1"]["value"] == 0
    assert classes[1]["recall"]["high"] > 0.5
    assert macro["value"] == pytest.approx(f1_score([0] * 8 + [1] * 2, [0] * 10, average="macro", zero_division=0))


def test_a_class_that_does_not_occur_is_left_out_of_macro_f1(recwarn):
    classes, macro = confusion.class_scores(np.array([[8, 1, 0], [2, 5, 0], [0, 0, 0]]), "abc")
    assert [classes[2][name] for name in ("precision", "recall", "f1", "support")] == [None, None, None, 0]
    assert macro["value"] == pytest.approx((16 / 19 + 10 / 13) / 2)
    assert not recwarn.list


def test_the_same_matrix_gives_the_same_intervals(drawn):
    matrix = confusion.confusion(*drawn, 4)
    assert confusion.class_scores(matrix, "abcd") == confusion.class_scores(matrix, "abcd")
