import numpy as np
import pytest

from kerasapp.evaluation.parts import duration, number, raw_columns, with_spread


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.98543, ".985"), (1.0, "1.000"), (0.99999, "1.000"), (0.0, ".000"), (-0.25, "-.250"),
        (0.0042, ".0042"), (3e-7, "3e-07"), (2.5, "2.500"), (12.345, "12.35"), (412.04, "412.0"),
        (48842.0, "48\u202f842"), (359, "359"), (0, "0"), (None, "\u2013"), (float("nan"), "\u2013"),
        (np.float32(0.5), ".500"),
    ],
)  # fmt: skip
def test_numbers_are_written_alike(value, shown):
    assert number(value) == shown


def test_an_interval_stands_behind_its_figure_and_is_absent_where_there_is_none():
    assert with_spread({"value": 0.986, "low": 0.968, "high": 0.994}) == ".986 (.968 to .994)"
    assert with_spread({"value": 0.986}) == ".986"
    assert with_spread(None) == "\u2013"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.31, ".3 s"),
        (9.99, "10.0 s"),
        (31.4, "31 s"),
        (59.7, "1 min"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
        (3600, "1 h"),
    ],
)
def test_durations_are_words(seconds, shown):
    assert duration(seconds) == shown


def test_a_mistakes_own_columns_leave_out_the_label_pictures_and_vectors():
    names, rows = raw_columns({
        "label": np.array([1]), "age": np.array([38.5], np.float32), "city": np.array(["Zürich".encode()], object),
        "image": np.array([b"..."], object), "vector": np.zeros((1, 3)), "text": np.array(["x" * 99], object),
    })  # fmt: skip
    assert names == ["age", "city", "text"]
    assert rows[0][:2] == ["38.5", "Zürich"]
    assert len(rows[0][2]) == 60
