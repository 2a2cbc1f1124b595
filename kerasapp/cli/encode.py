"""`kerasapp encode`."""

from pathlib import Path
from typing import Annotated

import typer

from kerasapp.cli._common import Files, Json, Root, RunName, print_json, start_tensorflow


def verb(
    run: RunName,
    inputs: Files,
    out: Annotated[Path, typer.Option(metavar="FILE", help="A CSV: input, code_1, code_2, ...")] = Path("codes.csv"),
    root: Root = Path(),
    json: Json = False,
) -> None:
    """Writes the code that an autoencoder makes of each picture; of a variational one, its mean."""
    from kerasapp.run import Run

    found = Run.open(run, root)
    start_tensorflow()
    from kerasapp.generation import encode

    files = encode(found, inputs, out)
    if json:
        print_json({"files": files})
        return
    print(*files, sep="\n")
