"""`kerasapp export`."""

from pathlib import Path
from typing import Annotated

import typer

from kerasapp.cli._common import Json, Root, RunName, print_json, start_tensorflow
from kerasapp.components import names
from kerasapp.names import counted


def complete_format(incomplete: str) -> list[str]:
    return [name for name in names("export") if name.startswith(incomplete)]


def verb(
    run: RunName,
    name: Annotated[str | None, typer.Option(help="saved_models/NAME; by default the recipe's name.")] = None,
    format: Annotated[
        str, typer.Option(help=f"One of {', '.join(names('export'))}.", autocompletion=complete_format)
    ] = "savedmodel",
    root: Root = Path(),
    json: Json = False,
) -> None:
    """Exports a run as a model that takes raw input, and publishes it only if it agrees in another process.

    Word vectors go out as a file that others read: word2vec_text, word2vec_binary or npz.
    """
    from kerasapp.run import Run

    found = Run.open(run, root)
    start_tensorflow()
    from kerasapp.export import export

    told = export(found, name=name, root=root, format=format)
    if json:
        print_json(told)
        return
    verified = told["verified"]
    print(told["path"])
    print(
        f"verified in another process on {counted(verified['examples'], 'example')}: "
        f"largest difference {verified['max_difference']:.1e}, "
        f"{verified['bytes'] / 1e6:.1f} MB, "
        f"{verified['milliseconds']['1']:.1f} ms for one, {verified['milliseconds']['32']:.1f} ms for 32"
    )
