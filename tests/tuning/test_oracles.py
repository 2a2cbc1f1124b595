"""KerasTuner's oracles in our hands: the trials are its own, also where a kill follows each event."""

import json
import math

import keras_tuner
import pytest
from keras_tuner.oracles import RandomSearchOracle

from kerasapp.tuning._oracles import free, hyperparameters, make_oracle, restore, state_of, values_of
from kerasapp.tuning.sweep import load_sweep

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
MORE = """\
  model.batch_norm: {boolean}
  model.units: {choice: [[8], [16, 8], [4]]}
  model.dropout: {float: [0.0, 0.5], step: 0.25, when: {model.batch_norm: [true], model.units: [[8]]}}
"""
TUNERS = {
    "random": "trials: 9",
    "grid": "trials: 9",
    "{name: bayesian, num_initial_points: 3}": "trials: 7",
    "hyperband": "epochs: 9",
}


def score(values):
    return math.sin(1000 * values["train.optimizer.learning_rate"]) + values["train.batch_size"] / 100


def made(sweep_file, tuner):
    path = sweep_file(("random", tuner), ("trials: 3", TUNERS.get(tuner, "trials: 9")))
    path.write_text(path.read_text() + MORE)
    return load_sweep(path)


def followed(sweep, kills):
    """The values of each trial, where the process is killed after events whose number `kills` accepts."""
    oracle, found, event = make_oracle(sweep), [], 0

    def killed(oracle):
        nonlocal event
        event += 1
        if not kills(event):
            return oracle
        again = make_oracle(sweep)
        restore(again, json.loads(json.dumps(state_of(oracle))))
        return again

    while len(found) < (6 if sweep.tuner["name"] == "bayesian" else 12):
        trial = oracle.create_trial("tuner0")
        if trial.status != "RUNNING":
            break
        oracle = killed(oracle)
        trial = oracle.create_trial("tuner0")  # a killed one is given out again
        values = values_of(sweep.space, trial.hyperparameters.values)
        found.append((trial.trial_id, values, trial.hyperparameters.values.get("tuner/epochs")))
        oracle.update_trial(trial.trial_id, {"score": score(values)})
        trial.status = "COMPLETED" if len(found) % 4 else "FAILED"
        oracle.end_trial(trial)
        oracle = killed(oracle)
    return found, state_of(oracle)


@pytest.mark.parametrize("tuner", TUNERS)
def test_the_same_trials_follow_after_a_kill_at_any_event(sweep_file, tuner):
    sweep = made(sweep_file, tuner)
    whole, state = followed(sweep, lambda event: False)
    again, state_again = followed(sweep, lambda event: True)
    assert len(whole) >= 6
    assert again == whole
    assert state_again["oracle"] | {"display": None} == state["oracle"] | {"display": None}


def test_a_choice_may_be_of_anything_and_samples_as_keras_tuners_own(sweep):
    space = sweep().space
    own = keras_tuner.HyperParameters()
    own.Float("train.optimizer.learning_rate", 1e-4, 1e-1, sampling="log")
    own.Choice("train.batch_size", [8, 16, 32])
    theirs = RandomSearchOracle(hyperparameters=own, objective=keras_tuner.Objective("score", "max"), seed=1)
    ours = make_oracle(sweep())
    for _ in range(5):
        values = values_of(space, ours._random_values())
        assert values == theirs._random_values()


def test_a_grid_has_both_ends_of_a_range_with_steps_and_whole_numbers_of_a_logarithmic_one(sweep_file):
    path = sweep_file(
        ("random", "grid"), ("train.optimizer.learning_rate: {float: [1e-4, 1e-1], sampling: log}",
                             "model.dropout: {float: [0, 0.5], step: 0.1}"),
        ("{choice: [8, 16, 32]}", "{int: [4, 32], sampling: log, step: 2}"),
    )  # fmt: skip
    sweep = load_sweep(path)
    oracle, drawn = make_oracle(sweep), []
    while (trial := oracle.create_trial("tuner0")).status == "RUNNING":
        drawn.append(values_of(sweep.space, trial.hyperparameters.values))
        trial.status = "FAILED"
        oracle.end_trial(trial)
    assert sorted({values["model.dropout"] for values in drawn}) == [0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert sorted({values["train.batch_size"] for values in drawn}) == [4, 8, 16, 32]
    assert len(drawn) == 24
    for values in drawn:
        sweep.trial(values)  # which the recipe can hold


def test_inactive_values_are_left_out(sweep_file):
    space = made(sweep_file, "random").space
    oracle = RandomSearchOracle(hyperparameters=hyperparameters(space), objective="loss", seed=2)
    drawn = [values_of(space, oracle._random_values()) for _ in range(60)]
    for values in drawn:
        assert ("model.dropout" in values) == (values["model.batch_norm"] is True and values["model.units"] == [8])
    assert any("model.dropout" in values for values in drawn)


def test_hyperband_fills_the_place_of_a_trial_that_was_none(sweep_file):
    oracle = make_oracle(made(sweep_file, "hyperband"))
    size = oracle._get_size(oracle._current_bracket, 0)
    for number in range(size + 1):
        trial = oracle.create_trial("tuner0")
        assert trial.hyperparameters.values["tuner/round"] == 0, number
        trial.status = "FAILED" if number == 0 else "COMPLETED"
        if number == 0:
            free(oracle, trial.trial_id)
        else:
            oracle.update_trial(trial.trial_id, {"score": float(number)})
        oracle.end_trial(trial)
    assert oracle.create_trial("tuner0").hyperparameters.values["tuner/round"] == 1
