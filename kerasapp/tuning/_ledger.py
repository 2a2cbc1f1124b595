"""A sweep's folder: which trials there were, what came of each, and all that decides about the next.

`tuner.json` is the one truth, replaced whole after each event; `sweep.json` is written from it for those who read.
"""

import hashlib
import json
import logging
import math
import time
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_tuner.src.engine.trial import TrialStatus
from sklearn.exceptions import ConvergenceWarning

from kerasapp.errors import KerasappError, WorkError
from kerasapp.files import finite, write, write_json
from kerasapp.own_copy import hash_own_code
from kerasapp.training._fingerprint import check_same_data
from kerasapp.tuning._oracles import SCORE, free, make_oracle, restore, state_of, values_of
from kerasapp.tuning._sweep import Sweep

log = logging.getLogger("kerasapp")
TRUTH, TABLE = "tuner.json", "sweep.json"
VERSION = 1
FIRST, IN_A_ROW = 10, 100  # trials that failed before any finished, that came to nothing: a sweep gives up
DONE = ("finished", "pruned", "failed", "invalid")


@dataclass(frozen=True)
class Asked:
    """A trial that is to be trained: its name, its values, and the name of its run, which is another's where it goes on
    with that; `rung` is the epoch that hyperband trains it to.
    """

    name: str
    values: Mapping[str, Any]
    run: str
    rung: int | None = None


class Ledger:
    """Gives out trials (`ask`), takes what came of them (`tell`), and keeps both on disk. Of several threads one at a
    time comes in, as KerasTuner's oracles have it.
    """

    def __init__(self, sweep: Sweep, folder: Path):
        self.sweep, self.folder, self.oracle = sweep, folder, make_oracle(sweep)
        self.rows: dict[str, dict[str, Any]] = {}
        self.data: dict[str, dict[str, str]] = {}
        self.exhausted = False
        self._before, self._begun = 0.0, time.monotonic()

    @property
    def seconds(self) -> float:
        """Of all the processes that worked on the sweep."""
        return self._before + time.monotonic() - self._begun

    def ask(self, worker: str = "tuner0") -> Asked | None:
        """The next trial, or the one that this worker left; None where there is none now: see `over`."""
        self._look_back()
        left = worker in self.oracle.ongoing_trials or self.oracle._retry_queue
        if not left and (self.exhausted or self.spent() or self._full()):
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # of the Gaussian process: nothing to be done about it
            trial = self.oracle.create_trial(worker)
        if trial.status != TrialStatus.RUNNING:
            if trial.status == TrialStatus.STOPPED:
                self.exhausted = True
                self.keep()
            return None
        given = trial.hyperparameters.values
        before, rung = given.get("tuner/trial_id") or None, given.get("tuner/epochs")
        row = self.rows.setdefault(trial.trial_id, self._row(trial.trial_id, given, before, rung))
        self.keep()
        return Asked(trial.trial_id, row["values"], Path(row["run"]).name, rung)

    def over(self) -> bool:
        """Whether no trial runs and none will."""
        return not self.oracle.ongoing_trials and not self.oracle._retry_queue and (self.exhausted or self.spent())

    def tell(self, name: str, result: Mapping[str, Any]) -> dict[str, Any]:
        """Takes what came of a trial: `state`, `score`, and what else a row has. A second result is not looked at."""
        row, trial = self.rows[name], self.oracle.trials[name]
        if row["state"] in DONE:
            return row
        row.update(result)
        replaced = row["state"] == "invalid" and not row.get("continues")
        if row["state"] == "invalid":
            row["run"] = None
        if replaced:
            free(self.oracle, name)
        if (score := self._counted(row, replaced)) is None:
            trial.status = TrialStatus.FAILED
        else:
            self.oracle.update_trial(name, {SCORE: score}, step=row["epochs"])
            trial.status = TrialStatus.COMPLETED
        self.oracle.end_trial(trial)
        self.keep()
        return row

    def give_again(self, worker: str) -> str | None:
        """A worker is gone: its trial goes to the next that asks, and its row counts how often. Gives its name."""
        trial = self.oracle.ongoing_trials.pop(worker, None)
        if trial is None:
            return None
        self.oracle._retry_queue.append(trial.trial_id)
        row = self.rows[trial.trial_id]
        row["given_again"] = row.get("given_again", 0) + 1
        self.keep()
        return trial.trial_id

    def take_back(self, name: str) -> None:
        """A trial that was to be given again is not."""
        self.oracle._retry_queue.remove(name)

    def spent(self) -> bool:
        """Whether the budget allows no further trial. Those that were replaced don't count."""
        budget, rows = self.sweep.budget, self.rows.values()
        trials = sum(row["state"] in DONE and row["state"] != "invalid" for row in rows)
        epochs = 0 if self.sweep.rungs else sum(row["epochs"] for row in rows)
        return (
            (budget.trials is not None and trials >= budget.trials)
            or (not self.sweep.rungs and budget.epochs is not None and epochs >= budget.epochs)
            or (budget.hours is not None and self.seconds >= 3600 * budget.hours)
        )

    def finished(self) -> list[dict[str, Any]]:
        """The rows of finished trials, the best first, of equals the first; of one that went on to other rungs the
        last, which is what its run has.
        """
        rows = [row for row in list(self.rows.values()) if row["state"] == "finished"]
        gone_on = {row.get("continues") for row in rows}
        sign = -1 if self.sweep.objective.direction == "max" else 1
        return sorted((row for row in rows if row["trial"] not in gone_on), key=lambda row: sign * row["score"])

    def curves(self) -> list[list[float]]:
        """The objective by epoch of every finished trial."""
        return [row["curve"] for row in self.rows.values() if row["state"] == "finished"]

    def check_data(self, key: str, fingerprint: dict[str, str]) -> None:
        """Raises RunError where the data is not what the sweep began with."""
        check_same_data(self.folder, self.data.setdefault(key, fingerprint), fingerprint)

    def keep(self) -> None:
        """Writes down where the sweep is."""
        truth = {
            "version": VERSION,
            "asked": asked(self.sweep),
            "seconds": self.seconds,
            "exhausted": self.exhausted,
            "data": self.data,
            "rows": list(self.rows.values()),
            **state_of(self.oracle),
        }
        write(self.folder / TRUTH, json.dumps(truth))
        write_json(self.folder / TABLE, self.table())

    def table(self, **more: Any) -> dict[str, Any]:
        """What `sweep.json` says: what was asked, a row a trial."""
        return {
            "sweep": self.sweep.name,
            "title": self.sweep.title,
            "recipe": self.sweep.recipe.name,
            "tuner": dict(self.sweep.tuner),
            "objective": self.sweep.objective.told(),
            "space": {entry.path: entry.told() for entry in self.sweep.space},
            "seconds": self.seconds,
            "trials": list(self.rows.values()),
            "best": None,
            "default": None,
            "confirmed": [],
            **more,
        }

    def load(self, truth: Mapping[str, Any]) -> None:
        """Takes up what `tuner.json` says; the runs are where the folder is now."""
        self.rows = {row["trial"]: row for row in truth["rows"]}
        for row in self.rows.values():
            row["run"] = row["run"] and self._place(Path(row["run"]).name)
        self.data, self.exhausted, self._before = truth["data"], truth["exhausted"], truth["seconds"]
        restore(self.oracle, truth)

    def _row(self, name: str, given: Mapping[str, Any], before: str | None, rung: int | None) -> dict[str, Any]:
        run = self.rows[before]["run"] if before else self._place(name)
        row = {"trial": name, "run": run, "state": "running", "values": values_of(self.sweep.space, given)}
        row |= {"score": None, "metrics": {}, "epochs": 0, "seconds": 0.0, "parameters": None, "reason": None}
        return row | {"curve": []} | ({"rung": rung, "continues": before} if rung else {})

    def _place(self, run: str) -> str:
        return str(self.folder / "trials" / run)

    def _counted(self, row: Mapping[str, Any], replaced: bool) -> float | None:
        """The score that the tuner sees; None: it sees that the trial failed. KerasTuner's hyperband promotes none of a
        rung in which one failed for each that it would leave behind: there to have failed is to be the worst.
        """
        if row["state"] in ("finished", "pruned"):
            return row["score"]
        if replaced or not self.sweep.rungs:
            return None
        return -math.inf if self.sweep.objective.direction == "max" else math.inf

    def _full(self) -> bool:
        """Whether as many trials run as the budget has left: one of them may yet have to be replaced."""
        counted = sum(row["state"] != "invalid" for row in self.rows.values())
        return self.sweep.budget.trials is not None and counted >= self.sweep.budget.trials

    def _look_back(self) -> None:
        """Ends a sweep whose last trials all came to nothing. A grid has an end, and its first value may be the one
        that fails. Raises KerasappError, WorkError where there is nothing to conclude from.
        """
        done = [row for row in self.rows.values() if row["state"] in DONE]
        good = [number for number, row in enumerate(done, 1) if row["state"] in ("finished", "pruned")]
        last = done[good[-1] if good else 0 :]
        failed = sum(row["state"] == "failed" for row in last)
        few = len(last) < IN_A_ROW and (good or failed < FIRST)
        if self.exhausted or self.sweep.tuner["name"] == "grid" or few:
            return
        told = f"the last {len(last)} trials came to nothing; of the last: {last[-1]['reason']}. Change the space"
        if any(row["state"] == "finished" for row in done):
            self.exhausted = True
            self.keep()
            log.warning("%s: %s", self.folder, told)
            return
        kind = KerasappError if all(row["state"] == "invalid" for row in last) else WorkError
        raise kind(f"{self.folder}: {told}")


def asked(sweep: Sweep) -> dict[str, Any]:
    """By path all that decides about the trials, as JSON; of the user's own code its hash."""
    epochs = {"budget.epochs": sweep.budget.epochs} if sweep.rungs else {}
    return json.loads(json.dumps(finite(sweep.asked() | epochs | {"recipe.code": _code(sweep)}), default=str))


def _code(sweep: Sweep) -> str:
    """The hash of the user's own code that the recipe, `set` or the space names."""
    folder = sweep.recipe.folder
    hashes = [hash_own_code(sweep.default.values, folder)]
    for value in (value for entry in sweep.space for value in entry.values):
        with suppress(LookupError):  # a word that has a colon for another reason
            hashes.append(hash_own_code({"of": {"name": value} if isinstance(value, str) else value}, folder))
    return hashlib.sha256("".join(hashes).encode()).hexdigest()[:16]
