"""`tune`, and what other verbs do with a sweep's file, on a command line."""

import json
from unittest.mock import Mock

import pytest

RECIPE = """\
title: T
task: image_classification
data: {name: synthetic, image_shape: [8, 8, 1], num_classes: 3, examples: 120, split: {validation: 0.3}}
model: {name: mlp, units: [16]}
train: {epochs: 1, batch_size: 16}
"""
SWEEP = """\
title: A sweep
recipe: small.yaml
objective: {metric: val_accuracy, mode: max}
budget: {trials: 1}
confirm: {seeds: 1}
space:
  train.optimizer.learning_rate: {float: [1e-4, 1e-1], sampling: log}
"""


@pytest.fixture(autouse=True)
def files(tmp_path):
    (tmp_path / "small.yaml").write_text(RECIPE)
    (tmp_path / "sweep.yaml").write_text(SWEEP)


def test_tune_says_in_json_what_the_contract_says(called, tmp_path):
    code, out, err = called("tune", "sweep.yaml", "--json")
    done = json.loads(out)
    assert code == 0, err
    assert done["sweep"] == "runs/sweep"
    assert [set(row) >= {"trial", "run", "state", "values", "score"} for row in done["trials"]] == [True]
    assert set(done["best"]) >= {"run", "recipe", "score", "confirmed"}
    assert set(done["best"]["confirmed"]) == {"mean", "spread", "seeds"}
    assert sum(line.startswith("trial 000") for line in err.splitlines()) == 1
    code, out, err = called("tune", "sweep.yaml")
    assert code == 2
    assert err == "runs/sweep: has this sweep already, with 1 trial done. Go on with --resume, or remove the folder\n"
    code, out, err = called("tune", "sweep.yaml", "--resume", "--trials", "2")
    assert code == 0
    assert out.startswith("best: trial 000")
    assert "over 1 new seed, the recipe's own values: " in out
    assert called("runs", "--json")[1] == "[]\n"


def test_faults_of_a_sweep_are_lines_with_their_places(called, tmp_path):
    (tmp_path / "sweep.yaml").write_text(
        SWEEP.replace("learning_rate", "learning_rte").replace("trials: 1", "trials: 0")
    )
    wanted = [
        "sweep.yaml:4:18: trials: expected a number above 0, got 0",
        'sweep.yaml:7:3: unknown argument "learning_rte" of Adam: did you mean "learning_rate"?',
    ]
    for verb in ("tune", "check"):
        code, _, err = called(verb, "sweep.yaml")
        assert (code, err.splitlines()) == (2, wanted)
    errors = json.loads(called("check", "sweep.yaml", "--json")[1])["errors"]
    assert [row["path"] for row in errors] == ["budget.trials", "space.train.optimizer.learning_rte"] or len(
        errors
    ) == 2


def test_a_sweep_without_a_space_is_checked_as_a_sweep(called, tmp_path):
    (tmp_path / "sweep.yaml").write_text(SWEEP.replace("space:", "spaec:"))
    code, _, err = called("check", "sweep.yaml")
    assert code == 2
    assert 'sweep.yaml:6:1: unknown key "spaec": did you mean "space"?' in err.splitlines()


def test_a_stopped_sweep_says_how_it_is_gone_on_with(called, monkeypatch):
    from kerasapp.callbacks.stop import Stopped

    monkeypatch.setattr("kerasapp.tuning.tune.in_turn", Mock(side_effect=Stopped(2)))
    code, _, err = called("tune", "sweep.yaml", "--set", "train.epochs=2", "--trials", "1")
    told = "kerasapp tune sweep.yaml --set=train.epochs=2 --trials 1 --resume"
    assert (code, err) == (130, f"runs/sweep: stopped after 0 trials. Go on with: {told}\n")


def test_a_sound_sweep_is_ok_and_a_combination_that_can_not_be_built_a_note(called, tmp_path):
    assert called("check", "sweep.yaml")[:2] == (0, "ok\n")
    more = "  model: {choice: [mlp, {name: cnn, padding: valid, kernel_size: 9}]}\n"
    (tmp_path / "sweep.yaml").write_text(SWEEP + more)
    code, _, err = called("check", "sweep.yaml", "--build")
    lines = err.splitlines()
    assert code == 0
    assert lines
    assert all("note: can't be built, and is replaced: train.optimizer.learning_rate: " in line for line in lines)
    assert all("kernel_size: 9" in line for line in lines)


def test_a_sweep_that_is_not_there_is_one_line(called):
    code, _, err = called("tune", "sweeep")
    assert code == 2
    assert "sweeep:1:1: no such file, and no stock sweep of that name" in err


def test_a_worker_without_a_chief_is_told_what_it_lacks(called):
    assert called("tune", "sweep.yaml", "--worker")[::2] == (2, "--worker: say where the chief is: --chief HOST:PORT\n")


def test_listed_sweeps_have_the_task_of_their_recipe(called, tmp_path, monkeypatch):
    folder = tmp_path / "stock"
    folder.mkdir()
    (folder / "mine.yaml").write_text(SWEEP.replace("small.yaml", "vision/digits_cnn"))
    monkeypatch.setattr("kerasapp.cli.list.stock_files", lambda kind: {"mine": folder / "mine.yaml"})
    code, out, _ = called("list", "--sweeps", "--json")
    assert code == 0
    assert json.loads(out) == [
        {"name": "mine", "title": "A sweep", "task": "image_classification", "path": str(folder / "mine.yaml")}
    ]
