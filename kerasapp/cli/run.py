"""`kerasapp run`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from kerasapp.cli._common import (
    Json,
    RecipeOrNone,
    Root,
    Settings,
    complete_run,
    load_recipe,
    print_json,
    start_tensorflow,
)
from kerasapp.errors import KerasappError

Resumed = Annotated[
    str | None,
    typer.Option(
        "--resume",
        metavar="RUN",
        help="Goes on with a run that was left, exactly.",
        autocompletion=complete_run,
    ),
]


def verb(
    recipe: RecipeOrNone = None,
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
    resume: Resumed = None,
    root: Root = Path(),
    json: Json = False,
) -> None:
    """Trains a recipe, reports on its test split beside a classical baseline, and leaves all of it in a run folder."""
    if resume is not None:
        run = _go_on(resume, root, eager, others=[recipe, settings, smoke, seed, seeds, name])
    elif recipe is None:
        raise KerasappError("RECIPE is missing: give a path or a name; `kerasapp list` tells those there are")
    else:
        found = load_recipe(recipe, settings, smoke=smoke, changes=None if seed is None else {"seed": seed})
        start_tensorflow()
        if seeds is not None:
            from kerasapp.cli._seeds import run_seeds

            run_seeds(found, root, seeds, name=name, eager=eager, json=json)
            return
        from kerasapp.training import train

        run = train(found, root, name=name, eager=eager)
    from kerasapp.cli._report import headline

    if json:
        print_json({"run": str(run.path), "state": run.state["state"], "report": run.report})
    else:
        print(headline(run))


def _go_on(word: str, root: Path, eager: bool, others: list) -> Any:
    if any(value is not None and value is not False for value in others):
        told = "leave the recipe, --set, --smoke, --seed, --seeds and --name out"
        raise KerasappError(f"--resume goes on with a run as it is: {told}")
    from kerasapp.run import Run

    found = Run.open(word, root)
    start_tensorflow()
    from kerasapp.training import resume

    return resume(found, root, eager=eager)
