"""`kerasapp preview`."""

from pathlib import Path
from typing import Annotated

import typer

from kerasapp.cli._common import Json, RecipeName, Settings, load_recipe, print_json, start_tensorflow


def verb(
    recipe: RecipeName,
    out: Annotated[Path, typer.Option(metavar="FILE", help="A .png or .svg.")] = Path("preview.png"),
    examples: Annotated[int, typer.Option(min=1, metavar="N", help="How many, of all classes in turn.")] = 6,
    views: Annotated[int, typer.Option(min=1, metavar="N", help="How many epochs' augmented views of each.")] = 4,
    settings: Settings = None,
    json: Json = False,
) -> None:
    """Draws a few examples as they came, after every step, augmented, and how their values lie. Trains nothing."""
    found = load_recipe(recipe, settings)
    start_tensorflow()
    from kerasapp.preview import preview

    made = preview(found, out, examples=examples, views=views)
    if json:
        print_json({"files": [str(out)], **made.as_json()})
        return
    print(out)
