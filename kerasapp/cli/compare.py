"""`kerasapp compare`."""

from pathlib import Path
from typing import Annotated

import typer

from kerasapp.cli._common import Json, Root, complete_run, difference, print_json


def verb(
    a: Annotated[str, typer.Argument(metavar="RUN", show_default=False, autocompletion=complete_run)],
    b: Annotated[str, typer.Argument(metavar="RUN", show_default=False, autocompletion=complete_run)],
    root: Root = Path(),
    json: Json = False,
) -> None:
    """What differs between two runs: recipe, data, environment and results."""
    from kerasapp.comparison import compare
    from kerasapp.run import Run

    found = compare(Run.open(a, root), Run.open(b, root))
    if json:
        print_json(found)
        return
    for part, rows in found.items():
        if rows:
            print(part)
        for row in rows:
            print(difference(row))
    if not any(found.values()):
        print("no difference")
