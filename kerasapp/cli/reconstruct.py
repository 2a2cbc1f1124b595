"""`kerasapp reconstruct`."""

from pathlib import Path
from typing import Annotated

import typer

from kerasapp.cli._common import Files, Json, Root, RunName, print_json, start_tensorflow


def verb(
    run: RunName,
    inputs: Files,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where a PNG for each goes.")] = Path("reconstructed"),
    root: Root = Path(),
    json: Json = False,
) -> None:
    """Writes what an autoencoder brings back of each picture, through its code; of a variational one, through its mean.

    Beside each stands the mean squared difference, of pixels in [0, 1].
    """
    from kerasapp.run import Run

    found = Run.open(run, root)
    start_tensorflow()
    from kerasapp.generation import reconstruct

    files, errors = reconstruct(found, inputs, out)
    if json:
        print_json({"files": files, "errors": errors})
        return
    for file, error in zip(files, errors, strict=True):
        print(f"{file}  {error:.5f}")
