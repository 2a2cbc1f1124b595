"""The median stopping rule."""

from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from kerasapp.tuning._frame import Goal, Objective, Pruning
from kerasapp.tuning._pruning import MedianRule, mean_until
from kerasapp.tuning.tune import tune

CURVES = [[0.1, 0.2, 0.3], [0.2, 0.4, 0.6], [0.3, 0.6, 0.9], [0.2, 0.4, 0.6], [0.5, 0.5, 0.5]]
# means up to epoch 3: .2 .4 .6 .4 .5, their median .4


def rule(curves=CURVES, mode="max"):
    made = MedianRule(Pruning(), Objective((Goal(metric="val_accuracy", mode=mode),)), curves)
    made.set_model(SimpleNamespace(stop_training=False))
    return made


def stopped_at(made, values):
    for epoch, value in enumerate(values):
        made.on_epoch_end(epoch, {"val_accuracy": value})
        if made.stopped:
            return epoch + 1
    return None


def test_a_trial_below_the_median_of_means_ends_at_the_third_epoch_and_never_before():
    assert stopped_at(rule(), [0.0, 0.0, 0.39, 0.9]) == 3
    assert stopped_at(rule(), [0.0, 0.0, 0.41]) is None
    assert stopped_at(rule(), [0.41, 0.0, 0.0]) is None  # its best so far counts


def test_with_fewer_than_five_finished_trials_nothing_ends():
    assert stopped_at(rule(CURVES[:4]), [0.0, 0.0, 0.0]) is None


def test_less_is_better_the_other_way_round():
    assert stopped_at(rule(mode="min"), [0.9, 0.9, 0.41]) == 3
    assert stopped_at(rule(mode="min"), [0.9, 0.9, 0.39]) is None


def test_the_rule_goes_on_after_a_resume_where_it_was():
    first, second = rule(), rule()
    first.on_epoch_end(0, {"val_accuracy": 0.45})
    second.set_state(first.get_state())
    assert stopped_at(second, [0.0, 0.0, 0.0]) is None
    first.best, first.stopped = 0.0, True
    second.set_state(first.get_state())
    assert second.stopped


def test_epochs_without_a_measurement_have_no_say():
    assert mean_until([None, 0.5, None], 3) == 0.5
    assert mean_until([None], 1) is None


class Killed(BaseException):
    """Stands for a kill."""


def test_a_hopeless_trial_is_pruned_with_all_of_its_stages(sweep, tmp_path, monkeypatch):
    monkeypatch.setattr("kerasapp.tuning._ledger.Ledger.curves", lambda self: [[2.0] * 6] * 5)
    made = sweep(
        ("confirm: {seeds: 1}", "pruning: median\nconfirm: null"), ("trials: 3", "trials: 1"),
        recipe=[("epochs: 2, ", "stages: [{epochs: 4}, {epochs: 2}], ")],
    )  # fmt: skip
    monkeypatch.setattr("kerasapp.tuning._ledger.Ledger.finished", lambda self: list(self.rows.values()))
    with monkeypatch.context() as killed, pytest.raises(Killed):  # when the run has ended, before that is told
        killed.setattr("kerasapp.tuning._ledger.Ledger.tell", Mock(side_effect=Killed))
        tune(made, tmp_path)
    (row,) = tune(made, tmp_path, resume=True)["trials"]
    assert (row["state"], row["epochs"]) == ("pruned", 3)
    assert "the median of 5 trials" in row["reason"]


def test_a_trial_that_is_pruned_in_its_first_fold_has_no_other(sweep, tmp_path, monkeypatch):
    monkeypatch.setattr("kerasapp.tuning._ledger.Ledger.curves", lambda self: [[2.0] * 6] * 5)
    monkeypatch.setattr("kerasapp.tuning._ledger.Ledger.finished", lambda self: list(self.rows.values()))
    made = sweep(
        ("confirm: {seeds: 1}", "pruning: median\nconfirm: null\nset: {data.folds: 2}"), ("trials: 3", "trials: 1"),
        recipe=[("epochs: 2, ", "epochs: 6, ")],
    )  # fmt: skip
    (row,) = tune(made, tmp_path)["trials"]
    assert (row["state"], row["epochs"]) == ("pruned", 3)
    assert not (tmp_path / row["run"] / "folds").exists()
