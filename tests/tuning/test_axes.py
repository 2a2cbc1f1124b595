import math

import pytest

from kerasapp.tuning._axes import axes_of, shown

SPACE = {
    "train.optimizer.learning_rate": {"kind": "float", "low": 1e-4, "high": 1e-1, "sampling": "log"},
    "train.batch_size": {"kind": "choice", "values": [32, 64, 128]},
    "train.optimizer.name": {"kind": "choice", "values": ["SGD", "Adam"]},
    "train.optimizer.momentum": {"kind": "float", "low": 0.0, "high": 0.95},
    "model.blocks": {"kind": "int", "low": 1, "high": 4, "step": 1},
    "model.batch_norm": {"kind": "boolean"},
}

RATE, BATCH, NAME, MOMENTUM, BLOCKS, NORM = SPACE


@pytest.fixture
def axes():
    return {axis.path: axis for axis in axes_of(SPACE)}


def test_a_label_is_the_shortest_end_that_no_other_path_has(axes):
    assert [axes[path].label for path in (RATE, NAME, MOMENTUM)] == ["learning_rate", "optimizer.name", "momentum"]
    twins = axes_of({path: {"kind": "boolean"} for path in ("model.a.rate", "model.b.rate", "train.drop_rate")})
    assert [axis.label for axis in twins] == ["a.rate", "b.rate", "drop_rate"]


def test_a_logarithmic_axis_has_its_geometric_mean_in_the_middle(axes):
    assert axes[RATE].place({RATE: 10**-2.5}) == pytest.approx(0.5)
    assert [axes[RATE].place({RATE: end}) for end in (1e-4, 1e-1)] == pytest.approx([0, 1])
    assert [text for _, text in axes[RATE].ticks()] == [".0001", ".001", ".01", ".1"]


def test_choices_and_whole_numbers_lie_in_parts_of_equal_width(axes):
    assert [axes[BATCH].place({BATCH: size}) for size in (32, 64, 128)] == pytest.approx([1 / 6, 1 / 2, 5 / 6])
    assert [axes[BLOCKS].place({BLOCKS: count}) for count in (1, 2, 3, 4)] == pytest.approx(
        [1 / 8, 3 / 8, 5 / 8, 7 / 8]
    )
    assert axes[NORM].place({NORM: True}) == 0.75


def test_what_was_not_chosen_has_no_place(axes):
    assert all(math.isnan(axes[path].place({})) for path in SPACE)
    assert math.isnan(axes[NORM].place({NORM: 1})), "1 is not true"
    assert math.isnan(axes[NAME].place({NAME: "Adagrad"}))


def test_numbers_to_choose_from_are_put_in_order_and_words_are_not():
    numbers, words = axes_of(
        {"a": {"kind": "choice", "values": [64, 8]}, "b": {"kind": "choice", "values": ["z", "a"]}}
    )
    assert numbers.choices == (8, 64) and words.choices == ("z", "a")


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e-5, "1e-5"), (0.95, ".95"), (0.0, "0"), (12.5, "12.5"), (True, "true"), (None, "null"), (64, "64"),
     ([64, 32], "[64, 32]"), ({"name": "L2", "l2": 1e-4}, "L2, l2 .0001"), ("a\nb", "a b")],
)  # fmt: skip
def test_values_are_shown_in_a_few_characters(value, text):
    assert shown(value) == text


def test_two_specs_of_one_name_are_told_apart():
    assert shown({"name": "SGD", "momentum": 0.9}) == "SGD, momentum .9"
    assert shown({"name": "SGD"}) == shown("SGD") == "SGD"
