"""A run's folder: whole from the start, found again, written by one process."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from kerasapp.errors import RunError
from kerasapp.recipe import load
from kerasapp.run import Run, all_runs

TEXT = "title: T\ntask: image_classification\ndata: {name: sklearn, dataset: digits}\nmodel: {name: cnn}\n"


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(TEXT)
    return load(path)


@pytest.fixture
def parent(tmp_path):
    return tmp_path / "runs" / "tiny"


def test_a_new_run_is_whole_and_its_recipe_resolves_to_the_same(recipe, parent):
    run = Run.create(parent, recipe)
    assert {path.name for path in run.path.iterdir()} == {"recipe.yaml", "environment.json", "state.json"}
    assert run.recipe.values == recipe.values
    assert run.recipe.name == recipe.name == "tiny", "a run of its recipe.yaml stands beside the run that it came from"
    assert [path.name for path in parent.iterdir()] == [run.path.name], "nothing half-made is left beside"


def test_two_runs_of_one_second_get_two_folders(recipe, parent):
    paths = {Run.create(parent, recipe).path for _ in range(3)}
    assert len(paths) == 3


def test_a_name_that_is_taken_is_refused(recipe, parent):
    Run.create(parent, recipe, "first")
    with pytest.raises(RunError, match="another --name"):
        Run.create(parent, recipe, "first")


def test_own_code_travels_with_the_run(tmp_path, parent):
    (tmp_path / "nets.py").write_text("def tower(*, image_shape: tuple[int, int, int], num_classes: int): return 5\n")
    path = tmp_path / "own.yaml"
    path.write_text(TEXT.replace("name: cnn", "name: ./nets.py:tower"))
    run = Run.create(parent, load(path))
    (tmp_path / "nets.py").unlink()
    assert run.recipe.model["name"] == "./code/nets.py:tower"


def test_a_run_is_found_by_path_latest_and_prefix(recipe, parent, tmp_path):
    first, second = Run.create(parent, recipe, "alpha"), Run.create(parent, recipe, "beta")
    (first.path / "model.keras").touch()
    assert Run.open(second.path).path == second.path
    assert Run.open("latest", tmp_path).path == first.path, "the newest that has a model"
    assert Run.open("be", tmp_path).path == Run.open("tiny/be", tmp_path).path == second.path


@pytest.mark.parametrize(
    "word, words", [("none", "no such run"), ("latest", "no run with a model"), ("tiny", "fits 2 runs")]
)
def test_a_run_that_is_not_clear_is_refused(recipe, parent, tmp_path, word, words):
    Run.create(parent, recipe, "alpha"), Run.create(parent, recipe, "beta")
    with pytest.raises(RunError, match=words):
        Run.open(word, tmp_path)


def test_a_run_whose_process_is_gone_is_interrupted_and_one_at_work_is_running(recipe, parent):
    run = Run.create(parent, recipe)
    assert run.state["state"] == "interrupted"
    with run.lock():
        assert run.state["state"] == "running"
        code = (
            f"import pathlib; from kerasapp.run import Run; print(Run(pathlib.Path({str(run.path)!r})).state['state'])"
        )
        told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        assert told == "running"
    assert run.state["state"] == "interrupted"


def test_a_second_process_may_not_write_to_a_run(recipe, parent):
    run = Run.create(parent, recipe)
    code = f"import pathlib; from kerasapp.run import Run\nRun(pathlib.Path({str(run.path)!r})).lock()"
    with run.lock():
        told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "another process" in told.stderr


def test_samples_of_bytes_text_and_numbers_come_back_equal(recipe, parent):
    run = Run.create(parent, recipe)
    kept = {
        "image": np.array([b"\x00\xff", b"", b"abc"], object),
        "text": np.array(["é".encode(), b"b", b"c"], object),
        "x": np.arange(6, dtype="float32").reshape(3, 2),
    }
    run.keep_samples("test", kept)
    found = run.samples("test")
    assert {name: list(values) for name, values in found.items() if name != "x"} == {
        name: list(values) for name, values in kept.items() if name != "x"
    }
    assert np.array_equal(found["x"], kept["x"])


def test_trials_and_folds_are_not_among_the_runs(recipe, parent, tmp_path):
    run = Run.create(parent, recipe, "main")
    Run.create(run.path / "folds", recipe, "1")
    assert [found.path.name for found in all_runs(tmp_path)] == ["main"]


@pytest.mark.parametrize("part", ["", "logs"])
def test_a_run_that_may_not_be_removed_stays_whole_and_is_named(recipe, parent, monkeypatch, part):
    run = Run.create(parent, recipe, "alpha")
    (run.path / "logs").mkdir()
    before = sorted(run.path.rglob("*"))
    closed = run.path / part
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(closed))
    with pytest.raises(RunError, match="may not be written to") as error:
        run.remove()
    assert error.value.where == str(closed) and sorted(run.path.rglob("*")) == before


def test_a_run_in_a_folder_that_is_read_only_stays_whole(recipe, parent, monkeypatch):
    run = Run.create(parent, recipe, "alpha")
    before = sorted(run.path.rglob("*"))

    def refuse(*_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(RunError, match=r"alpha: can't be removed: read-only file system\. Nothing was"):
        run.remove()
    assert sorted(run.path.rglob("*")) == before


def test_a_removed_run_leaves_nothing_and_one_that_is_half_gone_is_no_run(recipe, parent, tmp_path, monkeypatch):
    Run.create(parent, recipe, "alpha").remove()
    assert list(parent.iterdir()) == []
    run = Run.create(parent, recipe, "beta")

    def fails(path):
        raise OSError(5, "Input/output error", str(path / "logs"))

    monkeypatch.setattr(shutil, "rmtree", fails)
    with pytest.raises(RunError, match=r"\.removed-beta.*is left of the run tiny/beta.*input/output error"):
        run.remove()
    assert all_runs(tmp_path) == []
