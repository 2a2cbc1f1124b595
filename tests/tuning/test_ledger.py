"""A sweep's folder: budgets, what is replaced, what is refused."""

import json

import pytest

from kerasapp.errors import KerasappError, RunError, WorkError
from kerasapp.tuning._opening import opened

FINISHED = {"state": "finished", "score": 0.5, "epochs": 2, "seconds": 1.0, "curve": [0.4, 0.5], "parameters": 9}
INVALID = {"state": "invalid", "reason": "too deep"}
FAILED = INVALID | {"state": "failed"}
RATE = "  train.optimizer.learning_rate: {float: [1e-4, 1e-1], sampling: log}\n"
BATCH = "  train.batch_size: {choice: [8, 16, 32]}\n"


def filled(ledger, *results):
    """Tells these results of the trials that are asked for; gives the names."""
    names = []
    for result in results:
        asked = ledger.ask()
        names.append(asked.name)
        ledger.tell(asked.name, result)
    return names


def test_an_invalid_trial_is_replaced_and_does_not_count(sweep, tmp_path):
    with opened(sweep(), tmp_path, False) as ledger:
        filled(ledger, FINISHED, INVALID, FINISHED, INVALID)
        assert not ledger.spent()
        filled(ledger, {"state": "failed", "reason": "NaN"})  # which does count
        assert ledger.spent()
        assert ledger.ask() is None
        assert ledger.over()
        states = [row["state"] for row in json.loads((ledger.folder / "sweep.json").read_text())["trials"]]
        assert states == ["finished", "invalid", "finished", "invalid", "failed"]
        assert ledger.rows["0001"]["run"] is None


def test_epochs_are_those_of_all_trials(sweep, tmp_path):
    with opened(sweep(("trials: 3", "epochs: 5")), tmp_path, False) as ledger:
        filled(ledger, FINISHED, FINISHED, FINISHED)
        assert ledger.ask() is None


def test_hours_are_those_of_every_process(sweep, tmp_path):
    sweep = sweep(("trials: 3", "hours: 1"))
    with opened(sweep, tmp_path, False) as ledger:
        filled(ledger, FINISHED)
        ledger._before = 3500.0
        ledger.keep()
    with opened(sweep, tmp_path, True) as ledger:
        assert ledger.ask() is not None
        ledger._before = 3600.0
        assert ledger.spent()


@pytest.mark.parametrize(
    ("results", "kind"),
    [([FAILED] * 10, WorkError), ([INVALID] * 100, KerasappError)],
)
def test_many_in_a_row_that_come_to_nothing_end_it_in_one_line(sweep, tmp_path, results, kind):
    with opened(sweep(("trials: 3", "trials: 999")), tmp_path, False) as ledger:
        filled(ledger, *results)
        with pytest.raises(kind, match=f"the last {len(results)} trials came to nothing; of the last: too deep"):
            ledger.ask()


def test_what_finished_before_so_many_came_to_nothing_is_concluded_from(sweep, tmp_path, caplog):
    with opened(sweep(("trials: 3", "trials: 999")), tmp_path, False) as ledger:
        filled(ledger, FINISHED, *[FAILED] * 100)
        assert ledger.ask() is None
        assert ledger.over()
        assert "the last 100 trials came to nothing; of the last: too deep" in caplog.text


def test_trials_that_nothing_tells_of_are_not_taken_for_those_of_a_sweep(sweep, tmp_path):
    with opened(sweep(), tmp_path, False) as ledger:
        filled(ledger, FINISHED)
        (ledger.folder / "trials" / "0000").mkdir(parents=True)
        (ledger.folder / "tuner.json").unlink()
    with pytest.raises(RunError, match="has trials, but no tuner"), opened(sweep(), tmp_path, True):
        pass


@pytest.mark.parametrize(
    ("tuner", "results"), [("random", [FINISHED] + [FAILED] * 30), ("random", [INVALID] * 30), ("grid", [FAILED] * 12)]
)
def test_a_sweep_goes_on_after_trials_that_come_to_nothing(sweep, tmp_path, tuner, results):
    with opened(sweep(("trials: 3", "trials: 999"), ("random", tuner)), tmp_path, False) as ledger:
        filled(ledger, *results)
        assert ledger.ask() is not None


def test_a_folder_with_a_sweep_is_gone_on_with_only_where_asked(sweep, tmp_path):
    with opened(sweep(), tmp_path, False) as ledger:
        filled(ledger, FINISHED)
    told = pytest.raises(RunError, match=r"has this sweep already, with 1 trial done\. Go on with --resume")
    with told, opened(sweep(), tmp_path, False):
        pass
    with opened(sweep(), tmp_path, True) as ledger:
        assert filled(ledger, FINISHED) == ["0001"]


@pytest.mark.parametrize(
    ("changes", "recipe", "told"),
    [
        ([("confirm:", "set: {train.epochs: 1}\nconfirm:")], (), "set.train.epochs: not there, now 1"),
        ([("[8, 16, 32]", "[8, 16]")], (), r"space.train.batch_size.values: \[8, 16, 32\], now \[8, 16\]"),
        ([("random", "grid")], (), "tuner.name: random, now grid"),
        ([(RATE + BATCH, BATCH + RATE)], (), "order of the space: .*, now "),
        ([], [("units: [16]", "units: [17]")], r"recipe.model.units: \[16\], now \[17\]"),
    ],
)
def test_a_changed_sweep_is_refused_with_the_difference(sweep, tmp_path, changes, recipe, told):
    with opened(sweep(), tmp_path, False) as ledger:
        filled(ledger, FINISHED)
    with pytest.raises(RunError, match=told), opened(sweep(*changes, recipe=recipe), tmp_path, True):
        pass


def test_own_code_that_changed_is_refused_wherever_it_is_named(sweep, tmp_path):
    (tmp_path / "nets.py").write_text("def build(*, image_shape, num_classes): ...\n")
    named = ("{choice: [8, 16, 32]}", "{choice: [8, 16, 32]}\n  model: {choice: [mlp, ./nets.py:build]}")
    with opened(sweep(named), tmp_path, False) as ledger:
        filled(ledger, FINISHED)
    with opened(sweep(named), tmp_path, True):
        pass
    (tmp_path / "nets.py").write_text("def build(*, image_shape, num_classes): pass\n")
    with pytest.raises(RunError, match=r"recipe\.code"), opened(sweep(named), tmp_path, True):
        pass


def test_more_trials_are_the_same_sweep(sweep, tmp_path):
    with opened(sweep(), tmp_path, False) as ledger:
        filled(ledger, FINISHED, FINISHED, FINISHED)
        assert ledger.ask() is None
    with opened(sweep(("trials: 3", "trials: 4")), tmp_path, True) as ledger:
        assert ledger.ask().name == "0003"


def test_two_sweeps_in_one_folder_are_refused(sweep, tmp_path):
    told = pytest.raises(RunError, match="another process is at this sweep")
    with opened(sweep(), tmp_path, False), told, opened(sweep(), tmp_path, True):
        pass


def test_changed_data_is_refused(sweep, tmp_path):
    with opened(sweep(), tmp_path, False) as ledger:
        ledger.check_data("key", {"train": "1", "order": "2"})
        filled(ledger, FINISHED)
    with opened(sweep(), tmp_path, True) as ledger:
        ledger.check_data("key", {"train": "1", "order": "2"})
        with pytest.raises(RunError, match=r"its data has changed since \(train\)"):
            ledger.check_data("key", {"train": "3", "order": "2"})


def test_a_trial_of_a_worker_that_is_gone_is_given_again(sweep, tmp_path):
    with opened(sweep(), tmp_path, False) as ledger:
        first, other = ledger.ask("a"), ledger.ask("b")
        assert ledger.give_again("a") == first.name
        again = ledger.ask("c")
        assert (again.name, again.values) == (first.name, first.values)
        assert ledger.tell(again.name, FINISHED)["given_again"] == 1
        late = ledger.tell(again.name, FINISHED | {"score": 0.9})  # of a worker that was only slow
        assert late["score"] == 0.5
        ledger.tell(other.name, FINISHED)


def test_trials_that_fail_do_not_keep_hyperband_from_its_last_rung(sweep, tmp_path):
    with opened(sweep(("random", "hyperband"), ("trials: 3", "epochs: 9")), tmp_path, False) as ledger:
        for number in range(99):
            if (asked := ledger.ask()) is None:
                break
            result = FINISHED | {"score": number / 100} if number % 4 else {"state": "failed", "reason": "NaN"}
            ledger.tell(asked.name, result)
        rows = list(ledger.rows.values())
        assert ledger.oracle._brackets == []
        gone_on = [ledger.rows[row["continues"]] for row in rows if row["continues"]]
        assert {row["rung"] for row in rows if row["continues"]} == {3, 9}
        assert all(row["state"] == "finished" for row in gone_on)
    with opened(sweep(("random", "hyperband"), ("trials: 3", "epochs: 9")), tmp_path, True) as ledger:
        assert list(ledger.rows.values()) == rows


def test_runs_are_found_where_the_folder_is_now(sweep, tmp_path):
    with opened(sweep(), tmp_path / "here", False) as ledger:
        filled(ledger, FINISHED)
    (tmp_path / "here").rename(tmp_path / "there")
    with opened(sweep(), tmp_path / "there", True) as ledger:
        assert ledger.rows["0000"]["run"] == str(tmp_path / "there" / "runs" / "sweep" / "trials" / "0000")


def test_the_best_is_what_its_run_has_not_a_rung_before(sweep, tmp_path):
    with opened(sweep(("random", "hyperband"), ("trials: 3", "epochs: 3")), tmp_path, False) as ledger:
        while (asked := ledger.ask()) is not None:
            ledger.tell(asked.name, FINISHED | {"score": 0.9 if asked.rung == 1 else 0.1})
        (row,) = [row for row in ledger.rows.values() if row["continues"]]
        assert row["continues"] not in [one["trial"] for one in ledger.finished()]
        assert row in ledger.finished()


def test_of_equal_scores_the_rung_that_went_on_is_the_best(sweep, tmp_path):
    with opened(sweep(("random", "hyperband"), ("trials: 3", "epochs: 3")), tmp_path, False) as ledger:
        while (asked := ledger.ask()) is not None:
            ledger.tell(asked.name, FINISHED)
        rungs = [row for row in ledger.rows.values() if row["continues"]]
        assert rungs
        assert all(row["run"] == ledger.rows[row["continues"]]["run"] for row in rungs)
        names = [row["trial"] for row in ledger.finished()]
        assert not {row["continues"] for row in rungs} & {*names}
