"""A user's own code travels with the run."""

import hashlib
import json

import pytest

from kerasapp import components
from kerasapp.own_copy import copy_own_code
from kerasapp.recipe import load
from kerasapp.run import Run

TEXT = "title: T\ntask: image_classification\ndata: {name: sklearn, dataset: digits}\nmodel: {name: 'OWN'}\n"
TOWER = "import blocks\ndef tower(*, num_classes: int): return blocks.x\n"
LATE = "from .more import y"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "mine"
    texts = {
        "nets.py": TOWER,
        "blocks.py": "x = 1\n",
        "unused.py": "",
        "lab/__init__.py": "",
        "lab/nets.py": f"from lab.blocks import x\ndef tower(*, num_classes: int):\n    {LATE}\n    return x + y\n",
        "lab/blocks.py": "x = 2\n",
        "lab/more.py": "y = 0\n",
        "space/nets.py": "from space.blocks import x\ndef tower(*, num_classes: int): return x\n",
        "space/blocks.py": "x = 3\n",
        "other/ops.py": "import blocks\ndef spin(images, keys, *, by: float = 0.1): return blocks.x\n",
        "other/blocks.py": "x = 4\n",
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def run_of(folder, own, text=TEXT):
    (folder / "tiny.yaml").write_text(text.replace("OWN", own))
    return Run.create(folder / "runs" / "tiny", load(folder / "tiny.yaml"))


def made(run):
    return components.create("models", run.recipe.model, folder=run.recipe.folder, num_classes=3)


@pytest.mark.parametrize(
    "own, name, files, gives",
    [
        ("./nets.py:tower", "./code/nets.py:tower", ["blocks.py", "nets.py"], 1),
        ("./lab/nets.py:tower", "./code/lab/nets.py:tower", ["__init__.py", "blocks.py", "more.py", "nets.py"], 2),
        ("lab.nets:tower", "./code/lab.nets:tower", ["__init__.py", "blocks.py", "more.py", "nets.py"], 2),
        ("space.nets:tower", "./code/space.nets:tower", ["blocks.py", "nets.py"], 3),
    ],
)
def test_a_runs_model_is_rebuilt_from_the_copy_where_the_original_is_changed_or_gone(folder, own, name, files, gives):
    run = run_of(folder, own)
    for path in folder.rglob("*.py"):
        if "runs" not in path.relative_to(folder).parts:
            path.unlink() if path.name == "blocks.py" else path.write_text("raise ValueError('changed')")
    assert run.recipe.model["name"] == name
    assert made(run) == gives
    code = run.path / "code"
    assert sorted(path.name for path in code.rglob("*.py")) == files
    told = json.loads((run.path / "environment.json").read_text())["code"]
    assert told == {
        path.relative_to(code).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in code.rglob("*.py")
    }


def test_a_run_of_a_runs_recipe_takes_the_code_along_once_more(folder):
    first = run_of(folder, "lab.nets:tower")
    second = Run.create(folder / "again", first.recipe)
    assert second.recipe.model == first.recipe.model and made(second) == 2


def test_two_runs_with_other_code_of_the_same_name_do_not_mix(folder):
    first = run_of(folder, "./nets.py:tower")
    (folder / "blocks.py").write_text("x = 10\n")
    second = run_of(folder, "./nets.py:tower")
    assert (made(first), made(second), made(first)) == (1, 10, 1)


def test_code_of_several_folders_stays_apart(folder):
    steps = "task: {name: image_classification, augmentation: [{name: './other/ops.py:spin'}]}"
    run = run_of(folder, "./nets.py:tower", TEXT.replace("task: image_classification", steps))
    (step,) = run.recipe.task["augmentation"]
    assert run.recipe.model["name"] == "./code/2/nets.py:tower" and step["name"].endswith("/code/ops.py:spin")
    assert made(run) == 1 and components.function("ops", step["name"], "augment")(0, 0) == 4
    assert {path.relative_to(run.path / "code").as_posix() for path in run.path.rglob("*.py")} == {
        *("ops.py", "blocks.py"),
        *("2/nets.py", "2/blocks.py"),
    }


def test_an_installed_module_stays_where_it_is_and_is_hashed(folder):
    values = {"model": {"name": "keras.layers:Dense"}}
    assert list(copy_own_code(values, folder, folder / "code")) == ["keras.layers"]
    assert values == {"model": {"name": "keras.layers:Dense"}} and not (folder / "code").exists()


def test_what_a_copy_lacks_shows_when_it_is_imported(folder):
    (folder / "nets.py").write_text(
        "import importlib, pathlib\nx = pathlib.Path(__file__).with_name('words.txt').read_text()\n"
        "def tower(*, num_classes: int): return x\n"
    )
    (folder / "words.txt").write_text("hi")
    run = run_of(folder, "./nets.py:tower")
    with pytest.raises(Exception, match=r"recipe.yaml:\d+:\d+: ./code/nets.py line 2: FileNotFoundError: "):
        run.import_own_code()
