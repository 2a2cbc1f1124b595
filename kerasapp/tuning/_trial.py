"""One trial: a run like any other, begun or gone on with, and what came of it."""

import io
import json
import logging
import math
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasapp.callbacks.finite import NonFinite
from kerasapp.callbacks.history import HistoryFile
from kerasapp.callbacks.stop import StopOnSignal
from kerasapp.errors import DataError, KerasappError, RecipeError, RunError, WorkError, first_line
from kerasapp.files import write
from kerasapp.recipe import Recipe
from kerasapp.run import Run
from kerasapp.training import Manner, Work, adapted, folds_of, settled
from kerasapp.training._fingerprint import fingerprints
from kerasapp.training._forgetting import forget_models
from kerasapp.training._prepare import Prepared
from kerasapp.training._work import CACHE, seed_everything
from kerasapp.tuning._frame import MEASURED
from kerasapp.tuning._ledger import Asked
from kerasapp.tuning._pruning import MedianRule
from kerasapp.tuning._results import measure, of_folds, together
from kerasapp.tuning._sweep import Sweep

log = logging.getLogger("kerasapp")
AGAIN = 0.5  # seconds before a look at whether a run is free
Result = dict[str, Any]
FAULTS = (KerasappError, tf.errors.OpError, ArithmeticError, MemoryError, ValueError, TypeError)
"""What training may raise by the values that it was given."""


class Invalid(KerasappError):
    """A combination that is none: it can't be built, or does not keep to a constraint."""


class Trials:
    """Trains trials in this process, one after the other.

    `check_data(key, fingerprint)` is told of data that is read for the first time. What one trial leaves behind, graphs
    and arrays, is gone before the next.
    """

    def __init__(self, sweep: Sweep, folder: Path, root: Path, stop: StopOnSignal, check_data: Callable):
        self.sweep, self.folder, self.root, self.stop = sweep, folder, root, stop
        self.data = SharedData(check_data)
        goals = {goal.metric for goal in sweep.objective.goals}
        self._wanted = {name for name in MEASURED if name in goals or getattr(sweep.constraints, name) is not None}

    def train(self, asked: Asked, curves: Sequence[Sequence[float]] = (), watching: Any = None) -> Result:
        """What came of a trial: never raises for what is the trial's own fault. `watching` sees its epochs."""
        seed = asked.values.get("seed", self.sweep.default.seed)
        outcomes = []
        for number in range(self.sweep.seeds):
            rule = self.sweep.pruning and MedianRule(self.sweep.pruning, self.sweep.objective, curves)
            watched = {"pruning": rule} if rule else {}
            place = self.folder / "trials" / (asked.run if number == 0 else f"{asked.run}-{number + 1}")
            more = {"seed": seed + number} | self.sweep.rung(asked.rung)
            try:
                recipe = self.sweep.trial(asked.values, more)
                outcomes.append(self.one(recipe, place, asked.values, watched | _watching(watching)))
            except Invalid as error:
                return {"state": "invalid", "reason": str(error)}
            except FAULTS as error:
                return self.fault(error, place)
            if "ended" in outcomes[-1]:
                break
        reason = outcomes[-1].pop("ended", None)
        state = {"state": "pruned", "reason": reason} if reason else {"state": "finished"}
        return together(outcomes) | state

    def one(self, recipe: Recipe, place: Path, values: Mapping[str, Any] | None, watching: Mapping) -> dict[str, Any]:
        """Trains one run, or goes on with it, and gives its outcome. Raises Invalid, KerasappError."""
        manner = Manner(
            pages=False, progress=_Nowhere(), adapted=self.data, watching=watching,
            values=None if values is None else _shown(values),
        )  # fmt: skip
        forget_models()
        with quiet(), self.stop.put_off():  # until a batch, or the run, has ended
            run = self.trained(recipe, place, manner)
            measured = measure(run, lambda: self.data(self.settled(recipe))[1], self._wanted)
        self.stop.check()
        self.check_constraints(measured)
        try:
            found = of_folds(run, self.sweep.objective, measured)
        except KeyError as error:
            raise WorkError(f"{error.args[0]} was not measured") from None
        if not math.isfinite(found["score"]):
            raise WorkError(f"the objective is {found['score']}")
        return found

    def confirmed(self, recipe: Recipe, place: Path) -> dict[str, Any]:
        """What came of a training that confirms others, where it failed as `train` has it."""
        try:
            return self.one(recipe, place, None, {})
        except FAULTS as error:
            return self.fault(error, place)

    def check_data(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Reads again what a trial that is done was trained on. Raises RunError where it is not the same any more: the
        trials that follow may all have other seeds, and so data that was not read before.
        """
        row = next((row for row in rows if row["state"] in ("finished", "pruned")), None)
        if row is not None:
            recipe = self.settled(self.sweep.trial(row["values"]))
            seed_everything(recipe)
            self.data(recipe, self.root / CACHE)

    def trained(self, recipe: Recipe, place: Path, manner: Manner) -> Run:
        """The finished run at a place: begun, gone on with, or there already; one that another process still writes to,
        as one may whose chief was killed, when it has ended.
        """
        work, run = Work(self.stop, False, self.root, manner), Run(place)
        if not (place / "state.json").is_file():
            return work.begin(self.settled(recipe), place.parent, place.name, self.check)
        while run.held():
            self.stop.check()
            time.sleep(AGAIN)
        if run.recipe.train.stop_after != recipe.train.stop_after:
            lengthen(run, recipe.train.stop_after)
            run = Run(place)
        return run if run.state["state"] == "finished" else work.go_on(run)

    def settled(self, recipe: Recipe) -> Recipe:
        return settled(recipe, self.root)

    def check(self, prepared: Prepared) -> None:
        """Before anything is written: the count of parameters."""
        self.check_constraints({"parameters": prepared.model.count_params()})

    def check_constraints(self, measured: Mapping[str, float]) -> None:
        """Raises Invalid where a measured number is out of its bounds."""
        units = {"parameters": "parameters", "latency": "milliseconds an example", "bytes": "bytes"}
        for name, value in measured.items():
            bound = getattr(self.sweep.constraints, name)
            if bound and (told := bound.complaint(value)):
                raise Invalid(f"{units[name]}: {told}")

    def fault(self, error: Exception, place: Path) -> Result:
        """What a trial's error says of it: no run was begun, and it is invalid; else it failed. Raises what is no fault
        of the trial: a full disk, data that is not there or has changed.
        """
        told = str(error) if isinstance(error, KerasappError) else first_line(error)
        if isinstance(error, RecipeError):  # whose places are in no file
            told = "; ".join(f"{fault.path}: {fault.message}" for fault in error.faults)
        if isinstance(error.__cause__, OSError) and not isinstance(error, NonFinite):
            raise error
        if isinstance(error, RunError):
            raise error
        if (place / "state.json").is_file():
            done = {"seconds": Run(place).read_json("state.json")["seconds"]}
            return done | {"state": "failed", "reason": told, "epochs": len(HistoryFile(place / "history.csv").rows())}
        searched = [entry.path.split(".")[0] for entry in self.sweep.space]
        if isinstance(error, DataError) and not {"data", "task"}.intersection(searched):
            raise error
        return {"state": "invalid", "reason": told}


class SharedData:
    """Data and adapted task, read once while trials in turn have the same; in place of `training.adapted`.

    Shared where reading draws no random numbers: those that follow would be others than in a run by itself.
    """

    def __init__(self, check: Callable[[str, dict[str, str]], None]):
        self.check, self._key, self._kept = check, None, None

    def __call__(self, recipe: Recipe, cache: Path | None = None) -> tuple[Any, dict[str, Any]]:
        key = json.dumps([recipe.data, recipe.task, recipe.seed, str(recipe.folder)], sort_keys=True, default=str)
        if key != self._key:
            self._key = self._kept = None
            before = _drawn()
            self._kept = adapted(recipe, cache)
            source = json.dumps([recipe.data, recipe.task["name"], recipe.seed], sort_keys=True, default=str)
            self.check(source, fingerprints(self._kept[1]))
            self._key = key if before == _drawn() else None
        task, splits = self._kept
        return task, dict(splits)


def lengthen(run: Run, stop_after: int | None) -> None:
    """Lets a run that stopped after some epochs, and its folds before it, go on to more. It is unfinished before its
    recipe says so.
    """
    for fold in folds_of(run):
        lengthen(fold, stop_after)
    run.update(state="running")
    head = (run.path / "recipe.yaml").read_text(encoding="utf-8").partition("\n")[0]
    write(run.path / "recipe.yaml", f"{head}\n{run.recipe.replaced({'train.stop_after': stop_after}).as_yaml()}")


@contextmanager
def quiet() -> Iterator[None]:
    """What a run tells of itself is no news in a sweep; warnings are."""
    level = log.level
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.setLevel(level)


class Epochs(keras.callbacks.Callback):
    """Calls `told(epoch, epochs, logs)` after each epoch (from 1), for who watches."""

    def __init__(self, told: Callable[[int, dict], None]):
        super().__init__()
        self.told = told

    def on_epoch_end(self, epoch, logs=None):
        self.told(epoch + 1, dict(logs or {}))

    def get_state(self) -> dict:
        return {}

    def set_state(self, state: dict) -> None:
        pass


def _watching(told: Callable | None) -> dict[str, Any]:
    return {} if told is None else {"watching": Epochs(told)}


def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values for TensorBoard's table, which has numbers, words and truth values."""
    plain = (bool, int, float, str)
    return {path: value if isinstance(value, plain) else json.dumps(value) for path, value in values.items()}


def _drawn() -> tuple:
    return random.getstate(), str(np.random.get_state())


class _Nowhere(io.TextIOBase):
    """A stream that forgets."""

    def write(self, text: str) -> int:
        return len(text)
