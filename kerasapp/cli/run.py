"""`kerasapp run`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from kerasapp.cli._common import Json, Root, Settings, load_recipe, print_json, start_tensorflow
from kerasapp.errors import KerasappError


def verb(
    recipe: Annotated[
        str | None,
        typer.Argument(
            metavar="RECIPE", help="A path, or a stock recipe's name as `list` prints it.", show_default=False
        ),
    ] = None,
    settings: Settings = None,
    smoke: Annotated[bool, typer.Option("--smoke", help="The recipe's smoke form: seconds, offline.")] = False,
    eager: Annotated[bool, typer.Option("--eager", help="Runs step by step, for a debugger. Slow.")] = False,
    seed: Annotated[int | None, typer.Option(help="Short for --set seed=N.")] = None,
    name: Annotated[str | None, typer.Option(help="The run's name; by default the time.")] = None,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="RUN", help="Goes on with a run that was left, exactly.")
    ] = None,
    root: Root = Path(),
    json: Json = False,
) -> None:
    """Trains a recipe, reports on its test split beside a classical baseline, and leaves all of it in a run folder."""
    if resume is not None:
        run = _go_on(resume, root, eager, others=[recipe, settings, smoke, seed, name])
    elif recipe is None:
        raise KerasappError("which recipe? Give its name or path; `kerasapp list` names those there are")
    else:
        found = load_recipe(recipe, settings, smoke=smoke, changes=None if seed is None else {"seed": seed})
        start_tensorflow()
        from kerasapp.training import train

        run = train(found, root, name=name, eager=eager)
    from kerasapp.cli._report import headline

    if json:
        print_json({"run": str(run.path), "state": run.state["state"], "report": run.report})
    else:
        print(headline(run))


def _go_on(word: str, root: Path, eager: bool, others: list) -> Any:
    if any(others):
        raise KerasappError(
            "--resume goes on with a run as it is: leave the recipe, --set, --smoke, --seed and --name out"
        )
    from kerasapp.run import Run

    found = Run.open(word, root)
    start_tensorflow()
    from kerasapp.training import resume

    return resume(found, root, eager=eager)
