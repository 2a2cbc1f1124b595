"""The sheet shows what training will do: the same steps, and the views that its first epochs have."""

import io
import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from kerasapp.cli import run as cli
from kerasapp.errors import KerasappError, RecipeError
from kerasapp.ops._random import example_keys
from kerasapp.preview import sheet
from kerasapp.recipe import load
from kerasapp.training import adapted, prepare

SOURCE = "{{name: synthetic, image_shape: [24, 16, 3], num_classes: 3, examples: 40}}"
TEXT = f"title: T\nseed: 3\ntask: {{{{name: image_classification{{task}}}}}}\ndata: {SOURCE}\nmodel: cnn\n"
STEPS = ", preprocessing: [{name: gaussian_blur, sigma: 0.5}, {name: laplacian_of_gaussian}, {name: hog, cell_size: 4}]"


@pytest.fixture
def recipe(tmp_path):
    def made(task="", text=TEXT):
        path = tmp_path / "small.yaml"
        path.write_text(text.format(task=task))
        return load(path)

    return made


def test_columns_are_the_steps_in_order_and_their_pictures_what_they_give(recipe):
    made = sheet(recipe(f"{STEPS}, image_size: [12, 12]"), examples=4)
    first = made.examples[0]
    headings = [heading.partition("\n")[0] for heading in first.cells]
    assert headings == ["original", "resized", "gaussian blur", "laplacian of gaussian", "hog"]
    assert [values.shape for values in first.cells.values()] == [(24, 16, 3), *[(12, 12, 3)] * 3, (144,)]
    assert np.array_equal(first.cells[list(first.cells)[-1]], first.given) and len(made.examples) == 4
    assert {each.label for each in made.examples[:3]} == {"0", "1", "2"}


def test_the_smoothed_picture_of_a_film_stands_beside_its_first_frame(recipe, tmp_path):
    random = np.random.default_rng(0)
    for number in range(6):
        shown = [Image.fromarray(random.integers(0, 256, (12, 10, 3)).astype("uint8")) for _ in range(3)]
        (tmp_path / "films" / "ab"[number % 2]).mkdir(parents=True, exist_ok=True)
        shown[0].save(tmp_path / "films" / "ab"[number % 2] / f"{number}.gif", save_all=True, append_images=shown[1:])
    text = TEXT.replace(SOURCE, f"{{{{name: image_folder, path: {tmp_path / 'films'}}}}}")
    steps = ", frames: 3, preprocessing: [{name: kalman_smooth, process_variance: 0.0}], augmentation: [flip]"
    made = sheet(recipe(steps, text), examples=2, views=1).examples[0]
    assert [heading.partition("\n")[0] for heading in made.cells] == ["original", "kalman smooth", "epoch 1"]
    original, smooth, view = made.cells.values()
    assert original.shape == smooth.shape == made.given.shape == (12, 10, 3)
    assert np.std(smooth) < 0.7 * np.std(original / 255), "the mean of three frames of noise"
    assert any(np.allclose(view, turned, atol=1e-6) for turned in (smooth, smooth[:, ::-1]))


def test_views_are_those_of_the_first_epochs_and_mixed_labels_stand_below(recipe):
    chosen = recipe(", augmentation: [flip, shift]")
    task, splits = adapted(chosen)
    made = sheet(chosen, examples=3, views=2)
    rows = [list(splits["train"].ids).index(each.name) for each in made.examples]
    raw = task.prepare(splits["train"].gather(tf.constant(rows, tf.int64)))
    for epoch in range(2):
        wanted = task.encode(raw, example_keys(3, epoch, tf.constant(rows, tf.int64)))[0].numpy()
        seen = np.stack([each.cells[f"epoch {epoch + 1}\naugmented"] for each in made.examples])
        assert seen == pytest.approx(wanted, abs=1e-6)
    assert "epoch 3\naugmented" not in made.examples[0].cells and not made.examples[0].notes
    mixed = sheet(recipe(", mixing: [{name: mixup, alpha: 9.0}]"), examples=3, views=1).examples
    assert all({part.split()[0] for part in each.notes["epoch 1\nmixed"].split(", ")} <= set("012") for each in mixed)
    assert any(", " in each.notes["epoch 1\nmixed"] for each in mixed)


def test_the_command_draws_a_picture_and_says_what_is_on_it(recipe, tmp_path, capsys):
    file = recipe(f"{STEPS}, augmentation: [color], mixing: [mixup]").file
    out = tmp_path / "sheet.png"
    assert cli(["preview", str(file), "--out", str(out), "--examples", "2", "--views", "1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["files"] == [str(out)] and len(told["examples"]) == 2
    assert told["columns"][:2] == ["original", "gaussian blur sigma 0.5"] and told["columns"][-1] == "values"
    drawn = np.asarray(Image.open(out).convert("L"))
    assert min(drawn.shape) >= 200 and drawn.std() > 20


def test_photographs_are_shown_as_they_came(recipe, tmp_path):
    for number in range(12):
        folder = tmp_path / "photos" / ["cat", "dog"][number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (10 + number, 20, 3)).astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "png")
        (folder / f"{number}.png").write_bytes(file.getvalue())
    folder = f"{{{{name: image_folder, path: {tmp_path / 'photos'}}}}}"
    made = sheet(recipe(text=TEXT.replace(SOURCE, folder)), examples=4)
    for each in made.examples:
        assert np.array_equal(each.cells["original"], np.asarray(Image.open(each.name)))
        assert each.label == each.name.split("/")[-2]


@pytest.mark.parametrize(
    "task, words",
    [
        (", preprocessing: [hog, equalize]", r"small.yaml:3:57: equalize: takes pictures, and gets 72 numbers"),
        (
            ", augmentation: [{name: rand_augment, magnitude: 11}]",
            r"small.yaml:3:51: rand_augment: magnitude is 11, and at most 10",
        ),
        (", preprocessing: [hog], mixing: [cutmix]", r"small.yaml:3:67: cutmix: takes pictures, and gets 72 numbers"),
    ],
)
def test_a_step_that_can_not_be_is_told_at_its_place(recipe, task, words):
    for asked in (sheet, prepare):
        with pytest.raises(RecipeError, match=words):
            asked(recipe(task))


def test_what_is_no_picture_and_what_is_no_drawing_are_refused(recipe, capsys):
    table = "title: T\ntask: tabular_classification\ndata: {{name: sklearn, dataset: wine}}\nmodel: mlp\n{task}"
    with pytest.raises(KerasappError, match="preview shows pictures, and tabular_classification reads rows"):
        sheet(recipe(text=table))
    assert cli(["preview", str(recipe().file), "--out", "sheet.pdf"]) == 2
    assert capsys.readouterr().err == "sheet.pdf: a sheet is drawn as .png or .svg\n"
