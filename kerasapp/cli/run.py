"""`kerasapp run`."""

from pathlib import Path
from typing import Annotated

import typer

from kerasapp.cli._common import Json, RecipeName, Root, Settings, load_recipe, print_json, start_tensorflow


def verb(
    recipe: RecipeName,
    settings: Settings = None,
    smoke: Annotated[bool, typer.Option("--smoke", help="The recipe's smoke form: seconds, offline.")] = False,
    eager: Annotated[bool, typer.Option("--eager", help="Runs step by step, for a debugger. Slow.")] = False,
    seed: Annotated[int | None, typer.Option(help="Short for --set seed=N.")] = None,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Trains so many times, with this seed and those after it.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The run's name; by default the time. With --seeds: NAME-1, ...")
    ] = None,
    root: Root = Path(),
    json: Json = False,
) -> None:
    """Trains a recipe, reports on its test split beside a classical baseline, and leaves all of it in a run folder."""
    found = load_recipe(recipe, settings, smoke=smoke, changes=None if seed is None else {"seed": seed})
    start_tensorflow()
    if seeds is not None:
        from kerasapp.cli._seeds import run_seeds

        run_seeds(found, root, seeds, name=name, eager=eager, json=json)
        return
    from kerasapp.cli._report import headline
    from kerasapp.training import train

    run = train(found, root, name=name, eager=eager)
    if json:
        print_json({"run": str(run.path), "state": run.state["state"], "report": run.report})
    else:
        print(headline(run))
