"""`kerasapp new`."""

from pathlib import Path
from typing import Annotated

import typer

from kerasapp.cli._common import start_tensorflow


def verb(
    source: Annotated[Path, typer.Argument(help="A folder of photographs, a CSV, or an npz.", show_default=False)],
    out: Annotated[Path, typer.Argument(metavar="RECIPE", help="The recipe to write.", show_default=False)],
    force: Annotated[bool, typer.Option("--force", help="Replaces a file that is there.")] = False,
) -> None:
    """Looks at your data and writes a recipe for it, with comments on what was seen: kerasapp new ./photos mine.yaml"""
    start_tensorflow()
    from kerasapp.new import new
    from kerasapp.stock import stock

    _, command = new(source, out, force=force, schema=str(stock("recipes") / "schema.json"))
    print(f"{out}\nNext: {command}")
