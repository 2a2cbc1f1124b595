"""`kerasapp board`."""

from pathlib import Path
from typing import Annotated

import typer

from kerasapp.cli._common import Root, complete_run


def verb(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN...]",
            help="Which runs, or folders of sweeps; by default all runs.",
            show_default=False,
            autocompletion=complete_run,
        ),
    ] = None,
    port: Annotated[int, typer.Option(help="Where to listen; 0 takes a free one.")] = 6006,
    host: Annotated[str, typer.Option(help="Loopback unless you say otherwise.")] = "localhost",
    root: Root = Path(),
) -> None:
    """Shows runs in TensorBoard, in the browser, until Ctrl-C."""
    from kerasapp.board import board
    from kerasapp.errors import RunError
    from kerasapp.run import Run, all_runs, trials

    found = [run for word in runs for run in trials(Path(word)) or [Run.open(word, root)]] if runs else all_runs(root)
    if not found:
        raise RunError(root / "runs", "no run yet. Make one: kerasapp run vision/digits_cnn")
    board([run.path for run in found], port, host=host)
