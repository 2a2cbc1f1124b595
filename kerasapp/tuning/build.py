"""Combinations of a sweep's space whose shapes don't fit, found on a sample before hours are spent."""

from typing import Any

import keras

from kerasapp.errors import Fault, KerasappError, RecipeError
from kerasapp.training import prepare
from kerasapp.tuning._oracles import RandomSearchOracle, hyperparameters, values_of
from kerasapp.tuning._space import written
from kerasapp.tuning._sweep import Sweep

SAMPLE = 16  # combinations that are built
SEED = 1


def unbuildable(sweep: Sweep) -> list[Fault]:
    """A note for each combination of a random sample that can't be built, at the space. Raises RecipeError where none
    can, and where the recipe's own values can't.
    """
    node = sweep.space[0].key
    _try(sweep, {})
    oracle = RandomSearchOracle(hyperparameters=hyperparameters(sweep.space), objective="loss", seed=SEED)
    found, tried = [], 0
    for _ in range(SAMPLE):
        given = oracle._random_values()
        if given is None:
            break
        values, tried = values_of(sweep.space, given), tried + 1
        oracle._tried_so_far.add(oracle._compute_values_hash(given))
        try:
            _try(sweep, values)
        except KerasappError as error:
            told = ", ".join(f"{path}: {written(value)}" for path, value in values.items())
            found.append((told, str(error)))
    if found and len(found) == tried:
        raise RecipeError([node.fault("space", f"none of {tried} combinations can be built; {found[0][1]}")])
    return [node.fault("space", f"note: can't be built, and is replaced: {told} ({why})") for told, why in found]


def _try(sweep: Sweep, values: dict[str, Any]) -> None:
    """Reads the data and makes the model. Raises KerasappError."""
    keras.backend.clear_session()
    prepare(sweep.trial(values))
