"""What `check --data` finds."""

import numpy as np
import pytest

from kerasapp.preflight import findings
from kerasapp.recipe import load

TEXT = "title: T\ntask: tabular_classification\ndata: {{name: csv, path: {path}, label: kind}}\nmodel: mlp\n"


@pytest.fixture
def table(tmp_path):
    def made(rows):
        (tmp_path / "t.csv").write_text("a,b,kind\n" + "".join(f"{a},{b},{kind}\n" for a, b, kind in rows))
        (tmp_path / "t.yaml").write_text(TEXT.format(path=tmp_path / "t.csv"))
        return load(tmp_path / "t.yaml")

    return made


def rows(count, kind):
    draw = np.random.default_rng(count)
    return [(f"{draw.normal():.4f}", f"{draw.normal():.4f}", kind) for _ in range(count)]


def test_clean_data_has_a_note_on_its_size_and_nothing_else(table):
    assert [found.severity for found in findings(table(rows(60, "x") + rows(70, "y")))] == ["note"]


def test_copies_and_tiny_classes_are_named(table):
    some = rows(80, "x")
    found = findings(table(some + some[:20] + rows(90, "y") + rows(8, "rare")))
    assert {("duplicate", "warning"), ("tiny_class", "warning")} <= {(one.kind, one.severity) for one in found}
    assert any(one.where == "rare" for one in found)


def test_data_that_can_not_be_used_is_an_error(table, tmp_path):
    recipe = table(rows(60, "x"))
    (only,) = findings(recipe)
    assert only.severity == "error" and "one class" in only.message
    (tmp_path / "t.csv").unlink()
    (only,) = findings(recipe)
    assert only.severity == "error" and only.where.endswith("t.csv")


def test_a_text_for_word_vectors_is_clean(tmp_path):
    (tmp_path / "some.txt").write_text("".join(f"the cat sat on mat {number}\n" for number in range(20)))
    recipe = "task: {name: word2vec, min_count: 2}\ndata: {name: text_files, path: %s}\nmodel: word2vec\n"
    (tmp_path / "words.yaml").write_text(recipe % (tmp_path / "some.txt"))
    assert findings(load(tmp_path / "words.yaml")) == []


PHOTOS = "title: T\ntask: image_classification\ndata: {{name: image_folder, path: {path}{more}}}\nmodel: cnn\n"


@pytest.fixture
def photos(tmp_path, picture):
    for number in range(80):
        place = tmp_path / "photos" / "ab"[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        picture(number).save(place / f"{number}.jpg", quality=92)

    def made(more=""):
        (tmp_path / "p.yaml").write_text(PHOTOS.format(path=tmp_path / "photos", more=more))
        return load(tmp_path / "p.yaml")

    return made


def severe(recipe, **more):
    """Kind, severity and the end of the place, of all but notes."""
    found = findings(recipe, **more)
    return sorted((one.kind, one.severity, one.where.rsplit("/")[-1]) for one in found if one.severity != "note")


def test_broken_files_hide_nothing_else(photos, tmp_path, picture):
    recipe = photos()
    (tmp_path / "photos/a/0.jpg").write_bytes(b"")
    (tmp_path / "photos/a/2.jpg").write_bytes((tmp_path / "photos/a/2.jpg").read_bytes()[:500])
    (tmp_path / "photos/b/copy.jpg").write_bytes((tmp_path / "photos/b/1.jpg").read_bytes())
    (tmp_path / "photos/c").mkdir()
    assert severe(recipe) == [
        ("broken", "error", "2.jpg"), ("duplicate", "warning", "copy.jpg"), ("empty_class", "error", "c"),
        ("empty_file", "error", "0.jpg"),
    ]  # fmt: skip


def test_what_the_recipe_skips_is_told_and_no_error(photos, tmp_path):
    recipe = photos(", on_error: skip")
    (tmp_path / "photos/a/0.jpg").write_bytes(b"")
    assert severe(recipe) == [("empty_file", "warning", "0.jpg")]


def test_near_copies_are_told_on_request_only(photos, tmp_path, picture):
    recipe = photos()
    picture(4).resize((48, 36)).save(tmp_path / "photos/a/small.jpg")
    assert severe(recipe) == []
    (told,) = [one for one in findings(recipe, near_duplicates=True) if one.severity != "note"]
    assert told.kind == "near_duplicate" and {place.rsplit("/")[-1] for place in told.shows} == {"4.jpg", "small.jpg"}


def test_where_no_file_can_be_read_each_is_named(photos, tmp_path):
    recipe = photos()
    for file in (tmp_path / "photos").rglob("*.jpg"):
        file.write_bytes(b"hello")
    found = findings(recipe)
    assert sum(one.kind == "not_an_image" for one in found) == 80 and found[-1].message.startswith("none of its images")


def test_near_copies_are_judged_by_the_splits_that_a_run_has(photos, tmp_path, picture):
    recipe = photos()
    for number in range(0, 80, 2):
        picture(number).resize((48, 36)).save(tmp_path / f"photos/a/{number}_small.jpg")
    told = [one.message for one in findings(recipe, near_duplicates=True) if one.kind == "near_duplicate"]
    assert len(told) >= 39
    assert any("in train, the other in test" in one for one in told) and any("both in train" in one for one in told)


def test_rows_that_can_not_be_used_hide_nothing_else(table, tmp_path):
    recipe = table([*rows(60, "x"), ("1", "2", ""), *rows(61, "y")])
    with (tmp_path / "t.csv").open("a") as file:
        file.write("1,2\n")
    path = tmp_path / "t.csv"
    path.write_text("\n".join(f"7,{line}" if line[0] != "a" else f"still,{line}" for line in path.read_text().split()))
    assert severe(recipe) == [
        ("constant_column", "warning", "still"), ("ragged_row", "error", "t.csv:124"),
        ("unlabelled", "error", "t.csv:62"),
    ]  # fmt: skip


def test_what_only_the_run_refuses_is_told_in_its_words(table):
    recipe = table(rows(60, "x") + rows(61, "y")).replaced({"task.ignore": ["a", "b"]})
    assert severe(recipe) == [("unusable", "error", "t.csv")]


def test_an_unlabelled_test_split_is_a_warning_that_says_where_the_report_will_be(tmp_path):
    draw = np.random.default_rng(0)
    np.savez(tmp_path / "a.npz", x_train=draw.random((80, 3)), y_train=np.arange(80) % 2, x_test=draw.random((20, 3)))
    (tmp_path / "a.yaml").write_text(
        f"title: T\ntask: tabular_classification\ndata: {{name: arrays, path: {tmp_path / 'a.npz'}}}\nmodel: mlp\n"
    )
    (told,) = [one for one in findings(load(tmp_path / "a.yaml")) if one.severity != "note"]
    assert (told.kind, told.severity) == ("unlabelled", "warning") and "report will be on validation" in told.message


@pytest.mark.parametrize(
    "words",
    [
        "image_classification\ndata: {name: image_folder, path: %s/flowers_subset}\nmodel: cnn",
        "image_classification\ndata: {name: arrays, path: %s/cifar10_subset/cifar10_subset.npz}\nmodel: cnn",
        "image_classification\ndata: {name: arrays, path: %s/mnist/mnist.npz}\nmodel: cnn",
        "tabular_classification\ndata: {name: csv, path: %s/tabular/penguins.csv, label: species}\nmodel: mlp",
        "tabular_classification\ndata: {name: csv, path: %s/tabular/wine.csv, label: class}\nmodel: mlp",
    ],
)
def test_real_clean_sets_have_nothing_above_a_note(words, real_data, tmp_path):
    (tmp_path / "r.yaml").write_text(f"title: T\ntask: {words % real_data('.')}\n")
    assert severe(load(tmp_path / "r.yaml")) == []


def test_pictures_of_formats_that_are_not_read_are_counted_by_kind_and_other_files_are_one_note(photos, tmp_path):
    recipe = photos()
    for name in ("1.HEIC", "2.heic", "3.tif", "read.txt", "list.csv"):
        (tmp_path / "photos" / "a" / name).write_text("x")
    found = [one for one in findings(recipe) if one.kind in ("unread_format", "other_files")]
    assert [(one.kind, one.severity, one.where.rsplit("/")[-1]) for one in found] == [
        ("unread_format", "warning", "1.HEIC"), ("unread_format", "warning", "3.tif"),
        ("other_files", "note", "list.csv"),
    ]  # fmt: skip
    assert "2 .heic" in found[0].message and "1 .csv, 1 .txt" in found[2].message


@pytest.mark.filterwarnings("error")
def test_a_number_beyond_float32_is_one_error_at_its_line(table):
    assert severe(table([*rows(60, "x"), ("1e308", "0.5", "x"), *rows(61, "y")])) == [
        ("not_a_number", "error", "t.csv:62")
    ]
