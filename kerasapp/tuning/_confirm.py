"""Whether the winner is luck: the best trials again over new seeds, beside the recipe's own defaults; and best.yaml."""

import copy
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

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
    recipe = run.recipe.replaced(sweep.rung(row.get("rung")))
    values = copy.deepcopy(recipe.values)
    moved_own_code(values, run.recipe.folder, ledger.folder)
    changes = ", ".join(f"{path}: {written(value)}" for path, value in row["values"].items())
    head = (
        f"# The best of the sweep {sweep.name}: trial {row['trial']}, {said(sweep)} {row['score']:.6g}\n# {changes}\n"
    )
    write(ledger.folder / BEST, head + recipe.as_yaml(values))
    return ledger.folder / BEST


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
        return sweep.default.replaced({"seed": seed} | sweep.rung(None))
    return sweep.trial(row["values"], {"seed": seed} | sweep.rung(row.get("rung")))


def job_place(folder: Path, name: str) -> Path:
    """The run of a job."""
    return folder / "confirm" / name


def confirm(
    ledger: Ledger, train: Callable[[Recipe, Path], dict[str, Any]], told: Callable[[str], None]
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Rows of the best trials, and that of the defaults: mean, spread, seeds. `train(recipe, place)` gives a `score`,
    or `state` and `reason`; trainings that failed are told, and stand under `failed`.
    """
    sweep, trained = ledger.sweep, {}
    for row, seed in jobs(sweep, ledger.finished()):
        name = job_name(row, seed)
        told(name)
        came = train(job_recipe(sweep, row, seed), job_place(ledger.folder, name))
        if "score" not in came:
            told(f"{name}: {came['state']}: {came['reason']}")
        kept = {key: came[key] for key in ("score", "reason") if key in came}
        one = {"seed": seed, "run": str(job_place(ledger.folder, name))} | kept
        trained.setdefault(row["trial"] if row else DEFAULT, []).append(one)
    found = [_summed(name, runs) for name, runs in trained.items()]
    return [row | {"score": ledger.rows[row["trial"]]["score"]} for row in found[:-1]], found[-1] if found else None


def _summed(name: str, trained: list[dict[str, Any]]) -> dict[str, Any]:
    runs, failed = ([one for one in trained if key in one] for key in ("score", "reason"))
    scores = [run["score"] for run in runs]
    mean = statistics.fmean(scores) if scores else None
    spread = statistics.stdev(scores) if len(scores) > 1 else None
    return {"trial": name, "mean": mean, "spread": spread, "seeds": len(scores), "runs": runs, "failed": failed}
