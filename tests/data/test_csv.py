import io
import time
from pathlib import Path

import numpy as np
import pytest

from kerasapp.data import csv, divide, duplicates
from kerasapp.errors import DataError
from kerasapp.types import Feature

PEOPLE = '''\
age,"city, state",income,class
31,Oslo,50.5,yes
,"Zürich ""old""",48,no
28,?,51.25,yes
'''


@pytest.fixture
def people(tmp_path: Path) -> Path:
    return write(tmp_path / "people.csv", PEOPLE)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def load(path: Path, **more) -> dict:
    return csv.load(path=str(path), **more)


def test_columns_are_features_with_types_of_the_whole_column(people, everything):
    split = load(people, label="class")["train"]
    assert split.features == {
        "age": Feature("float64"),
        "city, state": Feature("string"),
        "income": Feature("float64"),
        "label": Feature("string"),
    }
    read = everything(split)
    np.testing.assert_array_equal(read["age"], [31, np.nan, 28])
    assert [city.decode() for city in read["city, state"]] == ["Oslo", 'Zürich "old"', ""]
    assert split.column("label").tolist() == ["yes", "no", "yes"]


def test_types_are_told_in_one_line(people, caplog):
    caplog.set_level("INFO", "kerasapp")
    load(people, label="class")
    told = "3 rows; integer: age; number: income; text: city, state (3); label: text (2 values)"
    assert caplog.messages == [f"{people}: {told}"]


def test_ids_are_lines_of_the_file_whatever_stands_in_quotes(tmp_path):
    path = write(tmp_path / "t.csv", 'text,n\n"a\nb\nc",1\nd,2\n\ne,3\n')
    assert list(load(path)["train"].ids) == ["t.csv:2", "t.csv:5", "t.csv:7"]


def test_text_and_label_take_their_names(tmp_path):
    path = write(tmp_path / "t.csv", "review,stars,mood\nnone,5,NA\n-,1,none\n")
    split = load(path, text="review", label="mood", drop=["stars"])["train"]
    assert list(split.features) == ["text", "label"]
    assert split.column("text").tolist() == ["none", "-"], "a text is what it says, no missing value"
    assert split.column("label").tolist() == ["NA", "none"]


def test_other_files_are_other_splits_of_one_type(people, tmp_path):
    other = write(tmp_path / "test.csv", 'extra,class,income,age,"city, state"\nx,no,7,5,17\n')
    splits = load(people, label="class", test=str(other))
    assert splits["test"].features == splits["train"].features
    assert splits["test"].column("city, state").tolist() == ["17"]
    assert splits["test"].column("age").tolist() == [5.0]


def test_a_fraction_in_the_test_file_makes_the_column_a_number_in_both(tmp_path):
    train, test = write(tmp_path / "a.csv", "x,y\n1,2\n"), write(tmp_path / "b.csv", "x,y\n1.5,2\n")
    splits = load(train, test=str(test))
    assert {split.features["x"].dtype for split in splits.values()} == {"float64"}
    assert {split.features["y"].dtype for split in splits.values()} == {"int64"}


@pytest.mark.parametrize(
    "more, words",
    [
        ({"label": "klass"}, 'no column "klass": did you mean "class"\\? There are age, city, state, income, class'),
        ({"text": "review"}, 'no column "review"'),
        ({"drop": ["incme"]}, 'no column "incme": did you mean "income"'),
        ({"label": "class", "test": "lacking.csv"}, 'lacking.csv: no column "age".* has it'),
        ({"label": "class", "test": "words.csv"}, 'words.csv:2: income is "rich"'),
        ({"label": "class", "validation": "none.csv"}, "none.csv: there is no such file. Set data.validation"),
        ({"label": "age"}, r"people.csv:3: the label is missing \(1 row in all\)"),
    ],
)
def test_faults_are_told_with_their_place(people, tmp_path, monkeypatch, more, words):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "lacking.csv", "income,class\n1,yes\n")
    write(tmp_path / "words.csv", 'age,"city, state",income,class\n1,Rome,rich,yes\n')
    with pytest.raises(DataError, match=words):
        load(Path("people.csv"), **more)


@pytest.mark.parametrize("role", ["label", "text"])
def test_two_columns_can_t_have_one_role(tmp_path, role):
    path = write(tmp_path / "t.csv", f"{role},mood\na,b\n")
    with pytest.raises(DataError, match=f'has a column "{role}" besides "mood"'):
        load(path, **{role: "mood"})


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    with pytest.raises(DataError, match=r"no such file\. Get it from the UCI repository, or set data.path"):
        load(tmp_path / "none.csv", source="the UCI repository")
    with pytest.raises(DataError, match="is a folder, not a file"):
        load(tmp_path)


def test_a_row_with_a_word_moves_no_other_row(tmp_path):
    """The new row turns the first column from numbers to text; the others stay where they were."""

    def parts(text: str) -> dict:
        splits = divide(load(write(tmp_path / "t.csv", text)), seed=0, default={"validation": 0.2, "test": 0.2})
        return {name: set(split.ids) for name, split in splits.items()}

    rows = "x,y\n" + "".join(f"{row},{row % 7}\n" for row in range(100))
    before, after = parts(rows), parts(rows + "word,1\n")
    assert all(before[name] <= after[name] for name in before)


def test_a_duplicate_with_another_label_is_a_duplicate(tmp_path):
    train, test = write(tmp_path / "a.csv", "x,y\n1,a\n2,b\n"), write(tmp_path / "b.csv", "y,x\nz,2\n")
    assert duplicates(load(train, label="y", test=str(test))) == {("train", "test"): [("a.csv:3", "b.csv:2")]}


def test_known_features_are_read_from_rows_in_any_order(people, tmp_path):
    features = {name: feature for name, feature in load(people)["train"].features.items() if name != "class"}
    stream = io.StringIO('note,income,"city, state",age\nx,1,?,\ny,2,7,30\n')
    rows, ids = csv.read_rows(stream, features)
    assert list(rows) == ["age", "city, state", "income"]
    np.testing.assert_array_equal(rows["age"], [np.nan, 30])
    assert rows["city, state"].tolist() == ["", "7"], "text in training is text here"
    assert ids == ["input:2", "input:3"]
    path = write(tmp_path / "rows.csv", 'age,income,"city, state"\n30,many,Oslo\n')
    with pytest.raises(DataError, match=r'rows\.csv:2: income is "many"'):
        csv.read_rows(path, features)
    with pytest.raises(DataError, match='no column "age"'):
        csv.read_rows(io.StringIO("ago,income\n1,2\n"), features)


def test_texts_to_predict_may_stand_under_the_name_of_the_training_column():
    rows, _ = csv.read_rows(io.StringIO("review\nfine\n"), {"text": Feature("string")}, text="review")
    assert rows["text"].tolist() == ["fine"]


def test_real_tables_have_their_known_sizes_and_types(real_data):
    folder = real_data("tabular")
    started = time.perf_counter()
    adult = load(folder / "adult.csv", label="income")["train"]
    assert time.perf_counter() - started < 8, "0.5 s on a quiet machine"
    assert len(adult) == 32561 and adult.ids[-1] == "adult.csv:32562"
    assert sorted(name for name, feature in adult.features.items() if feature.dtype == "int64") == [
        "age", "capital_gain", "capital_loss", "education_num", "fnlwgt", "hours_per_week",
    ]  # fmt: skip
    values, counts = np.unique(adult.column("label"), return_counts=True)
    assert (values.tolist(), counts.tolist()) == (["<=50K", ">50K"], [24720, 7841])
    assert (adult.column("workclass") == "").sum() == 1836, "the question marks of the UCI file"
    titanic = load(folder / "titanic.csv", label="survived")["train"]
    assert np.isnan(titanic.column("age")).sum() == 177


def test_real_texts_are_read(real_data):
    folder = real_data("trec")
    splits = load(folder / "train.csv", text="text", label="label", test=str(folder / "test.csv"))
    assert {name: len(split) for name, split in splits.items()} == {"train": 5452, "test": 500}
    assert sorted(set(splits["train"].column("label"))) == ["ABBR", "DESC", "ENTY", "HUM", "LOC", "NUM"]
