"""A sweep, from its file to the best recipe, confirmed: KerasTuner's oracle decides, `training` trains."""

import shlex
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasapp.callbacks.stop import StopOnSignal, Stopped
from kerasapp.errors import WorkError
from kerasapp.files import write_json
from kerasapp.names import counted
from kerasapp.recipe import Recipe
from kerasapp.tuning._chief import LOOPBACK, TOO_MANY, Chief, serving
from kerasapp.tuning._confirm import confirm, write_best
from kerasapp.tuning._ledger import TABLE, Ledger
from kerasapp.tuning._opening import opened
from kerasapp.tuning._progress import Shown
from kerasapp.tuning._sweep import Sweep
from kerasapp.tuning._trial import Trials
from kerasapp.tuning._workers import Workers
from kerasapp.tuning.report import write_report

LOOK_EVERY = 0.2  # seconds between two looks at the workers


def tune(
    sweep: Sweep, root: Path = Path(), *, resume: bool = False, workers: Workers | None = None,
    chief: str | None = None, words: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """Runs a sweep, or goes on with it; gives the table that `sweep.json` holds.

    Trials are trained in this process; or by `workers` beside it, none where all are on other machines, which find it
    as the `chief` at an address. `words` are the arguments of the command that this is. Raises RunError where the
    folder has another sweep, WorkError where no trial finished, Stopped where a signal came.
    """
    with StopOnSignal() as stop, opened(sweep, root, resume) as ledger:
        try:
            with Shown(ledger) as shown:
                trainer = Trials(sweep, ledger.folder, root, stop, ledger.check_data)
                hopeless = set()
                if workers:
                    hopeless = by_workers(ledger, shown, workers, chief or f"{LOOPBACK}:0")
                else:
                    in_turn(ledger, trainer, shown)
                return concluded(ledger, trainer, shown, hopeless)
        except Stopped as stopped:
            raise Stopped(stopped.signal, how_to_go_on(ledger, words)) from None


def in_turn(ledger: Ledger, trainer: Trials, shown: Shown) -> None:
    """Trains trial after trial in this process."""
    trainer.check_data(ledger.rows.values())
    while (asked := ledger.ask()) is not None:
        shown.begun(asked)
        result = trainer.train(asked, ledger.curves(), lambda epoch, logs, of=asked: shown.epoch(of, epoch, logs))
        shown.ended(ledger.tell(asked.name, result))


def by_workers(ledger: Ledger, shown: Shown, workers: Workers, address: str) -> set[str]:
    """Gives trials to workers until there is no more, and waits for those that run. Gives the names of trainings that
    would confirm others, but took down worker after worker.
    """
    ledger.keep()
    chief = Chief(ledger)
    with serving(chief, address) as listening, workers.serve(listening):
        shown.said(f"the chief listens at {listening}")
        while not chief.over() or chief.waiting():
            time.sleep(LOOK_EVERY)
            for process in workers.lost():
                again = chief.lost(f"{socket.gethostname()}-{process}")
                shown.said(f"worker {process} was killed" + (": its trial is given again" if again else ""))
            for row in chief.look():
                shown.ended(row)
    if chief.fault:
        raise chief.fault
    return chief.hopeless()


def concluded(ledger: Ledger, trainer: Trials, shown: Shown, hopeless: set[str]) -> dict[str, Any]:
    """The best, as a recipe, confirmed and reported; what is `hopeless` is not tried here too. Raises WorkError where
    no trial finished.
    """
    best = next(iter(ledger.finished()), None)
    if best is None:
        reason = next((row["reason"] for row in reversed(ledger.rows.values()) if row["reason"]), "none was begun")
        raise WorkError(f"{ledger.folder}: no trial finished; the last: {reason}")
    path = write_best(ledger, best)

    def train(recipe: Recipe, place: Path) -> dict[str, Any]:
        lost = place.name in hopeless
        return {"state": "failed", "reason": TOO_MANY} if lost else trainer.confirmed(recipe, place)

    rows, default = confirm(ledger, train, lambda text: shown.said(f"confirming: {text}"))
    told = next((row for row in rows if row["trial"] == best["trial"]), None)
    confirmed = told and {key: told[key] for key in ("mean", "spread", "seeds")}
    table = ledger.table(
        best={**_best(best), "recipe": str(path), "confirmed": confirmed},
        default=default and {"score": None, "confirmed": default},
        confirmed=rows,
    )
    write_json(ledger.folder / TABLE, table)
    return table | {"report": str(write_report(ledger.folder, table))}


def how_to_go_on(ledger: Ledger, words: Sequence[str]) -> str:
    """Where a stopped sweep is, in one line."""
    done = counted(sum(row["state"] != "running" for row in ledger.rows.values()), "trial")
    command = shlex.join(words or ["tune", str(ledger.sweep.file)])
    return f"{ledger.folder}: stopped after {done}. Go on with: kerasapp {command} --resume"


def _best(row: dict[str, Any]) -> dict[str, Any]:
    return {"trial": row["trial"], "run": row["run"], "score": row["score"], "values": row["values"]}
