"""Recipe -> run: one way through, one training loop, Keras's own `fit`."""

import logging
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from kerasapp.callbacks.history import HistoryFile
from kerasapp.callbacks.stop import StopOnSignal, Stopped
from kerasapp.errors import KerasappError
from kerasapp.recipe import Recipe
from kerasapp.run import SAMPLES, Run, check_name
from kerasapp.summary import summary
from kerasapp.training._fingerprint import fingerprints
from kerasapp.training._fit import fit
from kerasapp.training._folds import cross_validate
from kerasapp.training._prepare import prepare
from kerasapp.training._report import evaluate, report
from kerasapp.training._reproduce import Reproduction, reproduce
from kerasapp.training._seeds import train_seeds
from kerasapp.training._spread import over
from kerasapp.types import Split

__all__ = ["Reproduction", "evaluate", "over", "prepare", "reproduce", "train", "train_seeds"]

log = logging.getLogger("kerasapp")


def train(
    recipe: Recipe,
    root: Path = Path(),
    *,
    name: str | None = None,
    eager: bool = False,
    before: Callable[[dict[str, Split]], None] | None = None,
) -> Run:
    """Trains a recipe and reports on it; gives the run. Raises RecipeError, DataError, WorkError.

    `before` sees the data when nothing has been written or trained yet.
    """
    parent = root / "runs" / recipe.name
    if recipe.train.init_from:
        recipe = recipe.replaced({"train.init_from": str(Run.open(recipe.train.init_from, root).path.resolve())})
    with ExitStack() as stack:
        stop = stack.enter_context(StopOnSignal())
        baselines = root / "runs" / ".baselines"
        run = train_one(recipe, parent, stop, name=name, eager=eager, baselines=baselines, before=before)
        if recipe.data["folds"] and recipe.data["fold"] is None:
            cross_validate(
                run, lambda changed, fold: train_one(changed, run.path / "folds", stop, name=str(fold), eager=eager)
            )
    return run


def train_one(
    recipe: Recipe,
    parent: Path,
    stop: StopOnSignal,
    *,
    name: str | None,
    eager: bool,
    baselines: Path | None = None,
    before: Callable[[dict[str, Split]], None] | None = None,
) -> Run:
    """One run in a new folder below `parent`; `baselines` is where they are kept from run to run, None for none."""
    started = time.perf_counter()
    check_name(name)
    seed_everything(recipe)
    recipe, task, splits, model = prepare(recipe)
    if before:
        before(splits)
    run = Run.create(parent, recipe, name)
    with run.lock():
        try:
            run.keep_task(task)
            keep_samples(run, splits)
            counts = {name: len(split) for name, split in splits.items()}
            run.update(examples=counts, fingerprint=fingerprints(splits, recipe.train.init_from))
            log.info("%s\n%s", summary(model, len(splits["train"])).text(), run.path)
            history = fit(run, model, task, splits, stop=stop, eager=eager)
            report(run, task, splits, history, time.perf_counter() - started, baselines)
        except Stopped as stopped:
            run.update(state="stopped", seconds=time.perf_counter() - started)
            raise Stopped(stopped.signal, how_to_go_on(run)) from None
        except BaseException as error:
            told = str(error) or type(error).__name__
            with suppress(OSError):  # a full disk is told by the error that is on its way
                run.update(state="failed", seconds=time.perf_counter() - started, error=told)
            if isinstance(error, KerasappError):
                error.run = run.path
            raise
        shutil.rmtree(run.path / "cache", ignore_errors=True)
        run.update(state="finished", seconds=time.perf_counter() - started)
    return run


def how_to_go_on(run: Run) -> str:
    """Where a stopped run is, in one line."""
    epochs = len(HistoryFile(run.path / "history.csv").rows())
    told = f"{run.path}: stopped after {epochs} of {run.recipe.train.epochs} epochs"
    if not (run.path / "model.keras").exists():
        return f"{told}, before there was a model"
    return f"{told}. Its best model is kept: go on from it with --set train.init_from={run.path}"


def seed_everything(recipe: Recipe) -> None:
    """Keras, NumPy and Python draw from the recipe's seed; ops are deterministic unless the recipe lets them not be."""
    keras.utils.set_random_seed(recipe.seed % 2**32)
    if recipe.train.deterministic:
        tf.config.experimental.enable_op_determinism()


def keep_samples(run: Run, splits: dict[str, Split]) -> None:
    """256 raw examples each of train and test, spread evenly."""
    for name in ("train", "test"):
        split = splits.get(name)
        if split is not None and len(split):
            rows = np.linspace(0, len(split) - 1, min(SAMPLES, len(split))).astype("int64")
            run.keep_samples(name, {key: value.numpy() for key, value in split.gather(tf.constant(rows)).items()})
