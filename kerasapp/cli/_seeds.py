"""What `run --seeds N` prints: a line for each seed as it is done, then mean and spread of every metric."""

import sys
from pathlib import Path
from typing import Any

import typer

from kerasapp.cli._common import print_json

SHOWN = 3  # metrics in a seed's line


def run_seeds(recipe: Any, root: Path, count: int, *, name: str | None, eager: bool, json: bool) -> None:
    """Trains with `count` seeds and tells of those that are done, also where one fails or all are interrupted."""
    from kerasapp.training import over, train, train_seeds

    rows: list[dict[str, Any]] = []
    try:
        for seed, outcome in train_seeds(
            lambda changed, called: train(changed, root, name=called, eager=eager), recipe, count, name
        ):
            rows.append(_row(seed, outcome))
            if not json:
                print(_line(rows[-1]), flush=True)
    finally:
        metrics = over([row["report"] for row in rows if row["report"]])
        told = {
            metric: {"mean": it["mean"], "spread": it["spread"], "seeds": len(it["values"])}
            for metric, it in metrics.items()
        }
        if json:
            print_json({"runs": rows, "metrics": told})
        elif told:
            print(_table(told), flush=True)
    if any(row["report"] is None for row in rows):
        raise typer.Exit(1)


def _row(seed: int, outcome: Any) -> dict[str, Any]:
    from kerasapp.errors import WorkError

    if not isinstance(outcome, WorkError):
        return {"run": str(outcome.path), "state": outcome.state["state"], "seed": seed, "report": outcome.report}
    print(f"seed {seed}: {outcome}", file=sys.stderr, flush=True)
    path = None if outcome.run is None else str(outcome.run)
    return {"run": path, "state": "failed", "seed": seed, "report": None}


def _line(row: dict[str, Any]) -> str:
    parts = [f"seed {row['seed']}", row["state"]]
    if row["report"]:
        metrics = next(iter(row["report"]["splits"].values()))["metrics"]
        parts += [f"{name} {it['value']:.4g}" for name, it in list(metrics.items())[:SHOWN]]
    return "  ".join([*parts, *([row["run"]] if row["run"] else [])])


def _table(metrics: dict[str, dict[str, Any]]) -> str:
    width = max(len(name) for name in metrics)
    lines = [f"\n{'':{width}}  {'mean':>9}  {'spread':>9}  {'seeds':>5}"]
    for name, it in metrics.items():
        spread = "-" if it["spread"] is None else f"{it['spread']:.4f}"
        lines.append(f"{name:{width}}  {it['mean']:9.4f}  {spread:>9}  {it['seeds']:5}")
    return "\n".join(lines)
