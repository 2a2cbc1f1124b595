"""`kerasapp reproduce`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from kerasapp.cli._common import Json, Root, RunName, difference, print_json, start_tensorflow

SHOWN = 20  # differences, in plain output
FROM = {"init_from": "the run that it starts from is", "embedding": "the word vectors that it starts from are"}


def verb(
    run: RunName,
    name: Annotated[str | None, typer.Option(help="The new run's name; by default the time.")] = None,
    root: Root = Path(),
    json: Json = False,
) -> None:
    """Trains a run again from its own folder, as a new run, and says whether the result is equal: exit code 1 if not.

    Compared are the weights, array by array, every epoch's numbers, and the report's metrics. Where the data is not
    what it was, that is said before anything is trained.
    """
    from kerasapp.run import Run

    found = Run.open(run, root)
    start_tensorflow()
    from kerasapp.training import reproduce, train

    told = reproduce(found, lambda recipe, before: train(recipe, root, name=name, before=before))
    if told.run is None:
        typer.echo(_refusal(found, told), err=True)
    if json:
        print_json(_document(told))
    elif told.run is not None:
        _print(found, told)
    if told.differences:
        raise typer.Exit(1)


def _document(told: Any) -> dict[str, Any]:
    made = {"run": None, "state": None, "report": None}
    if told.run is not None:
        made = {"run": str(told.run.path), "state": told.run.state["state"], "report": told.run.report}
    return made | {"equal": not told.differences, "differences": told.differences}


def _refusal(found: Any, told: Any) -> str:
    """The line for what went in and is not what it was."""
    parts = ", ".join(row["path"].removeprefix("data.") for row in told.differences)
    what = FROM.get(parts, "its data is")
    way_out = f"Nothing was trained. Put it back, or run the recipe anew: kerasapp run {found.path / 'recipe.yaml'}"
    return f"{found.path}: {what} not what it was ({parts}). {way_out}"


def _print(found: Any, told: Any) -> None:
    if not told.differences:
        print(f"{told.run.path}: equal to {found.path}: weights, history and report")
        return
    print(f"{told.run.path}: differs from {found.path} in {len(told.differences)} places")
    for row in told.differences[:SHOWN]:
        print(difference(row))
    if len(told.differences) > SHOWN:
        print(f"  and {len(told.differences) - SHOWN} more: --json has them all")
