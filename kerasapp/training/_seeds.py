"""One recipe with several seeds: how much of a result is luck."""

from collections.abc import Callable, Iterator

from kerasapp.callbacks.stop import StopOnSignal
from kerasapp.errors import WorkError
from kerasapp.recipe import Recipe
from kerasapp.run import Run
from kerasapp.training._forgetting import forget_models


def train_seeds(
    train: Callable[[Recipe, str | None], Run], recipe: Recipe, count: int, name: str | None = None
) -> Iterator[tuple[int, Run | WorkError]]:
    """Trains with the recipe's seed and the `count - 1` after it, each a run of its own; gives each as it is done.

    `train(recipe, name)` trains one; the names are NAME-1, NAME-2, ... A training that fails is given as its error, and
    the next seed is tried: one may diverge where another does not. Everything else (bad input, a signal) is raised.
    """
    with StopOnSignal():  # also between two trainings
        for number in range(count):
            seed = recipe.seed + number
            forget_models()
            try:
                outcome: Run | WorkError = train(
                    recipe.replaced({"seed": seed}), None if name is None else f"{name}-{number + 1}"
                )
            except WorkError as error:
                outcome = error
            yield seed, outcome
