"""`kerasapp runs` and `kerasapp runs rm`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from kerasapp.cli._common import Json, Root, complete_run, print_json

verb = typer.Typer(invoke_without_command=True, rich_markup_mode=None)


@verb.callback()
def runs(context: typer.Context, root: Root = Path(), json: Json = False) -> None:
    """Lists the runs, the newest last: name, state, time, metrics."""
    if context.invoked_subcommand:
        return
    from kerasapp.run import all_runs

    rows = [_row(run) for run in all_runs(root)]
    if json:
        print_json(rows)
        return
    if not rows:
        typer.echo("no run yet. Make one: kerasapp run vision/digits_cnn", err=True)
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        metrics = "  ".join(f"{name} {value:.4g}" for name, value in row["metrics"].items() if value is not None)
        print(f"{row['name']:{width}}  {row['state']:11}  {row['seconds'] or 0:7.0f} s  {metrics}")


@verb.command("rm")
def remove(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...",
            help="Paths or unambiguous prefixes.",
            show_default=False,
            autocompletion=complete_run,
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Without asking.")] = False,
    root: Root = Path(),
) -> None:
    """Removes runs, after saying what that frees."""
    from kerasapp.errors import RunError
    from kerasapp.run import Run

    found = {run.path.resolve(): run for run in (Run.open(name, root) for name in names)}
    for run in found.values():
        if run.held():
            raise RunError(run.path, "is being written to: stop it first")
        size = sum(file.stat().st_size for file in run.path.rglob("*") if file.is_file())
        if not yes and not _agreed(run.path, f"remove it and free {size / 1e6:.1f} MB?"):
            continue
        run.remove()
        print(f"{run.path}: removed, {size / 1e6:.1f} MB freed")


def _agreed(path: Path, question: str) -> bool:
    from kerasapp.errors import RunError

    if sys.stdin and sys.stdin.isatty():
        typer.echo(f"{path}: {question} [y/N]: ", nl=False, err=True)
    answer = sys.stdin.readline() if sys.stdin else ""
    if not answer:
        raise RunError(path, "not removed: nobody to ask; --yes removes without asking")
    return answer.strip().lower() in ("y", "yes")


def _row(run) -> dict:
    from kerasapp.errors import RunError

    try:
        state = run.state
    except RunError as error:
        return {
            "run": str(run.path),
            "name": run.name,
            "recipe": run.path.parent.name,
            "state": "failed",
            "started": None,
            "seconds": None,
            "metrics": {},
            "error": str(error),
        }
    try:
        splits = run.report["splits"]
        metrics = {name: value["value"] for name, value in next(iter(splits.values()))["metrics"].items()}
    except (RunError, KeyError, StopIteration):
        metrics = {}
    return {
        "run": str(run.path),
        "name": run.name,
        "recipe": state["recipe"],
        "state": state["state"],
        "started": state["started"],
        "seconds": state["seconds"],
        "metrics": metrics,
    }
