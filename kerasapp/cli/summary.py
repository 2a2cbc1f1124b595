"""`kerasapp summary`."""

from pathlib import Path
from typing import Annotated

import typer

from kerasapp.cli._common import Json, RecipeName, Settings, load_recipe, print_json, start_tensorflow


def verb(
    recipe: RecipeName,
    settings: Settings = None,
    draw: Annotated[Path | None, typer.Option(metavar="FILE", help="Also draws the graph: a .png or .svg.")] = None,
    json: Json = False,
) -> None:
    """Layers with shapes, parameters, FLOPs and receptive field. Looks at the data for its shapes; trains nothing."""
    found = load_recipe(recipe, settings)
    start_tensorflow()
    from kerasapp.summary import draw as draw_graph
    from kerasapp.summary import summary
    from kerasapp.training import prepare

    prepared = prepare(found)
    told = summary(prepared.model, prepared.examples)
    if draw:
        draw_graph(prepared.model, draw)
    if json:
        print_json(told.as_json())
        return
    print(told.text())
    if draw:
        print(draw)
