"""`kerasapp evaluate`."""

from pathlib import Path
from typing import Annotated

import typer

from kerasapp.cli._common import Json, Root, RunName, print_json, start_tensorflow
from kerasapp.errors import Fault, RecipeError
from kerasapp.names import counted


def verb(
    run: RunName,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    data: Annotated[
        str | None, typer.Option(help="Other data: a source in YAML, or a path for the run's own source.")
    ] = None,
    root: Root = Path(),
    json: Json = False,
) -> None:
    """Evaluates a run's best model again, over a whole split of its own data or of other data."""
    from kerasapp.run import Run

    found = Run.open(run, root)
    start_tensorflow()
    from kerasapp.training import evaluate

    try:
        report = evaluate(found, split, data)
    except RecipeError as error:
        raise RecipeError([_of_option(fault) for fault in error.faults]) from None
    if json:
        print_json({"run": str(found.path), "state": found.state["state"], "report": report})
        return
    for name, told in report["splits"].items():
        print(f"{name}: {counted(told['examples'], 'example')}")
        for metric, value in told["metrics"].items():
            low, high = value.get("low"), value.get("high")
            print(f"  {metric:28} {value['value']:.4f}" + (f"  ({low:.4f} to {high:.4f})" if low is not None else ""))


def _of_option(fault: Fault) -> Fault:
    """A fault of `--set data=...`, as which the option's value is read, where it stands in `--data ...`."""
    if fault.file != "--set":
        return fault
    return Fault("--data", fault.line, max(1, fault.column - len("data=")), fault.path, fault.message)
