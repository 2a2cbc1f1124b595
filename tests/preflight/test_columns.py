import numpy as np
import pytest

from kerasapp.preflight.columns import of_columns

DRAW = np.random.default_rng(0)
LABEL = np.array(["cat", "dog", "cow"], object)[DRAW.integers(0, 3, 300)]
SIZE = DRAW.normal(size=300)


def found(split, brief, measure=False, label=LABEL, **columns):
    train = split(label=label, **columns)
    return brief(of_columns({"train": train}, (), measure))


def test_ordinary_columns_have_no_findings(split, brief):
    colours = np.array(["red", "blue"], object)[DRAW.integers(0, 2, 300)]
    assert found(split, brief, size=SIZE, colour=colours, count=DRAW.integers(0, 9, 300)) == []


def test_constant_and_empty_columns_are_warnings(split, brief):
    void, still = np.full(300, np.nan), np.full(300, 7)
    assert found(split, brief, still=still, void=void, words=[""] * 300) == [
        ("constant_column", "warning", "still"), ("empty_column", "warning", "void"),
        ("empty_column", "warning", "words"),
    ]  # fmt: skip


@pytest.mark.parametrize("other", [{"cat": "C", "dog": "D", "cow": "K"}, {"cat": 3, "dog": 1, "cow": 2}])
def test_the_label_under_other_names_is_a_leak(split, brief, other):
    assert found(split, brief, answer=[other[label] for label in LABEL]) == [("leak", "error", "answer")]


def test_a_column_that_decides_the_label_is_told_and_one_that_differs_in_each_row_is_not(split, brief):
    rooms = [f"{label}{row % 2}" for row, label in enumerate(LABEL)]
    assert found(split, brief, room=rooms) == [("decides_label", "warning", "room")]
    assert found(split, brief, key=[f"key {row}" for row in range(300)]) == []


def test_a_column_that_only_leans_to_the_label_is_no_leak(split, brief):
    leaning = [label if row % 20 else "other" for row, label in enumerate(LABEL)]
    assert found(split, brief, leaning=leaning) == []


@pytest.mark.parametrize("change", [lambda y: y, lambda y: y / 2.54 + 3, lambda y: -y])
def test_a_measure_in_other_units_is_a_leak(split, brief, change):
    assert found(split, brief, measure=True, label=SIZE, inches=change(SIZE)) == [("leak", "error", "inches")]


def test_a_measure_that_follows_the_label_closely_is_none(split, brief):
    near = SIZE + 0.1 * DRAW.normal(size=300)
    assert found(split, brief, measure=True, label=SIZE, near=near) == []


@pytest.mark.parametrize(
    "cells, kind",
    [
        (["1,234", "5,678,901", "12"], "numbers_as_text"),
        (["3.5 kg", "12 kg"], "numbers_as_text"),
        (["€ 12", "€ 4"], "numbers_as_text"),
        (["12 %", "7 %"], "numbers_as_text"),
        (["3,5", "12,75"], "numbers_as_text"),
        (["3.5 kg"] * 20 + ["unknown"], "numbers_as_text"),
        (["1", "2", "3", "many"], "mixed_types"),
        (["2024-01-31", "2023-12-01"], "dates"),
        (["31.01.2024", "1.2.2023"], "dates"),
        (["2024-01-31T10:20:30Z", "2024-02-01 11:00"], "dates"),
        (["01234", "02345", "10001"], None),
        (["red", "blue"], None),
        (["A1", "B2"], None),
        (["1-3", "4-6"], None),
    ],
)
def test_text_that_means_numbers_or_dates_is_told(split, brief, cells, kind):
    kinds = {one[0] for one in found(split, brief, column=[cells[row % len(cells)] for row in range(300)])}
    assert kinds == ({kind} if kind else set())


def test_the_odd_cell_is_named_by_its_row(split):
    cells = [str(row) for row in range(300)]
    cells[41] = "unknown"
    (told,) = of_columns({"train": split(label=LABEL, column=cells)}, (), False)
    assert '"unknown" at row 41' in told.message


def test_row_numbers_copies_and_gaps_are_notes(split, brief):
    gaps = np.where(np.arange(300) % 4 == 0, SIZE, np.nan)
    assert found(split, brief, number=range(7, 307), size=SIZE, again=SIZE, gaps=gaps) == [
        ("identifier", "note", "number"), ("mostly_missing", "note", "gaps"), ("same_column", "note", "again"),
    ]  # fmt: skip


def test_row_numbers_are_seen_where_a_split_has_some_of_them(split, brief):
    train, test = split(label=LABEL[:200], number=range(200)), split(label=LABEL[200:], number=range(200, 300))
    assert brief(of_columns({"train": train, "test": test}, (), False)) == [("identifier", "note", "number")]


def test_ignored_columns_are_not_looked_at(split):
    assert list(of_columns({"train": split(label=LABEL, still=[1] * 300)}, ("still",), False)) == []


@pytest.mark.filterwarnings("error")
def test_a_number_beyond_float32_is_an_error_and_the_others_are_judged_without_it(split, brief):
    size = np.r_[SIZE[:299], 1e308]
    assert found(split, brief, size=size) == [("not_a_number", "error", "row 299")]
    assert found(split, brief, measure=True, label=np.r_[SIZE[:299] * 2, 1], size=size) == [
        ("leak", "error", "size"), ("not_a_number", "error", "row 299"),
    ]  # fmt: skip


@pytest.mark.parametrize("other", ["RED", "red ", "Red"])
def test_categories_that_differ_in_case_or_blanks_are_told_with_the_common_one(split, other):
    colours = np.array(["red", "blue"], object)[DRAW.integers(0, 2, 300)]
    colours[[3, 5]] = other
    (told,) = of_columns({"train": split(label=LABEL, colour=colours)}, (), False)
    assert (told.kind, told.severity, told.where) == ("category_typo", "warning", "colour")
    assert f'"{other}" (2 rows, first row 3) differs from "red"' in told.message


def test_categories_in_two_forms_of_unicode_are_told_and_others_and_free_text_are_not(split, brief):
    cafes = ["caf\u00e9", "cafe\u0301", "cafe"] * 100
    assert found(split, brief, place=cafes) == [("category_typo", "warning", "place")]
    assert found(split, brief, place=["C", "C-", "C+"] * 100) == []
    assert found(split, brief, words=[f"{'Aa'[row % 2]} text {row // 2}" for row in range(300)]) == []


def test_a_sum_that_fell_into_the_test_split_is_named_and_no_number_beside_it(split):
    numbers = [str(row) for row in range(300)]
    train, test = split(label=LABEL, size=numbers), split(label=LABEL[:2], size=["7", "Total"])
    (told,) = of_columns({"train": train, "test": test}, (), False)
    assert told.kind == "mixed_types" and '"Total" at row 1' in told.message and "row 0" not in told.message
    coded = split(label=LABEL[:2], size=["7", "007"])
    assert list(of_columns({"train": train, "test": coded}, (), False)) == []
