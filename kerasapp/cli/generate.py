"""`kerasapp generate`."""

from pathlib import Path
from typing import Annotated

import typer

from kerasapp.cli._common import Json, Root, RunName, print_json, start_tensorflow


def verb(
    run: RunName,
    count: Annotated[int, typer.Option(min=1, metavar="N", help="How many pictures.")] = 64,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="What codes are drawn by.")] = 0,
    out: Annotated[Path, typer.Option(metavar="FILE", help="A .png with all of them side by side.")] = Path(
        "samples.png"
    ),
    each: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="A file for each picture instead, in this folder.")
    ] = None,
    interpolate: Annotated[bool, typer.Option("--interpolate", help="Rows from one code to another.")] = False,
    label: Annotated[
        str | None, typer.Option(metavar="CLASS", help="Of a conditional model: this class, not all in turn.")
    ] = None,
    root: Root = Path(),
    json: Json = False,
) -> None:
    """Draws pictures with a run that was trained to make them: the same for the same seed."""
    from kerasapp.run import Run

    found = Run.open(run, root)
    start_tensorflow()
    from kerasapp import generation

    if each is None:
        generation.check_sheet(found, out, count)
    images = generation.generate(found, count=count, seed=seed, label=label, interpolate=interpolate)
    if each is not None:
        files = generation.write_each(images, each)
    else:
        files = generation.write_sheet(images, out, generation.INTERPOLATED if interpolate else None)
    if json:
        print_json({"files": files})
        return
    print(*files, sep="\n")
