"""`kerasapp check`."""

from typing import Annotated, Any

import typer

from kerasapp.cli._common import Json, print_json, start_tensorflow
from kerasapp.stock import find_recipe


def verb(
    recipes: Annotated[
        list[str], typer.Argument(metavar="RECIPE...", help="Paths or stock names.", show_default=False)
    ],
    build: Annotated[
        bool, typer.Option("--build", help="Also reads the data and makes the model, as `run` does first.")
    ] = False,
    data: Annotated[
        bool, typer.Option("--data", help="Also looks at the data, and says what is wrong with it.")
    ] = False,
    json: Json = False,
) -> None:
    """Checks recipes: every fault at once, as FILE:LINE:COLUMN. Reads no data but with --build or --data."""
    from kerasapp.errors import Fault, RecipeError
    from kerasapp.recipe import load

    faults: list[Fault] = []
    found: list[Any] = []
    for word in recipes:
        try:
            recipe = load(find_recipe(word))
            if data:
                found += _look(recipe)
            if build:
                faults += _build(recipe)
        except RecipeError as error:
            faults += error.faults
    bad = bool(faults) or any(finding.severity == "error" for finding in found)
    for line in [*faults, *found]:
        typer.echo(str(line), err=True)
    if json:
        told = {"findings": [finding.as_json() for finding in found]} if data else {}
        print_json({"errors": [fault.as_json() for fault in faults], **told})
    elif not bad:
        print("ok" if len(recipes) == 1 else f"ok: {len(recipes)} recipes")
    if bad:
        raise typer.Exit(2)


def _look(recipe: Any) -> list[Any]:
    start_tensorflow()
    from kerasapp.preflight import findings

    return findings(recipe)


def _build(recipe: Any) -> list[Any]:
    start_tensorflow()
    from kerasapp.errors import Fault, KerasappError, RecipeError
    from kerasapp.training import prepare

    try:
        prepare(recipe)
    except RecipeError as error:
        return error.faults
    except KerasappError as error:
        node = recipe.tree.value["data"]
        return [Fault(node.file, node.line, node.column, "data", str(error))]
    return []
