"""What a user's own code raises is told at its name in the recipe, with the user's line: it is no fault of ours."""

import pytest

from kerasapp import components
from kerasapp.blame import blamed, told_at_its_name
from kerasapp.cli import run
from kerasapp.errors import DataError, RecipeError
from kerasapp.recipe import load

TEXT = """\
title: T
task: image_classification
data: {name: sklearn, dataset: digits}
model: {name: cnn}
train: {epochs: 1}
"""
NET = """\
import keras
def tower(*, image_shape, num_classes):
    x = inputs = keras.Input(image_shape)
    return keras.Model(inputs, keras.layers.Dense(num_classes)(keras.layers.Flatten()(x)))
"""
TASK = """\
from dataclasses import dataclass
from kerasapp.tasks.image_classification import ImageClassification
@dataclass(frozen=True, kw_only=True)
class Mine(ImageClassification):
    gain: float = 1.0
    def encode(self, raw, keys=None):
        image, context = super().encode(raw, keys)
        return image * self.gain, context
"""
OP = "def spin(images, keys, *, by: float = 0.1):\n    return images + by\n"
MODEL = ("name: cnn", "name: './nets.py:tower'")
STEP = ("image_classification", "{name: image_classification, augmentation: [flip, {name: './nets.py:spin'}]}")
OWN_TASK = ("image_classification", "{name: './nets.py:Mine'}")
SOURCE = ("{name: sklearn, dataset: digits}", "{name: './nets.py:load'}")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def made(change, code, **files):
        (tmp_path / "mine.yaml").write_text(TEXT.replace(*change))
        for name, text in {"nets": code, **files}.items():
            (tmp_path / f"{name}.py").write_text(text)
        return tmp_path / "mine.yaml"

    return made


@pytest.mark.parametrize(
    "change, code, position, told",
    [
        (MODEL, f"\n\nx = kears\n{NET}", "4:15", "./nets.py line 3: NameError: name 'kears' is not defined"),
        (MODEL, f"import no_such\n{NET}", "4:15", "./nets.py line 1: ModuleNotFoundError: No module named 'no_such'"),
        (MODEL, f"import sys\nsys.exit(0)\n{NET}", "4:15", "./nets.py line 2: SystemExit: 0"),
        (MODEL, f"raise ValueError\n{NET}", "4:15", "./nets.py line 1: ValueError"),
        (MODEL, NET.replace("Flatten", "Flaten"), "4:15", "./nets.py line 4: AttributeError: "),
        (MODEL, NET.replace("(num_", "(-num_"), "4:15", "./nets.py line 4: ValueError: "),
        (MODEL, f"{NET}del tower\n", "4:15", "./nets.py line 2: AttributeError: "),
        (MODEL, "def tower(*, image_shape): return 5\n", "4:15", "./nets.py:tower gives int, and a model is a keras.M"),
        (OWN_TASK, TASK.replace("gain,", "gian,"), "2:14", "./nets.py line 8: AttributeError: 'Mine' object has no "),
        (OWN_TASK, f"{TASK}    def adapt(self, split): 1/0\n", "2:14", "./nets.py line 9: ZeroDivisionError: "),
        (OWN_TASK, "class Mine(dict): pass\n", "2:14", "./nets.py:Mine is no subclass of kerasapp.tasks._base.Task"),
        (SOURCE, "def load(): return None / 2\n", "3:14", "./nets.py line 1: TypeError: "),
        (STEP, f"import no_such\n{OP}", "2:64", "./nets.py line 1: ModuleNotFoundError: "),
        (STEP, OP.replace("images +", "image +"), "2:64", "./nets.py line 2: NameError: name 'image' is not defined"),
        (STEP, OP.replace("+ by", "[:, 1:]"), "2:50", "augmentation makes (7, 8, 1) float32 of (8, 8, 1) float32"),
    ],
)
def test_what_own_code_raises_is_one_line_at_its_name(folder, capsys, change, code, position, told):
    folder(change, code)
    assert run(["summary", "mine.yaml"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"mine.yaml:{position}: {told}")


@pytest.mark.parametrize(
    "blocks, told",
    [("\n1 / 0\n", "./blocks.py line 2: ZeroDivisionError: division by zero"),
     ("\ndef x(:\n", "./blocks.py line 2: SyntaxError: invalid syntax"),
     ("from . import nothing\n", "./blocks.py line 1: ImportError: cannot import name 'nothing' from ")],
)  # fmt: skip
def test_a_file_beside_that_raises_is_named_and_stands_at_the_component_that_imports_it(folder, capsys, blocks, told):
    folder(MODEL, f"import blocks\n{NET}", blocks=blocks)
    assert run(["summary", "mine.yaml"]) == 2
    line = capsys.readouterr().err.strip()
    assert line.startswith(f"mine.yaml:4:15: {told}") and "kerasapp_own" not in line


def test_with_debug_the_users_exception_comes_with_its_traceback(folder):
    folder(MODEL, f"x = kears\n{NET}")
    with pytest.raises(RecipeError) as caught:
        run(["summary", "mine.yaml", "--debug"])
    while not isinstance(caught, NameError):
        caught = getattr(caught, "value", caught).__cause__
    assert blamed(caught).line == 1


def test_an_exception_in_training_is_told_as_well_and_the_run_has_failed(folder, tmp_path, capsys):
    step = "class Net(keras.Model):\n    def train_step(self, data):\n        return kears\n"
    folder(MODEL, NET.replace("keras.Model(inputs", "Net(inputs").replace("def tower", f"{step}def tower"))
    assert run(["run", "mine.yaml"]) == 2
    assert "mine.yaml:4:15: ./nets.py line 4: NameError: name 'kears'" in capsys.readouterr().err.splitlines()[-1]
    assert '"failed"' in next(tmp_path.glob("runs/*/*/state.json")).read_text()


def test_of_two_components_in_one_file_the_one_that_raised_is_named(folder):
    path = folder(MODEL, f"{TASK}\n{NET.replace('Flatten', 'Flaten')}")
    path.write_text(path.read_text().replace(*OWN_TASK))
    recipe = load(path)
    with pytest.raises(RecipeError, match=r"mine.yaml:4:15: "), told_at_its_name(recipe):
        components.create("models", recipe.model, folder=recipe.folder, image_shape=(8, 8, 1), num_classes=3)


def test_errors_that_are_told_already_and_those_of_ours_pass(folder):
    recipe = load(folder(MODEL, NET))
    with pytest.raises(DataError, match=r"^there: gone"), told_at_its_name(recipe):
        raise DataError("there", "gone")
    with pytest.raises(ZeroDivisionError), told_at_its_name(recipe):
        1 / 0  # noqa: B018


@pytest.mark.parametrize(
    "made, told", [("[1]", "gives list"), ("{}", "gives dict"), ("{'train': 3}", "train is int wi")]
)
def test_a_source_of_ones_own_that_gives_no_splits_is_told(folder, capsys, made, told):
    folder(SOURCE, f"def load(): return {made}\n")
    assert run(["summary", "mine.yaml"]) == 2
    assert capsys.readouterr().err.startswith(f"./nets.py:load: {told}")
