"""Recipe -> run: one way through, one training loop, Keras's own `fit`; and a run that was left, gone on with."""

import logging
from collections.abc import Callable
from pathlib import Path

from kerasapp.callbacks.stop import StopOnSignal
from kerasapp.errors import RunError
from kerasapp.recipe import Recipe
from kerasapp.run import Run, all_runs
from kerasapp.training._embedding import with_absolute_source
from kerasapp.training._fault import steps_told
from kerasapp.training._folds import folds_of
from kerasapp.training._generated import evaluate_features
from kerasapp.training._prepare import Prepared, adapted, prepare
from kerasapp.training._report import evaluate
from kerasapp.training._reproduce import Reproduction, reproduce
from kerasapp.training._seeds import train_seeds
from kerasapp.training._spread import over
from kerasapp.training._work import Manner, Work, asked

__all__ = [
    "Manner",
    "Reproduction",
    "Work",
    "adapted",
    "evaluate",
    "evaluate_features",
    "folds_of",
    "over",
    "prepare",
    "reproduce",
    "resume",
    "settled",
    "steps_told",
    "train",
    "train_seeds",
]

log = logging.getLogger("kerasapp")


def train(
    recipe: Recipe,
    root: Path = Path(),
    *,
    name: str | None = None,
    eager: bool = False,
    before: Callable[[Prepared], None] | None = None,
    manner: Manner | None = None,
) -> Run:
    """Trains a recipe and reports on it; gives the run. Raises RecipeError, DataError, WorkError.

    With `train.resume: auto` it goes on with the newest run of this very recipe that was left unfinished. `before` sees
    what goes into a new run when nothing has been written or trained yet.
    """
    recipe = settled(recipe, root)
    if recipe.train.resume and before is None and (left := unfinished(recipe, root)):
        if name is not None:
            raise RunError(left.path, "is of this very recipe and unfinished: --name is for a new run, leave it out")
        return resume(left, root, eager=eager, manner=manner)
    with StopOnSignal() as stop:
        return Work(stop, eager, root, manner).begin(recipe, root / "runs" / recipe.name, name, before)


def settled(recipe: Recipe, root: Path) -> Recipe:
    """The recipe with what it names below `root` as absolute paths: a run that it starts from, or has vectors of."""
    if recipe.train.init_from:
        recipe = recipe.replaced({"train.init_from": str(Run.open(recipe.train.init_from, root).path.resolve())})
    return with_absolute_source(recipe, root)


def resume(run: Run, root: Path = Path(), *, eager: bool = False, manner: Manner | None = None) -> Run:
    """Goes on with a run that was interrupted, stopped or failed, as if it had never been left; gives the run.

    Raises RunError where its data has changed since, or another process is at it.
    """
    if run.state["state"] == "finished":
        others = [other for other in all_runs(root) if other.state["state"] in ("interrupted", "stopped")]
        hint = f". Unfinished is {others[-1].path}" if others else ""
        log.info("%s: is finished, there is nothing to go on with%s", run.path, hint)
        return run
    with StopOnSignal() as stop:
        return Work(stop, eager, root, manner).go_on(run)


def unfinished(recipe: Recipe, root: Path) -> Run | None:
    """The newest run of this very recipe that was interrupted or stopped. Raises RunError where it is being trained."""
    digest = asked(recipe)
    for run in reversed(all_runs(root)):
        state = run.state
        if state.get("asked") == digest and state["state"] in ("running", "interrupted", "stopped"):
            if state["state"] == "running":
                raise RunError(run.path, "is being trained by another process. Wait for it, or set train.resume: null")
            return run
    return None
