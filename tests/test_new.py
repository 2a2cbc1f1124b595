import numpy as np
import pytest
from PIL import Image

from kerasapp.errors import DataError, KerasappError
from kerasapp.new import new
from kerasapp.recipe import load


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def photograph(path, height=40, width=50, mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (height, width, 3) if mode == "RGB" else (height, width)
    Image.fromarray(np.random.default_rng(height).integers(0, 256, shape, dtype=np.uint8)).save(path)


def written(here, source, **options):
    """What `new` wrote, as text and as the checked recipe."""
    text, command = new(source, here / "mine.yaml", **options)
    assert f"#   {command}\n" in text
    assert (here / "mine.yaml").read_text() == text
    return text, load(here / "mine.yaml")


def test_photographs_in_class_folders_become_a_recipe_that_checks(here):
    for number in range(30):
        photograph(here / "photos" / "red" / f"{number}.jpg", 40 + number)
        photograph(here / "photos" / "blue" / f"{number}.png")
    text, recipe = written(here, (here / "photos").relative_to(here))
    assert recipe.task["name"] == "image_classification" and recipe.model["name"] == "cnn"
    assert "path: photos" in text and recipe.data["split"]["test"] == 0.2
    assert list(recipe.task["image_size"]) == [40, 50]  # the median
    assert [step["name"] for step in recipe.task["augmentation"]] == ["flip"]
    assert "blue: 30" in text and "red: 30" in text and "40 to 69 x 50 pixels" in text


def test_large_photographs_are_scaled_down_in_proportion(here):
    for number in range(6):
        photograph(here / "p" / "ab"[number % 2] / f"{number}.jpg", 300, 600)
    recipe = written(here, here / "p")[1]
    assert list(recipe.task["image_size"]) == [64, 128]


def test_grey_scans_are_not_flipped_and_few_are_balanced_exactly(here):
    for number in range(20):
        photograph(here / "scans" / str(number % 2) / f"{number}.png", 28, 28, "L")
    _, recipe = written(here, here / "scans")
    assert not recipe.task["augmentation"] and recipe.task["image_size"] is None
    assert recipe.data["split"]["stratify"] is True


def test_folders_named_train_and_test_are_not_divided_again(here):
    for number in range(40):
        photograph(here / "p" / ("test" if number % 4 == 0 else "train") / f"class{number % 2}" / f"{number}.jpg")
    for number in range(2):
        photograph(here / "p" / "test" / "class1" / f"more{number}.jpg")
    text, recipe = written(here, here / "p")
    assert recipe.data["split"]["validation"] == 0.1 and recipe.data["split"]["test"] is None
    assert "42 images in colour" in text


def test_an_unreadable_photograph_is_named_and_skipped(here):
    for number in range(40):
        photograph(here / "p" / "ab"[number % 2] / f"{number}.jpg")
    (here / "p" / "a" / "broken.jpg").write_bytes(b"no image")
    text, recipe = written(here, here / "p")
    assert recipe.data["on_error"] == "skip" and "# on_error: p: 1 of 41 images can't be read: a/broken.jpg" in text


def table(here, header, rows, name="t.csv"):
    (here / name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return here / name


def test_a_column_named_class_is_the_label_wherever_it_stands(here):
    rows = [f'{number},{"yes" if number % 3 else "no"},"{number % 5} km, north"' for number in range(200)]
    text, recipe = written(here, table(here, "age,Class,where", rows))
    assert recipe.data["label"] == "Class" and recipe.task["name"] == "tabular_classification"
    assert "because of its name" in text and "# label: guessed" in text
    assert "age: whole numbers, 0 to 199" in text and "where: text, 5 values" in text and "no: 67" in text


def test_without_such_a_name_the_last_whole_column_is_guessed_and_a_measure_is_regressed(here):
    rows = [f"{number % 7},{number * 1.5},{'' if number == 3 else 'x'}" for number in range(200)]
    text, recipe = written(here, table(here, "a,price,note", rows))
    assert recipe.data["label"] == "price" and recipe.task["name"] == "tabular_regression"
    assert "as the last column that can be one" in text and "label: 0 to 298.5" in text
    assert recipe.train.monitor.metric == "val_mean_absolute_error"


@pytest.mark.parametrize(
    "labels, task", [(range(20), "classification"), (range(21), "regression"), ((0.0, 0.5), "regression")]
)
def test_numbers_are_classes_while_they_are_whole_and_few(here, labels, task):
    labels = list(labels)
    rows = [f"{number},{labels[number % len(labels)]}" for number in range(400)]
    assert written(here, table(here, "a,y", rows))[1].task["name"] == f"tabular_{task}"


def test_a_rare_class_is_weighted(here):
    rows = [f"{number},{'rare' if number % 12 == 0 else 'common'}" for number in range(400)]
    assert written(here, table(here, "a,y", rows))[1].train.class_weight == "balanced"


def test_arrays_are_told_apart_by_their_shape(here):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (300, 12, 10), dtype=np.uint8)
    np.savez(here / "i.npz", x_train=images, y_train=np.arange(300) % 3, x_test=images[:50], y_test=np.arange(50) % 3)
    text, recipe = written(here, here / "i.npz")
    assert recipe.task["name"] == "image_classification" and "350 images in grey, 12 x 10 pixels" in text
    np.savez(here / "t.npz", x=rng.normal(size=(300, 4)), y=rng.normal(size=300))
    assert written(here, here / "t.npz", force=True)[1].task["name"] == "tabular_regression"


def test_what_is_there_is_replaced_only_by_force(here):
    source = table(here, "a,y", [f"{number},{number % 2}" for number in range(100)])
    (here / "mine.yaml").write_text("mine")
    with pytest.raises(KerasappError, match=r"mine\.yaml: is there already.*--force"):
        new(source, here / "mine.yaml")
    assert (here / "mine.yaml").read_text() == "mine"
    with pytest.raises(KerasappError, match="is a folder"):
        new(source, here, force=True)
    assert written(here, source, force=True, schema="/s.json")[0].startswith(
        "# yaml-language-server: $schema=/s.json\n"
    )


def test_names_that_yaml_does_not_allow_do_not_break_the_comments(here):
    rows = [f"{number},{number % 2}" for number in range(100)]
    text, recipe = written(here, table(here, 'a\x07\u2028b,"y"', rows))
    assert "a??b: whole numbers" in text and recipe.data["label"] == "y"


def test_what_no_recipe_can_be_made_for_is_told_in_one_line(here):
    (here / "empty").mkdir()
    photograph(here / "one" / "cat" / "1.jpg")
    photograph(here / "flat" / "1.jpg")
    (here / "noise.csv").write_bytes(bytes(range(256)))
    table(here, "a,b", [f"{number}," for number in range(9)] + ["1,2"], "gaps.csv")
    np.savez(here / "none.npz", z=np.zeros(3), w=np.zeros(3))
    names = ["empty", "one", "flat", "noise.csv", "none.npz", "gone"]
    for name in names:
        with pytest.raises(DataError) as error:
            new(here / name, here / "mine.yaml")
        assert name in str(error.value) and "\n" not in str(error.value), name
    assert not (here / "mine.yaml").exists()


@pytest.mark.parametrize("shape", [(200, 4), (200, 28, 28)])
def test_a_test_part_without_labels_is_told_and_counts_nowhere(here, shape):
    """As Kaggle's competitions hand out their data."""
    x, y = np.random.default_rng(0).random(shape), np.arange(200) % 2
    np.savez(here / "a.npz", x_train=x, y_train=y, x_test=x[:50] / 2)
    text, recipe = written(here, here / "a.npz")
    assert "# the test split has no labels: a run will report on validation" in text
    assert "0: 100" in text and "1: 100" in text and recipe.data["split"]["validation"] == 0.1


def test_a_measure_without_labels_in_test_is_told_as_well(here):
    x = np.random.default_rng(0).random((200, 4))
    np.savez(here / "a.npz", x_train=x, y_train=x.sum(axis=1), x_test=x[:50])
    text, recipe = written(here, here / "a.npz")
    assert "report on validation" in text and recipe.task["name"] == "tabular_regression"


def test_a_validation_part_without_labels_is_refused_in_one_line(here):
    x, y = np.random.default_rng(0).random((60, 4)), np.arange(60) % 2
    np.savez(here / "a.npz", x_train=x, y_train=y, x_val=x[:20])
    with pytest.raises(DataError, match=r"a\.npz: the validation split has no labels: label it, or leave it out"):
        new(here / "a.npz", here / "mine.yaml")


def test_what_is_said_of_columns_is_of_all_rows_of_the_file(here):
    rows = "".join(f"{row},{'' if row % 10 == 0 else row},{'ab'[row % 2]}\n" for row in range(200))
    (here / "t.csv").write_text("size,gaps,kind\n" + rows)
    text, _ = written(here, here / "t.csv")
    assert "size: whole numbers, 0 to 199" in text and "gaps: numbers, 1 to 199, 20 missing" in text


def test_a_class_folder_without_a_picture_gives_a_recipe_that_says_what_to_mend(here):
    for number in range(40):
        photograph(here / "p" / "ab"[number % 2] / f"{number}.jpg", 40 + number)
    (here / "p" / "c").mkdir()
    text, command = new(here / "p", here / "my recipe.yaml")
    assert command == f"kerasapp check '{here / 'my recipe.yaml'}' --data" and "add examples of c, or" in text
    assert "c: 0" in text and load(here / "my recipe.yaml").model["name"] == "cnn"


def test_a_path_with_a_blank_can_be_pasted(here):
    (here / "t.csv").write_text("size,kind\n" + "".join(f"{row},{'ab'[row % 2]}\n" for row in range(60)))
    assert new(here / "t.csv", here / "my own.yaml")[1] == f"kerasapp run '{here / 'my own.yaml'}'"


def test_what_is_left_out_is_told_once(here, caplog):
    caplog.set_level("INFO", "kerasapp")
    for number in range(20):
        photograph(here / "p" / "ab"[number % 2] / f"{number}.jpg", 40 + number)
    for name in ("notes.txt", "broken.jpg"):
        (here / "p" / "a" / name).write_text("no image")
    new(here / "p", here / "p.yaml")
    assert caplog.text.count("1 .txt left out") == 1
    (here / "t.csv").write_text("size,kind,\n" + "".join(f"{row},{'ab'[row % 2]},\n" for row in range(60)))
    new(here / "t.csv", here / "t.yaml")
    assert caplog.text.count("without a name in the header") == 1
