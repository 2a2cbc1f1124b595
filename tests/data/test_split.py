import numpy as np
import pytest

from kerasapp import data
from kerasapp.data import divide, duplicates
from kerasapp.data._arrays import Arrays
from kerasapp.errors import DataError

DEFAULT = {"validation": 0.1, "test": 0.2}


def table(count: int, start: int = 0, **more: np.ndarray) -> Arrays:
    """Rows that are what their number makes them."""
    numbers = np.arange(start, start + count)
    columns = {"x": np.sin(numbers), "label": numbers % 3, **more}
    return Arrays(columns, [f"row {number}" for number in numbers])


def made(train: Arrays, seed: int = 0, default: dict = DEFAULT, **more) -> dict:
    return divide({"train": train}, seed=seed, default=default, **more)


def members(splits: dict) -> dict[str, set]:
    return {name: set(split.ids) for name, split in splits.items()}


def test_the_default_takes_a_tenth_and_a_fifth_of_train_and_loses_nothing():
    splits = made(table(5000))
    sizes = {name: len(split) for name, split in splits.items()}
    assert list(sizes) == ["train", "validation", "test"]
    assert sum(sizes.values()) == 5000 == len(set.union(*members(splits).values()))
    assert sizes["validation"] == pytest.approx(500, abs=70)  # three standard deviations of a binomial
    assert sizes["test"] == pytest.approx(1000, abs=90)


def test_adding_rows_moves_no_row_from_train_to_test():
    before, after = members(made(table(300))), members(made(table(500, start=-100)))
    for name in before:
        assert before[name] <= after[name]


def test_the_order_of_rows_decides_nothing():
    rows = np.random.default_rng(0).permutation(300)
    numbers = np.arange(300)[rows]
    shuffled = Arrays({"x": np.sin(numbers)}, [f"row {number}" for number in numbers])
    straight = Arrays({"x": np.sin(np.arange(300))}, [f"row {number}" for number in range(300)])
    assert members(made(shuffled)) == members(made(straight))


def test_the_split_of_today_is_the_split_of_tomorrow():
    """Worked out in plain Python integers from blake2b and splitmix64, and written down."""
    splits = made(Arrays({"x": np.arange(40)}, list(range(40))), seed=7)
    assert list(splits["validation"].ids) == [11, 13, 22, 35, 37]
    assert list(splits["test"].ids) == [9, 14, 18, 21, 27, 34, 39]


def test_another_seed_gives_another_split():
    assert members(made(table(300), seed=0)) != members(made(table(300), seed=1))


def test_equal_rows_stay_together():
    numbers = np.arange(400) % 100
    train = Arrays({"x": numbers, "label": np.arange(400) % 2}, list(range(400)))
    splits = made(train)
    seen = [set(split.column("x")) for split in splits.values()]
    assert not seen[0] & seen[1] and not seen[0] & seen[2] and not seen[1] & seen[2]
    assert duplicates(splits) == {}


def test_a_split_that_the_source_brings_is_used_as_it_is(caplog):
    caplog.set_level("INFO", "kerasapp")
    brought = {"train": table(500), "test": table(50, start=1000)}
    splits = divide(brought, seed=0, default=DEFAULT, split={"test": 0.5})
    assert splits["test"] is brought["test"]
    assert len(splits["train"]) + len(splits["validation"]) == 500
    assert len(splits["validation"]) == pytest.approx(50, abs=21)
    assert "data.split.test: not used" in caplog.text


def test_without_a_default_everything_stays_train():
    train = table(10)
    assert made(train, default={}) == {"train": train}
    assert list(made(train, default={}, split={"validation": None, "test": None})) == ["train"]


def test_zero_asks_for_no_such_split():
    assert list(made(table(100), split={"validation": 0.0, "test": None})) == ["train", "test"]


def test_an_empty_split_says_how_many_are_needed():
    with pytest.raises(DataError, match=r"of 3 different examples none came to (validation|test).* \d+ are needed"):
        made(table(3))


def test_fractions_that_leave_no_train_are_refused():
    with pytest.raises(DataError, match="nothing to train on"):
        made(table(100), split={"validation": 0.9, "test": None})


def test_stratify_balances_exactly():
    labels = np.array(["common"] * 100 + ["rare"] * 20 + ["three"] * 3, object)
    splits = made(table(123, label=labels), split={"stratify": True})
    counts = {
        name: dict(zip(*np.unique(split.column("label"), return_counts=True), strict=True))
        for name, split in splits.items()
    }
    assert counts["test"] == {"common": 20, "rare": 4, "three": 1}
    assert counts["validation"] == {"common": 10, "rare": 2, "three": 1}
    assert counts["train"] == {"common": 70, "rare": 14, "three": 1}


def test_stratify_needs_classes():
    with pytest.raises(DataError, match="stratify"):
        made(table(50, label=np.linspace(0, 1, 50)), split={"stratify": True})


@pytest.mark.parametrize("group", [np.arange(600) // 6, np.array([f"p{n // 6}" for n in range(600)], object)])
def test_a_group_stays_together_and_is_no_input(group):
    train = table(600, patient=group)
    splits = made(train, split={"group": "patient"})
    number = {name: row for row, name in enumerate(train.ids)}
    groups = [{group[number[name]] for name in split.ids} for split in splits.values()]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 100
    assert all("patient" not in split.features for split in splits.values())


def test_adding_patients_moves_no_patient():
    before = made(table(600, patient=np.arange(600) // 6), split={"group": "patient"})
    after = made(table(900, patient=np.arange(900) // 6), split={"group": "patient"})
    for name, ids in members(before).items():
        assert ids <= members(after)[name]


def test_a_missing_group_is_named():
    patient = np.array(["a", "", "b", ""], object)
    with pytest.raises(DataError, match=r"row 1: patient is missing, in 2 examples"):
        made(table(4, patient=patient), split={"group": "patient"})


def test_a_group_column_that_is_not_there_is_suggested():
    with pytest.raises(DataError, match='no column "patent": did you mean "patient"'):
        made(table(4, patient=np.arange(4)), split={"group": "patent"})


@pytest.mark.parametrize("form", ["number", "date", "moment"])
def test_time_puts_the_latest_last(form):
    day = np.random.default_rng(0).permutation(100)
    dates = (np.datetime64("2023-12-01") + day).astype(str)
    values = {
        "number": day,
        "date": dates.astype(object),
        "moment": np.array([f"{date}T10:00:00Z" for date in dates], object),
    }
    splits = made(table(100, when=values[form]), split={"time": "when"})
    days = {name: [day[int(row.split()[1])] for row in split.ids] for name, split in splits.items()}
    assert (sorted(days["test"]), sorted(days["validation"])) == (list(range(80, 100)), list(range(70, 80)))
    assert "when" not in splits["train"].features


def test_one_moment_stays_together():
    when = np.array([1] * 50 + [2] * 10 + [3] * 40)
    sizes = {name: len(split) for name, split in made(table(100, when=when), split={"time": "when"}).items()}
    assert sizes == {"train": 50, "validation": 10, "test": 40}


def test_what_is_no_date_is_named():
    with pytest.raises(DataError, match='row 1: when is "soon", neither a number nor a date'):
        made(table(2, when=np.array(["2024-01-01", "soon"], object)), split={"time": "when"})


def test_time_needs_different_times():
    with pytest.raises(DataError, match="of 1 different times none came to"):
        made(table(20, when=np.ones(20)), split={"time": "when"})


@pytest.mark.parametrize("split", [None, {"stratify": True}, {"group": "patient"}])
def test_every_example_is_tested_in_exactly_one_fold(split):
    train = table(300, patient=np.arange(300) // 3)
    tested = []
    for fold in range(5):
        splits = made(train, split=split, folds=5, fold=fold)
        assert len(set.union(*members(splits).values())) == 300
        assert len(splits["validation"]) == pytest.approx(30, abs=24)
        tested += splits["test"].ids
    assert sorted(tested) == sorted(train.ids)


def test_stratified_folds_are_equal():
    sizes = [made(table(90), split={"stratify": True}, folds=5, fold=fold)["test"] for fold in range(5)]
    assert {len(split) for split in sizes} == {18}
    assert {tuple(np.bincount(split.column("label"))) for split in sizes} == {(6, 6, 6)}


def test_folds_leave_the_source_s_own_test_alone():
    own = table(50, start=1000)
    splits = divide({"train": table(300), "test": own}, seed=0, default=DEFAULT, folds=3, fold=0)
    assert not set(own.ids) & set.union(*members(splits).values())


def test_duplicates_are_listed_once_with_what_they_equal():
    first = Arrays({"x": np.array([1, 2, 2, 3]), "label": np.array([0, 0, 0, 0])}, ["a", "b", "c", "d"])
    second = Arrays({"x": np.array([2, 9, 2, 3]), "label": np.array([1, 1, 1, 1])}, ["e", "f", "g", "h"])
    found = duplicates({"train": first, "test": second})
    assert found == {("train", "test"): [("b", "e"), ("b", "g"), ("d", "h")]}


def test_load_reads_a_recipe_s_data_and_divides_it():
    frame = {"split": {"validation": 0.2, "test": None, "stratify": True, "group": None, "time": None}}
    spec = {
        "name": "sklearn",
        "dataset": "wine",
        **frame,
        "folds": None,
        "fold": None,
        "cache": "memory",
        "cache_limit": 2,
    }
    splits = data.load(spec, 0, DEFAULT)
    assert sum(map(len, splits.values())) == 178
    assert np.bincount(splits["validation"].column("label")).tolist() == [12, 14, 10]


def test_load_takes_a_source_of_one_s_own(tmp_path):
    text = '''"""Mine."""
import numpy as np
from kerasapp.data._arrays import Arrays

def load(*, rows: int = 30) -> dict:
    """Numbers."""
    return {"train": Arrays({"x": np.arange(rows)}, [f"mine {row}" for row in range(rows)])}
'''
    (tmp_path / "mine.py").write_text(text)
    spec = {"name": "./mine.py:load", "rows": 60, "split": None, "folds": None, "fold": None}
    splits = data.load(spec, 0, DEFAULT, folder=tmp_path)
    assert sum(map(len, splits.values())) == 60
    assert splits["train"].ids[0].startswith("mine")


def test_where_nothing_is_set_apart_train_stands_alone_but_for_what_the_recipe_names():
    brought = {"train": table(9), "validation": table(5, 90), "test": table(5, 50)}
    assert list(data.divided(brought, {"test": None}, 0, None)) == ["train"]
    assert list(data.divided(brought, {"test": "test[:10%]"}, 0, None)) == ["train", "test"]
    assert list(data.divided(brought, {"test": None}, 0, {})) == ["train", "validation", "test"]
