"""`kerasapp predict`."""

from pathlib import Path
from typing import Annotated

import typer

from kerasapp.cli._common import Json, Root, RunName, print_json, start_tensorflow


def verb(
    run: RunName,
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Files, folders, CSV files, a .txt with a text a line, or - for standard input.",
            show_default=False,
        ),
    ],
    root: Root = Path(),
    json: Json = False,
) -> None:
    """Predicts images, rows of a CSV, lines of text, or what comes on standard input, with a run's best model."""
    from kerasapp.run import Run

    found = Run.open(run, root)
    start_tensorflow()
    from kerasapp.prediction import predict

    rows = predict(found, inputs)
    if json:
        print_json(rows)
        return
    width = max((len(str(row["input"])) for row in rows), default=0)
    for row in rows:
        print(f"{row['input']:{width}}  {_told(row)}")


def _told(row: dict) -> str:
    if row.get("label", "") is None:
        return "-"
    if "probabilities" in row:
        return f"{row['label']}  {row['probabilities'][row['label']]:.3f}"
    return (
        f"{row['value']:.6g}" if "value" in row else str({key: value for key, value in row.items() if key != "input"})
    )
