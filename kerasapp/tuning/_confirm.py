"""Whether the winner is luck: the best trials again over new seeds, beside the recipe's own defaults; and best.yaml."""

import copy
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kerasapp.errors import KerasappError
from kerasapp.files import write
from kerasapp.own_copy import moved_own_code
from kerasapp.recipe import Recipe
from kerasapp.run import Run
from kerasapp.tuning._ledger import Ledger
from kerasapp.tuning._space import written
from kerasapp.tuning._sweep import Sweep

BEST = "best.yaml"
DEFAULT = "default"


def write_best(ledger: Ledger, row: Mapping[str, Any]) -> Path:
    """The whole recipe of a trial, beside its sweep: `run` takes it, and reproduces the trial's score."""
    sweep, run = ledger.sweep, Run(Path(row["run"]))
    recipe = run.recipe.replaced({"train.stop_after": partial(sweep, row)})
    values = copy.deepcopy(recipe.values)
    moved_own_code(values, run.recipe.folder, ledger.folder)
    changes = ", ".join(f"{path}: {written(value)}" for path, value in row["values"].items())
    head = (
        f"# The best of the sweep {sweep.name}: trial {row['trial']}, {said(sweep)} {row['score']:.6g}\n# {changes}\n"
    )
    write(ledger.folder / BEST, head + recipe.as_yaml(values))
    return ledger.folder / BEST


def partial(sweep: Sweep, row: Mapping[str, Any]) -> int | None:
    """The epoch that a rung stopped at, where that was not the last."""
    rung = row.get("rung")
    return rung if rung and rung < sweep.budget.epochs else None


def said(sweep: Sweep) -> str:
    """The objective in a word or two."""
    goals = sweep.objective.goals
    return goals[0].metric if sweep.objective.kind != "weighted" else " and ".join(goal.metric for goal in goals)


def new_seeds(sweep: Sweep) -> list[int]:
    """Seeds that no trial had."""
    searched = next((entry for entry in sweep.space if entry.path == "seed"), None)
    values = () if searched is None else searched.values or (searched.high,)
    first = max([sweep.default.seed, *values]) + sweep.seeds
    return [first + number for number in range(sweep.confirm.seeds)]


def jobs(sweep: Sweep, finished: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any] | None, int]]:
    """The trainings that confirm: the row of each of the best trials, and None for the defaults, with each new seed."""
    if sweep.confirm is None or not sweep.confirm.top or not finished:
        return []
    return [(row, seed) for row in (*finished[: sweep.confirm.top], None) for seed in new_seeds(sweep)]


def job_name(row: Mapping[str, Any] | None, seed: int) -> str:
    """What the run of a job is called."""
    return f"{row['trial'] if row else DEFAULT}-seed-{seed}"


def job_recipe(sweep: Sweep, row: Mapping[str, Any] | None, seed: int) -> Recipe:
    """The recipe of a job."""
    if row is None:
        return sweep.default.replaced({"seed": seed})
    return sweep.trial(row["values"], {"train.stop_after": partial(sweep, row), "seed": seed})


def job_place(folder: Path, name: str) -> Path:
    """The run of a job."""
    return folder / "confirm" / name


def confirm(
    ledger: Ledger, train: Callable[[Recipe, Path], dict[str, Any]], told: Callable[[str], None]
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Rows of the best trials, and that of the defaults: mean, spread and seeds. `train(recipe, place)` gives a score;
    a training that fails leaves its seed out, and is told.
    """
    sweep, rows = ledger.sweep, {}
    for row, seed in jobs(sweep, ledger.finished()):
        name, place = job_name(row, seed), job_place(ledger.folder, job_name(row, seed))
        of = rows.setdefault(row["trial"] if row else DEFAULT, [])
        told(name)
        try:
            score = train(job_recipe(sweep, row, seed), place)["score"]
        except KerasappError as error:
            told(f"{name}: {error}")
            continue
        of.append({"seed": seed, "score": score, "run": str(place)})
    found = [_summed(name, row) for name, row in rows.items()]
    scores = {row["trial"]: row["score"] for row in ledger.rows.values()}
    return [row | {"score": scores[row["trial"]]} for row in found[:-1]], found[-1] if found else None


def _summed(name: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
    scores = [run["score"] for run in runs]
    mean = statistics.fmean(scores) if scores else None
    spread = statistics.stdev(scores) if len(scores) > 1 else None
    return {"trial": name, "mean": mean, "spread": spread, "seeds": len(scores), "runs": runs}
