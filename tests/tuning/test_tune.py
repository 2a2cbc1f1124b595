"""Sweeps that train: what comes of them, and what a kill does not change."""

import fcntl
import json
import os
import random
import threading
from pathlib import Path
from unittest.mock import Mock

import pytest
import yaml

from kerasapp.callbacks.history import HistoryFile
from kerasapp.callbacks.stop import StopOnSignal
from kerasapp.errors import RunError, WorkError
from kerasapp.recipe import load
from kerasapp.run import Run, all_runs
from kerasapp.training import evaluate, train
from kerasapp.tuning._ledger import Asked
from kerasapp.tuning._trial import Trials
from kerasapp.tuning.sweep import load_sweep
from kerasapp.tuning.tune import tune

TUNERS = {
    "random": ("random", "trials: 3"),
    "grid": ("grid", "trials: 3"),
    "bayesian": ("{name: bayesian, num_initial_points: 2}", "trials: 3"),
    "hyperband": ("hyperband", "epochs: 3"),
}
UNCONFIRMED = ("confirm: {seeds: 1}", "confirm: null")


class Killed(BaseException):
    """What ends a process at once."""


@pytest.fixture
def deadly(monkeypatch):
    """`deadly(n)`: at the n-th time that a file is put in its place the process dies, and writes nothing any more."""

    def at(number):
        left, real = [number], os.replace

        def replace(*places):
            left[0] -= 1
            if left[0] <= 0:
                raise Killed
            real(*places)

        monkeypatch.setattr(os, "replace", replace)

    return at


def table(result):
    """What must be equal: values, scores, curves."""
    return [[row[key] for key in ("trial", "values", "state", "score", "curve", "epochs")] for row in result["trials"]]


def history(folder):
    """The rows of history.csv, but for the time that they took."""
    return [row | {"seconds": 0} for row in HistoryFile(folder / "history.csv").rows()]


def test_the_best_recipe_reproduces_the_trials_score_exactly(sweep, tmp_path):
    done = tune(sweep(("trials: 3", "trials: 2")), tmp_path)
    best = done["best"]
    finished = [row for row in done["trials"] if row["state"] == "finished"]
    assert len(finished) == 2
    assert best["score"] == max(row["score"] for row in finished)
    run = train(load(best["recipe"]), tmp_path)
    assert max(row["val_accuracy"] for row in HistoryFile(run.path / "history.csv").rows()) == best["score"]
    assert run.report["splits"]["test"]["metrics"] == Run(Path(best["run"])).report["splits"]["test"]["metrics"]
    assert best["confirmed"]["seeds"] == 1
    assert [run["seed"] for run in done["default"]["confirmed"]["runs"]] == [4]  # the trials had 3
    assert json.loads((tmp_path / "runs" / "sweep" / "sweep.json").read_text())["best"] == best


def test_a_recipe_that_stops_early_does_so_in_its_trials_its_best_and_what_confirms_it(sweep, tmp_path):
    done = tune(sweep(("trials: 3", "trials: 1"), recipe=[("epochs: 2", "epochs: 4, stop_after: 2")]), tmp_path)
    runs = [*done["confirmed"][0]["runs"], *done["default"]["confirmed"]["runs"]]
    for place in (done["best"]["run"], *(one["run"] for one in runs)):
        assert len(HistoryFile(Path(place) / "history.csv").rows()) == 2
    assert load(done["best"]["recipe"]).train.stop_after == 2


def test_of_trainings_that_confirm_those_that_fail_are_told_and_a_full_disk_is_no_such_failure(sweep, tmp_path):
    rate = "train.optimizer: {choice: [{name: SGD, learning_rate: 0.01}]}"
    made = sweep(
        ("trials: 3", "trials: 1"), ("[8, 16, 32]", "[16]"),
        ("train.optimizer.learning_rate: {float: [1e-4, 1e-1], sampling: log}", rate),
        recipe=[("batch_size: 16", "batch_size: 16, optimizer: {name: SGD, learning_rate: 1e30}")],
    )  # fmt: skip
    done = tune(made, tmp_path)
    default = done["default"]["confirmed"]
    assert (default["mean"], default["seeds"], default["runs"]) == (None, 0, [])
    assert "became" in default["failed"][0]["reason"]
    assert "new seeds of the recipe's own defaults failed" in (tmp_path / "runs/sweep/report.md").read_text()
    full = Mock(side_effect=WorkError("no space left"))
    full.side_effect.__cause__ = OSError()
    trainer = Trials(made, tmp_path, tmp_path, None, None)
    trainer.one = full
    with pytest.raises(WorkError, match="no space left"):
        trainer.confirmed(made.default, tmp_path / "place")


def test_hyperband_is_what_ends_a_trial_whatever_the_recipe_says(sweep):
    made = sweep(
        ("random", "hyperband"), ("trials: 3", "epochs: 3"), recipe=[("epochs: 2", "epochs: 4, stop_after: 2")]
    )
    assert [made.trial({}, made.rung(epochs)).train.stop_after for epochs in (1, 3)] == [1, None]


def test_a_trial_is_a_run_without_pages_until_asked_for_and_never_the_latest(sweep, tmp_path):
    done = tune(sweep(UNCONFIRMED, ("trials: 3", "trials: 1")), tmp_path)
    run = Run(Path(done["trials"][0]["run"]))
    assert run.state["state"] == "finished"
    assert not (run.path / "report.html").exists()
    assert all_runs(tmp_path) == []
    with pytest.raises(RunError):
        Run.open("latest", tmp_path)
    evaluate(run)
    assert (run.path / "report.html").exists()
    assert done["best"]["confirmed"] is None


@pytest.mark.parametrize(
    ("tuner", "seed"),
    [("random", 0), *(pytest.param(tuner, seed, marks=pytest.mark.slow) for tuner in TUNERS for seed in (1, 2))],
)
def test_a_sweep_killed_at_random_moments_ends_as_the_whole(sweep, tmp_path, deadly, monkeypatch, tuner, seed):
    name, budget = TUNERS[tuner]
    made = sweep(UNCONFIRMED, ("random", name), ("trials: 3", budget), recipe=[("epochs: 2", "epochs: 1")])
    whole = tune(made, tmp_path / "whole")
    drawn = random.Random(f"{tuner} {seed}")
    for _ in range(2):
        deadly(drawn.randint(1, 45))
        try:
            tune(made, tmp_path / "killed", resume=True)
        except Killed:
            pass
        finally:
            monkeypatch.undo()
    assert table(tune(made, tmp_path / "killed", resume=True)) == table(whole)


@pytest.mark.parametrize("folds", [(), pytest.param((1,), marks=pytest.mark.slow)], ids=["", "folds"])
def test_a_later_rung_goes_on_with_the_same_run_as_if_it_had_not_stopped(sweep, tmp_path, folds):
    fold = ("split:", "folds: 2, split:") if folds else ("epochs: 2", "epochs: 9")
    made = sweep(UNCONFIRMED, ("random", "hyperband"), ("trials: 3", "epochs: 3"), recipe=[fold])
    done = tune(made, tmp_path)
    (row,) = [row for row in done["trials"] if row["continues"]]
    first = next(one for one in done["trials"] if one["trial"] == row["continues"])
    assert (first["rung"], row["rung"], row["run"]) == (1, 3, first["run"])
    assert row["curve"][:1] == first["curve"]
    assert len(row["curve"]) == 3
    whole = train(made.trial(row["values"]), tmp_path)
    for part in ("", *(f"folds/{fold}" for fold in folds)):
        assert history(Path(row["run"]) / part) == history(whole.path / part)
    partial = next(one for one in done["trials"] if one["rung"] == 1 and one["trial"] != first["trial"])
    assert yaml.safe_load((Path(partial["run"]) / "recipe.yaml").read_text())["train"]["stop_after"] == 1


def test_a_failed_trial_is_marked_and_the_sweep_goes_on(sweep, tmp_path):
    rate = "train.optimizer: {choice: [{name: SGD, learning_rate: 1e30}, Adam]}"
    made = sweep(UNCONFIRMED, ("random", "grid"), ("trials: 3", "trials: 9"), (
        "train.optimizer.learning_rate: {float: [1e-4, 1e-1], sampling: log}", rate),
        ("[8, 16, 32]", "[16]"))  # fmt: skip
    done = tune(made, tmp_path)
    assert [row["state"] for row in done["trials"]] == ["failed", "finished"]
    assert "became" in done["trials"][0]["reason"]
    assert done["best"]["trial"] == "0001"


def test_what_can_not_be_built_or_is_too_large_is_invalid_and_replaced(sweep, tmp_path):
    unfit = "{name: cnn, padding: valid, kernel_size: 9}"
    model = f"model: {{choice: [{unfit}, {{name: mlp, units: [999]}}, {{name: mlp, units: [4]}}]}}"
    made = sweep(UNCONFIRMED, ("random", "grid"), ("trials: 3", "trials: 1"), (
        "train.optimizer.learning_rate: {float: [1e-4, 1e-1], sampling: log}", model), ("[8, 16, 32]", "[16]"),
        ("confirm:", "constraints: {parameters: {max: 5000}}\nconfirm:"))  # fmt: skip
    done = tune(made, tmp_path)
    assert [(row["state"], row["run"] is None) for row in done["trials"]] == [
        ("invalid", True), ("invalid", True), ("finished", False)]  # fmt: skip
    assert done["trials"][0]["reason"].startswith("model: cnn can't be built: ")
    assert "above 5000" in done["trials"][1]["reason"]


def test_the_score_of_several_seeds_is_their_mean(sweep, tmp_path):
    done = tune(sweep(UNCONFIRMED, ("trials: 3", "trials: 1"), ("budget", "seeds: 2\nbudget")), tmp_path)
    (row,) = done["trials"]
    assert row["score"] == pytest.approx(sum(row["scores"]) / 2)
    seeds = [Run(Path(f"{row['run']}{more}")).recipe.seed for more in ("", "-2")]
    assert seeds == [3, 4]


def test_a_trial_that_is_pruned_is_trained_with_no_further_seed(sweep, tmp_path):
    changes = ("budget", "seeds: 2\npruning: median\nset: {train.epochs: 4}\nbudget")
    with StopOnSignal() as stop:
        trainer = Trials(sweep(changes), tmp_path / "sweep", tmp_path, stop, lambda *_: None)
        asked = Asked("0009", {"train.batch_size": 16}, "0009")
        result = trainer.train(asked, [[1.1] * 4] * 5)
    assert (result["state"], result["epochs"]) == ("pruned", 3)
    assert [path.name for path in (tmp_path / "sweep" / "trials").iterdir()] == ["0009"]


def test_the_score_of_a_cross_validated_trial_is_the_mean_over_its_folds(sweep, tmp_path):
    made = sweep(UNCONFIRMED, ("trials: 3", "trials: 1"), recipe=[("split:", "folds: 3, split:")])
    (row,) = tune(made, tmp_path)["trials"]
    run = Path(row["run"])
    best = [max(row["val_accuracy"] for row in history(run / fold)) for fold in ("", "folds/1", "folds/2")]
    assert row["score"] == pytest.approx(sum(best) / 3)
    assert len(set(best)) > 1
    assert row["epochs"] == 6
    assert row["seconds"] == Run(run).state["seconds"]
    assert not (run / "report.html").exists()


def test_measured_goals_make_a_weighted_sum(sweep, tmp_path):
    goals = "[{metric: val_accuracy}, {metric: parameters, weight: 1e-6}, {metric: bytes, weight: 1e-9}]"
    made = sweep(UNCONFIRMED, ("trials: 3", "trials: 1"), ("{metric: val_accuracy, mode: max}", goals))
    (row,) = tune(made, tmp_path)["trials"]
    metrics = row["metrics"]
    assert metrics["parameters"] == row["parameters"]
    wanted = metrics["val_accuracy"] - 1e-6 * metrics["parameters"] - 1e-9 * metrics["bytes"]
    assert row["score"] == pytest.approx(wanted)


def test_data_that_changed_is_refused_also_where_every_trial_has_a_seed_of_its_own(sweep, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = "".join(f"{row / 60},{row % 7 / 7},{'ab'[row % 2]}\n" for row in range(60))
    (tmp_path / "table.csv").write_text("x,y,label\n" + table)
    data = "{name: synthetic, image_shape: [8, 8, 1], num_classes: 3, examples: 120, split: {validation: 0.3}}"
    changes = [
        UNCONFIRMED, ("trials: 3", "trials: 1"),
        ("train.batch_size: {choice: [8, 16, 32]}", "seed: {int: [0, 999]}"),
    ]  # fmt: skip
    recipe = [
        ("image_classification", "tabular_classification"),
        (data, "{name: csv, path: table.csv, label: label, split: {validation: 0.3}}"),
    ]
    tune(sweep(*changes, recipe=recipe), tmp_path)
    more = sweep(*changes, ("trials: 1", "trials: 2"), recipe=recipe)
    (tmp_path / "table.csv").write_text("x,y,label\n" + table.replace("a", "b", 9))
    with pytest.raises(RunError, match="its data has changed since"):
        tune(more, tmp_path, resume=True)
    (tmp_path / "table.csv").write_text("x,y,label\n" + table)
    assert len(tune(more, tmp_path, resume=True)["trials"]) == 2


def test_a_run_that_another_process_still_writes_to_is_waited_for(sweep, tmp_path, monkeypatch):
    made = sweep(UNCONFIRMED, ("trials: 3", "trials: 1"))
    best = tune(made, tmp_path)["best"]
    run = Run(Path(best["run"]))
    run.update(state="running")
    monkeypatch.setattr("kerasapp.run.LOCK_SECONDS", 0.05)
    monkeypatch.setattr("kerasapp.tuning._trial.AGAIN", 0.05)
    held = os.open(run.path / ".lock", os.O_RDWR)
    fcntl.flock(held, fcntl.LOCK_EX)  # by a worker whose chief was killed, which ends soon
    ends = threading.Timer(1.0, os.close, [held])
    ends.start()
    with StopOnSignal() as stop:
        trainer = Trials(made, tmp_path / "runs" / "sweep", tmp_path, stop, lambda *_: None)
        assert trainer.train(Asked("0000", best["values"], "0000"))["state"] == "finished"
    ends.join()


@pytest.mark.parametrize(
    "more", [pytest.param((), marks=pytest.mark.slow), ("confirm:", "constraints: {latency: {max: 1e9}}\nconfirm:")]
)
def test_trials_in_turn_read_equal_data_once(sweep, tmp_path, monkeypatch, more):
    from kerasapp.data import synthetic

    read, real = [], synthetic.load
    monkeypatch.setattr(synthetic, "load", lambda **spec: read.append(1) or real(**spec))
    tune(sweep(*([more] if more else []), UNCONFIRMED, ("trials: 3", "trials: 2")), tmp_path)
    assert len(read) == 1


@pytest.mark.parametrize(
    "recipe",
    [
        "task: text_classification\ndata: {name: synthetic, texts: true, examples: 90}\nmodel: bag_of_vectors",
        pytest.param(
            "task: tabular_classification\nmodel: mlp\n"
            "data: {name: synthetic, columns: 4, categories: 1, examples: 90}",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "task: {name: image_classification, augmentation: [{name: shift}]}\n"
            "data: {name: synthetic, image_shape: [8, 8, 1], examples: 90}\n"
            "model: {name: cnn, filters: 4, dropout: 0.2}",
            marks=pytest.mark.slow,
        ),
    ],
    ids=["text", "table", "pictures"],
)
def test_a_trial_after_others_in_one_process_is_what_it_is_by_itself(sweep_file, tmp_path, recipe):
    file = sweep_file(UNCONFIRMED, ("val_accuracy", "accuracy"), ("trials: 3", "trials: 2"))
    recipe = f"title: T\nseed: 3\n{recipe}\ntrain: {{epochs: 2, batch_size: 16, monitor: {{metric: accuracy}}}}\n"
    (tmp_path / "small.yaml").write_text(recipe)
    made = load_sweep(file)
    second = tune(made, tmp_path)["trials"][1]
    alone = train(made.trial(second["values"]), tmp_path)
    assert history(Path(second["run"])) == history(alone.path)
