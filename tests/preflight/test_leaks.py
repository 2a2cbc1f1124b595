import numpy as np
import pytest

from kerasapp.preflight.columns import of_columns
from kerasapp.preflight.leaks import separation

DRAW = np.random.default_rng(1)
TWO = np.array(["died", "lives"], object)[np.arange(200) % 2]
THREE = np.array(["a", "b", "c"], object)[np.arange(300) % 3]


@pytest.fixture
def told(split):
    """Kind and severity of each finding on one column, and the message of the first."""

    def of(label, column, measure=False):
        found = list(of_columns({"train": split(label=label, column=column)}, (), measure))
        return [(one.kind, one.severity) for one in found], found[0].message if found else ""

    return of


DECIDES = [("decides_label", "warning")]


def test_a_number_that_one_threshold_turns_into_the_label_is_told(told):
    kinds, message = told(TWO, DRAW.uniform(size=200) + (TWO == "died"))
    assert kinds == DECIDES and "without a mistake" in message
    assert told(THREE, DRAW.uniform(size=300) + (THREE == "b") + 2 * (THREE == "a"))[0] == DECIDES


def test_a_number_that_nearly_divides_the_classes_is_told_with_its_figure(told):
    kinds, message = told(TWO, DRAW.normal(size=200) + 4 * (TWO == "died"))
    assert kinds == DECIDES and "(AUC .99" in message.replace("0.", ".")


def test_a_good_column_is_no_leak(told):
    assert told(TWO, DRAW.normal(size=200) + 2 * (TWO == "died"))[0] == []  # AUC .92
    assert told(THREE, DRAW.normal(size=300) + 9 * (THREE == "a"))[0] == []  # it says nothing of b and c


def test_few_rows_may_be_divided_by_chance(told):
    assert told(TWO[:24], np.arange(24) % 2 + DRAW.uniform(size=24) / 2)[0] == []
    assert separation(np.arange(100), np.array(["x"] * 4 + ["y"] * 96)) == 0


def test_the_separation_is_the_share_of_pairs_in_order():
    low, high = DRAW.normal(size=60).round(1), DRAW.normal(size=80).round(1) + 1
    by_hand = np.mean((high[:, None] > low) + 0.5 * (high[:, None] == low))
    assert separation(np.r_[low, high], np.r_[["l"] * 60, ["h"] * 80]) == pytest.approx(by_hand)


@pytest.mark.parametrize("there", [3.5, "2024-02-01", "yes"])
@pytest.mark.parametrize("share", [1.0, 0.5])
def test_a_column_that_one_class_alone_has_is_told_whatever_it_holds(told, there, share):
    void = "" if isinstance(there, str) else np.nan
    column = [there if kind == "died" and DRAW.random() <= share else void for kind in TWO]
    kinds, message = told(TWO, column)
    assert kinds == DECIDES and '"died" only' in message


def test_gaps_by_chance_are_no_leak(told):
    assert told(TWO, np.where(DRAW.random(200) < 0.3, np.nan, DRAW.normal(size=200)))[0] == []


def test_a_day_that_divides_the_classes_is_told(told):
    kinds, _ = told(TWO, [f"20{20 + (kind == 'died')}-0{1 + row % 9}-11" for row, kind in enumerate(TWO)])
    assert ("decides_label", "warning") in kinds


def test_a_measure_in_the_order_of_the_label_and_gaps_at_its_end_are_told(told):
    label = DRAW.normal(size=200)
    assert told(label, np.exp(label), measure=True)[0] == DECIDES
    assert told(label, np.where(label > 0.5, np.nan, DRAW.normal(size=200)), measure=True)[0] == DECIDES
    assert told(label, label + 0.1 * DRAW.normal(size=200), measure=True)[0] == []


def test_a_row_number_of_a_table_sorted_by_its_label_is_a_warning(told):
    kinds, message = told(np.sort(THREE), np.arange(300))
    assert kinds == [("identifier", "warning")] and "sorted by the label" in message
    assert told(THREE, np.arange(300))[0] == [("identifier", "note")]
