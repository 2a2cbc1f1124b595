"""The command line, in this process and in one of its own; and a run of word vectors, written by hand."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kerasapp import vectors
from kerasapp.cli import run
from kerasapp.recipe import load
from kerasapp.vectors import Vectors

POINTS = {
    "the": (0.2, 0.1, 3.0),
    "man": (1.0, 0.0, 0.1),
    "woman": (0.0, 1.0, 0.1),
    "king": (1.0, 0.1, 1.0),
    "queen": (0.1, 1.0, 1.1),
    "horse": (-1.0, -1.0, 0.2),
}
RECIPE = "title: Words\ntask: image_classification\ndata: {name: sklearn, dataset: digits}\nmodel: {name: cnn}\n"


@pytest.fixture
def words() -> Vectors:
    return Vectors(list(POINTS), np.array(list(POINTS.values()), np.float32), np.arange(6, 0, -1))


@pytest.fixture
def words_run(words, tmp_path):
    """Makes `runs/words/NAME` below `tmp_path`, finished, with vectors."""

    def make(name: str = "first", vectors_: Vectors = words) -> Path:
        folder = tmp_path / "runs" / "words" / name
        folder.mkdir(parents=True)
        state = {"state": "finished", "recipe": "words", "started": "2026-01-03T10:22:00", "seconds": 1.0}
        (folder / "state.json").write_text(json.dumps(state))
        (folder / "recipe.yaml").write_text(load_whole(tmp_path))
        (folder / "environment.json").write_text(json.dumps({"python": "3.11.2", "versions": {"numpy": "2.0"}}))
        vectors.write(folder / vectors.FILE, vectors_)
        return folder

    return make


def load_whole(folder: Path) -> str:
    """A recipe as a run keeps it, resolved."""
    path = folder / "words.yaml"
    path.write_text(RECIPE)
    return load(path).as_yaml()


@pytest.fixture
def app(tmp_path):
    """`app(words...)` runs the command line; the last line of stderr says whether TensorFlow was imported."""
    code = (
        "import sys\nfrom kerasapp.cli import run\ncode = run(sys.argv[1:])\n"
        "print('tensorflow', 'tensorflow' in sys.modules, file=sys.stderr)\nsys.exit(code)"
    )

    def call(*given):
        command = [sys.executable, "-c", code, *map(str, given)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    return call


@pytest.fixture
def called(tmp_path, monkeypatch, capfd):
    """`called(words...)` runs the command line in this process, which spares TensorFlow's start: exit code, stdout,
    stderr.
    """
    monkeypatch.chdir(tmp_path)

    def call(*words):
        capfd.readouterr()
        code = run([str(word) for word in words])
        return code, *capfd.readouterr()

    return call
