import io
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image
from scipy.special import softmax

from kerasapp import prediction
from kerasapp.data._arrays import Arrays, texts
from kerasapp.errors import DataError
from kerasapp.models.bag_of_vectors import build
from kerasapp.prediction import predict, predict_raw, predictor
from kerasapp.tasks.image_classification import ImageClassification
from kerasapp.tasks.tabular_regression import TabularRegression
from kerasapp.tasks.text_classification import TextClassification


@pytest.fixture(scope="module")
def pictures():
    """A run on pictures of 4 x 5 pixels, and the pictures."""
    keras.utils.set_random_seed(0)
    pixels = np.random.default_rng(0).integers(0, 256, (12, 4, 5, 3), dtype=np.uint8)
    split = Arrays({"image": pixels, "label": np.arange(12) % 3}, ["x"] * 12, {"label": ("cat", "dog", "eel")})
    task = ImageClassification().adapt(split)
    network = keras.Sequential([keras.Input((4, 5, 3)), keras.layers.Flatten(), keras.layers.Dense(3)])
    recipe = SimpleNamespace(data={"name": "image_folder"})
    return SimpleNamespace(task=task, model=lambda: network, recipe=recipe), pixels


@pytest.fixture(scope="module")
def table():
    """A run whose network adds its two standardised columns up."""
    rng = np.random.default_rng(0)
    arrays = {"age": rng.integers(1, 90, 50), "size, m": rng.normal(2, 1, 50), "label": rng.normal(1000, 50, 50)}
    task = TabularRegression().adapt(Arrays(arrays, [f"t.csv:{row}" for row in range(2, 52)]))
    inputs = {"numeric": keras.Input((2,), name="numeric")}
    network = keras.Model(inputs, keras.layers.Dense(1, kernel_initializer="ones")(inputs["numeric"]))

    def wanted(age, size):
        standard = [
            (value - arrays[name].mean()) / arrays[name].std() for name, value in (("age", age), ("size, m", size))
        ]
        return sum(standard) * arrays["label"].std() + arrays["label"].mean()

    return SimpleNamespace(task=task, model=lambda: network, recipe=SimpleNamespace(data={"name": "csv"})), wanted


@pytest.fixture(scope="module")
def review():
    """A run whose network says which of two words a text has more of; its texts stood in the column `review`."""
    split = Arrays({"text": texts(["good", "bad"]), "label": texts(["yes", "no"])}, ["t.csv:2", "t.csv:3"])
    task = TextClassification().adapt(split)
    network = build(vocabulary_size=4, num_classes=2, dimensions=2)
    network.set_weights([np.array([[0, 0], [0, 0], [1, 0], [0, 1]]), np.eye(2) * 5, np.zeros(2)])  # bad, good
    recipe = SimpleNamespace(data={"name": "csv", "text": "review", "encoding": None, "delimiter": None})
    return SimpleNamespace(task=task, model=lambda: network, recipe=recipe)


def save(folder, pixels, names=None):
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / (names[number] if names else f"{number}.png") for number in range(len(pixels))]
    for path, picture in zip(paths, pixels, strict=True):
        Image.fromarray(picture).save(path)
    return paths


def test_each_image_gets_the_probabilities_that_numpy_computes(pictures, tmp_path):
    run, pixels = pictures
    kernel, bias = run.model().get_weights()
    wanted = softmax(pixels.reshape(12, -1) / 255 @ kernel + bias, axis=1)
    rows = predict(run, save(tmp_path, pixels))
    for row, expected in zip(rows, wanted, strict=True):
        assert list(row) == ["input", "label", "probabilities"] and list(row["probabilities"]) == ["cat", "dog", "eel"]
        assert list(row["probabilities"].values()) == pytest.approx(expected, abs=1e-6)
        assert sum(row["probabilities"].values()) == pytest.approx(1, abs=1e-6)
        assert row["label"] == ["cat", "dog", "eel"][expected.argmax()]
    np.testing.assert_allclose(predict_raw(run, {"image": pixels})["probabilities"], wanted, atol=1e-6)


def test_a_folder_is_read_through_in_natural_order_and_hidden_files_are_not(pictures, tmp_path, monkeypatch):
    run, pixels = pictures
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "in", pixels[:3], ["10.png", "9.jpg", "2.PNG"])
    save(tmp_path / "in" / "1", pixels[3:5], ["a.bmp", ".b.png"])
    (tmp_path / "in" / "notes.txt").write_text("no image")
    assert [row["input"] for row in predict(run, ["in"])] == ["in/1/a.bmp", "in/2.PNG", "in/9.jpg", "in/10.png"]


def test_rows_stand_in_the_order_of_the_inputs_across_batches(pictures, tmp_path, monkeypatch):
    run, pixels = pictures
    monkeypatch.setattr(prediction, "BATCH", 5)
    paths = save(tmp_path, pixels)[::-1]
    rows = predict(run, paths)
    assert [row["input"] for row in rows] == [str(path) for path in paths]
    assert [row["label"] for row in rows] == predict_raw(run, {"image": pixels[::-1]})["label"].astype(str).tolist()


def test_an_image_may_come_on_standard_input(pictures, tmp_path):
    run, pixels = pictures
    path = save(tmp_path, pixels[:1])[0]
    from_file, from_stream = predict(run, [path, "-"], stream=io.BytesIO(path.read_bytes()))
    assert from_stream == {**from_file, "input": "-"}
    with pytest.raises(DataError, match=r"^-: can't be decoded"):
        predict(run, ["-"], stream=io.BytesIO(b"no image"))


def test_all_bad_inputs_are_named_at_once(pictures, tmp_path, monkeypatch):
    run, pixels = pictures
    monkeypatch.chdir(tmp_path)
    whole = save(tmp_path, np.repeat(pixels[:1], 40, 1))[0].read_bytes()
    (tmp_path / "empty").mkdir()
    (tmp_path / "cut.png").write_bytes(whole[:-30])
    (tmp_path / "text.jpg").write_text("hello")
    with pytest.raises(DataError) as error:
        predict(run, ["gone.png", "0.png", "empty", "cut.png", "text.jpg"])
    named = [line.split(":")[0] for line in str(error.value).splitlines()]
    assert named == ["gone.png", "empty", "cut.png", "text.jpg"]


def test_damage_that_only_decoding_finds_is_named_too(pictures, tmp_path):
    run, pixels = pictures
    path, good = save(tmp_path, np.repeat(pixels[:2], 40, 1))
    data = bytearray(path.read_bytes())
    data[60:90] = bytes(30)
    path.write_bytes(data)
    with pytest.raises(DataError) as error:
        predict(run, [good, path, good])
    assert str(error.value) == f"{path}: {prediction.BROKEN}"


def test_files_of_a_folder_that_are_no_image_by_suffix_are_counted(pictures, tmp_path, caplog):
    run, pixels = pictures
    save(tmp_path, pixels[:2])
    (tmp_path / "b.tiff").write_bytes(b"II")
    (tmp_path / ".hidden.txt").write_text("")
    with caplog.at_level("INFO", "kerasapp"):
        assert len(predict(run, [tmp_path])) == 2
    assert caplog.messages == [f"{tmp_path}: 1 .tiff left out, no image by its suffix"]


def test_nothing_on_standard_input_is_empty_and_not_damaged(pictures):
    with pytest.raises(DataError, match=r"^-: is empty"):
        predict(pictures[0], ["-"], stream=io.BytesIO(b""))


@pytest.mark.parametrize("text", ['[{"age": 1}]', '{"age": 1, "size, m": 2}', '{"age": 1}\n{"age": 2}\n'])
def test_json_is_not_taken_for_a_csv_header(table, tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows").write_text(text)
    with pytest.raises(DataError, match=r"^rows: is no CSV.*header"):
        predict(table[0], ["rows"])
    with pytest.raises(DataError, match=r"^-: is no CSV.*header"):
        predict(table[0], ["-"], stream=io.BytesIO(text.encode()))


def test_a_header_with_brackets_is_a_header(table):
    run, _ = table
    (row,) = predict(run, ["-"], stream=io.BytesIO(b'[mm],age,"size, m"\n1,2,3\n'))
    assert row["input"] == "-:2"


def test_rows_of_a_csv_are_named_by_their_line_and_keep_their_order(table, tmp_path, monkeypatch):
    run, wanted = table
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b.csv").write_text('"size, m",extra,age\n1.5,"two\nlines",40\n\n2.5,,7\n')
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text('age,"size, m"\n30,3\n')
    rows = predict(run, ["b.csv", "in/a.csv"])
    assert [row["input"] for row in rows] == ["b.csv:2", "b.csv:5", "in/a.csv:2"]
    assert [row["value"] for row in rows] == pytest.approx([wanted(40, 1.5), wanted(7, 2.5), wanted(30, 3)], rel=1e-5)


def test_a_csv_may_come_on_standard_input_with_a_missing_number(table):
    run, wanted = table
    (row,) = predict(run, ["-"], stream=io.BytesIO('\ufeffage,"size, m"\nNA,3\n'.encode()))
    mean = run.task.numeric_columns[0]["mean"]  # stands in for a missing age
    assert row["input"] == "-:2" and row["value"] == pytest.approx(wanted(mean, 3), rel=1e-5)


def test_a_csv_without_a_needed_column_says_which_was_meant(table, tmp_path, monkeypatch):
    run, _ = table
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text('aeg,"size, m"\n30,3\n')
    (tmp_path / "b.csv").write_text('age,"size, m"\nold,3\n')
    with pytest.raises(DataError) as error:
        predict(run, ["a.csv", "b.csv", "gone.csv"])
    first, second, third = str(error.value).splitlines()
    assert 'a.csv: no column "age"' in first and '"aeg"' in first
    assert second.startswith('b.csv:2: age is "old"') and "data.drop" not in second and third.startswith("gone.csv: ")


def test_arrays_of_any_number_are_answered_by_one_graph(pictures):
    run, pixels = pictures
    traced = []

    class Counted(ImageClassification):
        def prepare(self, raw):
            traced.append(1)
            return super().prepare(raw)

    answers = predictor(run.model(), Counted().restore(run.task.state()))
    many = answers({"image": np.repeat(pixels, 50, axis=0)})
    one = answers({"image": pixels[:1], "label": [0]})
    assert len(many["label"]) == 600 and len(traced) == 1
    np.testing.assert_allclose(one["probabilities"], many["probabilities"][:1], atol=1e-6)
    with pytest.raises(DataError, match='no feature "image": did you mean "imgae"'):
        answers({"imgae": pixels})


def told(rows):
    return [(row["input"], row["label"], round(row["probabilities"]["yes"], 3)) for row in rows]


def test_lines_of_a_text_file_and_of_standard_input_are_texts(review, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content = "\ufeffgood, good bad\r\n\n  \nBAD\n[1]\n"
    (tmp_path / "a.TXT").write_bytes(content.encode())
    sure = round(1 / (1 + np.exp(-5 * (2 - 1) / 4)), 3)
    wanted = [(1, "yes", sure), (4, "no", 0.007), (5, "no", 0.5)]
    for name, stream in (("a.TXT", None), ("-", io.BytesIO(content.encode()))):
        assert told(predict(review, [name], stream=stream)) == [(f"{name}:{line}", *rest) for line, *rest in wanted]
    with pytest.raises(DataError, match=r"^-: holds no text"):
        predict(review, ["-"], stream=io.BytesIO(b" \n"))
    with pytest.raises(DataError, match=r"^gone.txt: can't be read"):
        predict(review, ["gone.txt"])


def test_texts_of_a_table_stand_in_the_column_of_training_or_in_text_empty_ones_too(review, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text('id,review\n1,good\n2,""\n')
    (tmp_path / "b.csv").write_text('text\n""\n"bad\nbad"\n')
    rows = told(predict(review, ["a.csv", "b.csv"]))
    assert rows == [("a.csv:2", "yes", 0.993), ("a.csv:3", "no", 0.5), ("b.csv:2", "no", 0.5), ("b.csv:3", "no", 0.007)]
    (tmp_path / "c.csv").write_text("txet\ngood\n")
    with pytest.raises(DataError, match=r'^c.csv: no column "text": did you mean "txet"'):
        predict(review, ["c.csv"])
