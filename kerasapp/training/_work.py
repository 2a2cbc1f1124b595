"""One run from its beginning, or from where it was left, to its report; and the folds of its cross-validation."""

import logging
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TextIO

import keras
import numpy as np
import tensorflow as tf

from kerasapp.blame import told_at_its_name
from kerasapp.callbacks.history import HistoryFile
from kerasapp.callbacks.save_state import Resumable
from kerasapp.callbacks.stop import StopOnSignal, Stopped
from kerasapp.environment import environment
from kerasapp.errors import KerasappError
from kerasapp.own_copy import edited, hash_own_code
from kerasapp.recipe import Recipe
from kerasapp.run import SAMPLES, Run, check_name
from kerasapp.summary import summary
from kerasapp.training._callbacks import STATE
from kerasapp.training._fingerprint import check_same_data, fingerprints
from kerasapp.training._fit import fit
from kerasapp.training._folds import cross_validate
from kerasapp.training._forgetting import forget_models
from kerasapp.training._prepare import Prepared, adapted, prepare
from kerasapp.training._report import report
from kerasapp.types import Split

log = logging.getLogger("kerasapp")
BASELINES, CACHE = Path("runs", ".baselines"), Path("runs", ".cache")


@dataclass(frozen=True)
class Manner:
    """How a run is made that is one of many.

    `pages`: its report is drawn and written out, not only report.json, and TensorBoard has pictures. `progress`: where
    its epochs are told, by default stderr. `adapted`: what gives data and task, as `_prepare.adapted` does. `watching`:
    callbacks by name whose state is saved with the run's; one that has ended training says so as `stopped`, and why as
    `reason`, which state.json then has as `ended`, and no other fold is trained. `values`: what TensorBoard shows as
    hyperparameters, by default the whole recipe.
    """

    baselines: bool = True
    pages: bool = True
    progress: TextIO | None = None
    adapted: Callable = adapted
    watching: Mapping[str, Resumable] = field(default_factory=dict)
    values: Mapping[str, Any] | None = None


class Work:
    """What one call does: a run from a recipe, or the rest of one, and where it is cross-validated its folds."""

    def __init__(self, stop: StopOnSignal, eager: bool, root: Path, manner: Manner | None = None):
        self.stop, self.eager, self.root, self.cache = stop, eager, root, root / CACHE
        self.manner = manner or Manner()
        self.baselines = root / BASELINES if self.manner.baselines else None
        self._started = time.perf_counter()

    def begin(
        self,
        recipe: Recipe,
        parent: Path,
        name: str | None,
        before: Callable[[Prepared], None] | None = None,
    ) -> Run:
        """A new run in a folder below `parent`; `before` sees what goes in when nothing has been written."""
        check_name(name)
        seed_everything(recipe)
        prepared = prepare(recipe, self.cache, read=self.manner.adapted)
        if before:
            before(prepared)
        run = Run.create(parent, prepared.recipe, name, asked=asked(recipe))
        with run.lock():
            self._do(run, prepared, 0.0)
        return run

    def go_on(self, run: Run) -> Run:
        """The rest of a run, in its own folder."""
        with run.lock():
            seed_everything(run.recipe)
            begun = (run.path / STATE).exists()
            prepared = prepare(run.recipe, self.cache, started=begun, read=self.manner.adapted)
            state = run.read_json("state.json")
            check_unchanged(run, state, prepared)
            run.tidy()
            run.update(state="running", error=None)
            done = len(HistoryFile(run.path / "history.csv").rows())
            log.info("%s: goes on after %d of %d epochs", run.path, done, run.recipe.train.epochs)
            self._do(run, prepared, state.get("seconds", 0.0))
        return run

    def _do(self, run: Run, prepared: Prepared, before: float) -> None:
        """Trains and reports, and writes down how it ended. `before` are the seconds of the processes before."""

        def seconds() -> float:
            return before + time.perf_counter() - self._started

        try:
            self._train(run, prepared, seconds)
            if run.recipe.data["folds"] and run.recipe.data["fold"] is None and not self._ended():
                cross_validate(run, self._fold, self.manner.pages)
        except Stopped as stopped:
            run.update(state="stopped", seconds=seconds())
            raise Stopped(stopped.signal, how_to_go_on(run)) from None
        except BaseException as error:
            told = str(error) or type(error).__name__
            with suppress(OSError):  # a full disk is told by the error that is on its way
                run.update(state="failed", seconds=seconds(), error=told)
            if isinstance(error, KerasappError):
                error.run = run.path
            raise
        run.update(state="finished", seconds=seconds(), **self._ended())
        for folder in ("cache", *([] if run.recipe.train.stop_after else [STATE.parent])):
            shutil.rmtree(run.path / folder, ignore_errors=True)

    def _train(self, run: Run, prepared: Prepared, seconds: Callable[[], float]) -> None:
        run.import_own_code()
        with told_at_its_name(prepared.recipe):
            self._fit(run, prepared, seconds)

    def _fit(self, run: Run, prepared: Prepared, seconds: Callable[[], float]) -> None:
        task, splits, model = prepared.task, prepared.splits, prepared.model
        if not (run.path / STATE).exists():
            run.keep_task(task)
            keep_samples(run, splits)
            counts = {name: len(split) for name, split in splits.items()}
            given = fingerprints(splits, run.recipe.train.init_from, prepared.embedding)
            vectors = {} if prepared.embedding is None else {"embedding": prepared.embedding.told}
            run.update(examples=counts, fingerprint=given, **vectors)
            if log.isEnabledFor(logging.INFO):
                log.info("%s", summary(model, prepared.examples).text())
        log.info("%s", run.path)
        history = fit(
            run,
            model,
            task,
            prepared.cut,
            stop=self.stop,
            cache=self.cache,
            eager=self.eager,
            saved=lambda: run.update(seconds=seconds()),
            told={
                "stream": self.manner.progress,
                "values": self.manner.values,
                "pictures": self.manner.pages,
                "watching": self.manner.watching,
            },
        )
        report(
            run, task, splits, history, seconds(),
            cache=self.cache, baselines_kept=self.baselines, embedding=prepared.embedding,
            pages=self.manner.pages,
        )  # fmt: skip

    def _ended(self) -> dict[str, str]:
        """`ended`: why one of those that watch has ended training."""
        stopped = [callback for callback in self.manner.watching.values() if getattr(callback, "stopped", False)]
        return {"ended": stopped[0].reason} if stopped else {}

    def _fold(self, run: Run, recipe: Recipe, fold: int) -> Run:
        """A fold of a run's cross-validation: done already, to be gone on with, or new."""
        inner = Work(self.stop, self.eager, self.root, replace(self.manner, baselines=False, watching={}))
        there = Run(run.path / "folds" / str(fold))
        forget_models()
        if not (there.path / "state.json").is_file():
            return inner.begin(recipe, there.path.parent, str(fold))
        return there if there.state["state"] == "finished" else inner.go_on(there)


def asked(recipe: Recipe) -> str:
    """A hash of a recipe before the data decided anything, and of the user's own code in it."""
    return f"{recipe.digest}-{hash_own_code(recipe.values, recipe.folder)}"


def how_to_go_on(run: Run) -> str:
    """Where a stopped run is, in one line."""
    epochs = len(HistoryFile(run.path / "history.csv").rows())
    where = f"after {epochs} of {run.recipe.train.epochs} epochs"
    if (run.path / "report.json").exists():
        count = len(list((run.path / "folds").glob("*/state.json"))) + 1
        where = f"in fold {count} of {run.recipe.data['folds']}" if count > 1 else "after its report"
    return f"{run.path}: stopped {where}. Go on with: kerasapp run --resume {run.path}"


def check_unchanged(run: Run, state: dict, prepared: Prepared) -> None:
    """Raises RunError where the data is not what the run began with; warns where a version or its code is another."""
    now = fingerprints(prepared.splits, None, prepared.embedding)
    check_same_data(run.path, state.get("fingerprint"), now)
    kept = run.read_json("environment.json")
    for package, version in environment(0)["versions"].items():
        if kept["versions"].get(package) != version:
            was = kept["versions"].get(package)
            log.warning("%s is %s now, and was %s: the result may not be that of one process", package, version, was)
    for path in edited(run.path / "code", kept.get("code", {})):
        log.warning("%s was edited since: the result is not that of one process", path)


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
