import pytest

from kerasapp.evaluation import classification, regression
from kerasapp.evaluation.verdict import headline, warnings


def report(value, rival=None, metric="accuracy", **more):
    baselines = [] if rival is None else [{"name": "HOG + linear SVM", "metrics": {metric: {"value": rival}}}]
    own = {"value": value, "low": value - 0.02, "high": value + 0.01}
    return {"splits": {"test": {"examples": 360, "metrics": {metric: own}}}, "baselines": baselines} | more


def test_first_line_says_when_the_classical_model_wins():
    line = headline(report(0.95, 0.981), "accuracy", "higher")
    assert line.startswith("The baseline wins: HOG + linear SVM has a test accuracy of .981, this model .950")
    assert "(95 % interval .930 to .960, 360 examples)" in line
    assert "within the interval" not in line


def test_a_loss_that_chance_explains_is_called_so():
    assert "within the interval" in headline(report(0.95, 0.955), "accuracy", "higher")


def test_an_error_wins_by_being_smaller():
    assert headline(report(0.40, 0.38, "mean_absolute_error"), "mean_absolute_error", "lower").startswith(
        "The baseline wins"
    )
    assert "ahead of HOG" in headline(report(0.40, 0.43, "mean_absolute_error"), "mean_absolute_error", "lower")


def test_the_best_baseline_is_the_one_to_beat():
    told = report(0.95, 0.9)
    told["baselines"].insert(0, {"name": "majority class", "metrics": {"accuracy": {"value": 0.1}}})
    assert headline(told, "accuracy", "higher").endswith("ahead of HOG + linear SVM at .900.")


def test_equal_is_neither_ahead_nor_behind():
    assert "level with" in headline(report(0.95, 0.95), "accuracy", "higher")


def test_baselines_of_test_are_not_held_against_another_split():
    told = report(0.5, 0.9)
    told["splits"] = {"validation": told["splits"]["test"]}
    assert (
        headline(told, "accuracy", "higher") == "Validation accuracy .500 (95 % interval .480 to .510, 360 examples)."
    )


@pytest.fixture
def fine():
    told = report(
        0.9, metric="mean_absolute_error", duplicates={}, examples={"train": 2000}, parameters={"trainable": 900}
    )
    assert warnings(told, regression) == []
    return told


def test_more_parameters_than_examples_is_a_warning(fine):
    fine["parameters"]["trainable"] = 17_300
    assert "17\u202f300 trainable parameters, 2\u202f000 training examples" in warnings(fine, regression)[0]


def test_duplicates_across_splits_are_a_warning(fine):
    fine["duplicates"] = {"train and test": 12}
    assert warnings(fine, regression)[0].startswith("12 exact copies between train and test")


def test_a_small_split_is_a_warning(fine):
    fine["splits"]["test"]["examples"] = 36
    assert "36 examples in test" in warnings(fine, regression)[0]


def test_a_class_with_most_of_the_examples_is_a_warning_only_where_there_is_a_ranking_to_look_at():
    result = {"examples": 100, "curves": [1], "classes": [
        {"label": label, "support": support, "recall": {"value": 0.5}} for label, support in (("no", 90), ("yes", 10))
    ]}  # fmt: skip
    assert ".900 of test" in classification.warnings("test", result)[0]
    assert classification.warnings("test", result | {"curves": []}) == []
