"""KerasTuner's own oracles, which decide on trials, and the whole of their state.

What KerasTuner 1.4.8 saves is not all that it decides by: GridSearch leaves out the order of its combinations
(keras-tuner#1055), BayesianOptimization its random numbers, and a trial that ends is saved as one that still runs. Here
all of it is one value, taken between two events.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import keras_tuner
import numpy as np
from keras_tuner.oracles import BayesianOptimizationOracle, GridSearchOracle, HyperbandOracle, RandomSearchOracle
from keras_tuner.src.engine.conditions import Parent
from keras_tuner.src.engine.hyperparameters import hp_types
from keras_tuner.src.engine.oracle import Oracle
from keras_tuner.src.engine.trial import Trial

from kerasapp.tuning._space import Entry, same
from kerasapp.tuning._sweep import Sweep

ORACLES = {
    "random": RandomSearchOracle,
    "grid": GridSearchOracle,
    "bayesian": BayesianOptimizationOracle,
    "hyperband": HyperbandOracle,
}
SCORE = "score"
NEVER = 10**9  # failures in a row: we count them ourselves
DIGITS = 12  # of a float that steps lead to
A_LITTLE = 1e-9  # of a step, past the end of a range: 1.0 // 0.1 is 9, and the end would never be drawn


def make_oracle(sweep: Sweep) -> Oracle:
    """The tuner of a sweep, at its beginning. It writes no files."""
    arguments = {"seed": 1} | {key: value for key, value in sweep.tuner.items() if key != "name"}
    if sweep.rungs:
        arguments["max_epochs"] = sweep.budget.epochs
    else:
        arguments["max_trials"] = None  # the budget is counted without trials that were replaced
    made = _silent(ORACLES[sweep.tuner["name"]])(
        objective=keras_tuner.Objective(SCORE, sweep.objective.direction),
        hyperparameters=hyperparameters(sweep.space),
        max_consecutive_failed_trials=NEVER,
        **arguments,
    )
    made.verbose = 0
    return made


def hyperparameters(space: Sequence[Entry]) -> keras_tuner.HyperParameters:
    """The space in KerasTuner's form: a choice is one of the numbers of its values, which may be of any type."""
    by_path, made = {entry.path: entry for entry in space}, keras_tuner.HyperParameters()
    for entry in space:
        when = [
            Parent(path, [_encoded(by_path[path], value) for value in values])
            for path, values in (entry.when or {}).items()
        ]
        if entry.kind == "choice":
            one = hp_types.Choice(entry.path, list(range(len(entry.values))), conditions=when)
        elif entry.kind == "boolean":
            one = hp_types.Boolean(entry.path, conditions=when)
        else:
            kind, high = (hp_types.Float, _end(entry)) if entry.kind == "float" else (hp_types.Int, entry.high)
            one = kind(entry.path, entry.low, high, step=entry.step, sampling=entry.sampling, conditions=when)
        made.merge([one])
    return made


def values_of(space: Sequence[Entry], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a trial by path, in the order of the space; those whose conditions don't hold are left out."""
    return {entry.path: _decoded(entry, given[entry.path]) for entry in space if entry.path in given}


def state_of(oracle: Oracle) -> dict[str, Any]:
    """All that an oracle decides by, as JSON."""
    state = {
        "oracle": oracle.get_state() | {"tried_so_far": sorted(oracle._tried_so_far)},
        "trials": [oracle.trials[name].get_state() for name in oracle.start_order],
    }
    if isinstance(oracle, GridSearchOracle):
        order = oracle._ordered_ids
        state["order"] = [order._memory, list(order._next_index.items()), order._last_index, oracle._populate_next]
    if isinstance(oracle, BayesianOptimizationOracle):
        kind, keys, *rest = oracle._random_state.get_state()
        state["random"] = [kind, keys.tolist(), *rest]
    return json.loads(json.dumps(state))


def restore(oracle: Oracle, state: Mapping[str, Any]) -> None:
    """Makes a fresh oracle what it was; trials that ran then are given out first, in their order."""
    trials = [Trial.from_state(told) for told in state["trials"]]
    oracle.trials = {trial.trial_id: trial for trial in trials}
    oracle.set_state(state["oracle"])
    if "order" in state:
        order = oracle._ordered_ids
        memory, following, order._last_index, oracle._populate_next = state["order"]
        order._memory, order._data_to_index = memory, {name: number for number, name in enumerate(memory)}
        order._next_index.update(dict(following))
    if "random" in state:
        kind, keys, *rest = state["random"]
        oracle._random_state.set_state((kind, np.array(keys, "uint32"), *rest))
    left = sorted(trial.trial_id for trial in oracle.ongoing_trials.values())
    oracle.ongoing_trials = {}
    oracle._retry_queue += left[::-1]  # it is taken from its end


def free(oracle: Oracle, name: str) -> None:
    """Lets hyperband fill the place of a trial that was none, which was the first of its run."""
    for bracket in getattr(oracle, "_brackets", ()):
        bracket["rounds"][0] = [told for told in bracket["rounds"][0] if told["id"] != name]


def _end(entry: Entry) -> float:
    return entry.high + A_LITTLE * entry.step if entry.step and entry.sampling == "linear" else entry.high


def _decoded(entry: Entry, value: Any) -> Any:
    """A grid has floats for the whole numbers of a logarithmic range, and three steps of .1 are .30000000000000004."""
    if entry.kind == "choice":
        return entry.values[value]
    if entry.kind == "boolean":
        return value
    if entry.kind == "int":
        return int(value)
    return min(float(f"{value:.{DIGITS}g}") if entry.step else value, entry.high)


def _encoded(entry: Entry, value: Any) -> Any:
    if entry.kind != "choice":
        return value
    return next(number for number, own in enumerate(entry.values) if same(value, own))


def _silent(kind: type) -> type:
    """The oracle without the files that it writes after each event, a half one where it is killed."""
    return type(kind.__name__, (kind,), {"save": lambda self: None, "_save_trial": lambda self, trial: None})
