import numpy as np
import pytest

from kerasapp.preflight.numbers import of_numbers

SIZE = np.random.default_rng(3).normal(50, 10, 200)


@pytest.fixture
def found(split):
    def of(values, *others):
        values, beside = np.array(values), [split(size=np.array(other)) for other in others]
        told = of_numbers("size", values, np.isfinite(values), split(size=values), beside)
        return [(one.kind, one.message) for one in told]

    return of


def with_some(number, count=4, values=SIZE):
    values = values.copy()
    values[10 : 10 + 7 * count : 7] = number
    return values


@pytest.mark.parametrize("number", [-999, 9999, 0, -1])
def test_a_number_that_stands_for_a_missing_one_is_told_with_its_count_and_place(found, number):
    ((kind, message),) = found(with_some(number))
    assert kind == "placeholder" and f"{number} in 4 of 200 rows, such as row 10" in message


def test_a_number_that_stands_for_a_missing_one_counts_in_all_splits(found):
    few = with_some(-999, 1)
    assert [kind for kind, _ in found(few, SIZE)] == ["far_value"]
    ((kind, message),) = found(few, with_some(-999, 2), SIZE)
    assert kind == "placeholder" and "-999 in 3 of 600 rows, such as row 10" in message
    assert [kind for kind, _ in found(SIZE, with_some(-999, 3))] == ["placeholder"]


def test_minus_one_among_counts_is_told_though_it_is_near(found):
    counts = np.random.default_rng(0).integers(0, 90, 200)
    assert [kind for kind, _ in found(with_some(-1, values=counts))] == ["placeholder"]
    assert found(with_some(0, values=counts)) == []


def test_codes_and_numbers_on_both_sides_of_zero_have_no_stand_in(found):
    assert found(np.arange(200) % 3 - 1) == []
    assert found(with_some(-1, values=(SIZE - 50) / 10)) == []


def test_a_number_far_from_the_others_is_told_once_a_column_with_the_farthest(found):
    values = with_some(700, 1)
    values[99] = -900
    values[100] = np.nan
    ((kind, message),) = found(values)
    assert kind == "far_value" and "2 values far from the others, the farthest -900 at row 99" in message


def test_ordinary_numbers_are_none_of_it(found):
    assert found(SIZE) == [] and found(np.exp(SIZE / 20)) == []
