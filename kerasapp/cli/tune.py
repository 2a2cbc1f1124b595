"""`kerasapp tune`."""

import os
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from kerasapp.cli._common import Json, Root, Settings, complete_sweep, print_json, start_tensorflow
from kerasapp.errors import KerasappError
from kerasapp.names import counted

SweepName = Annotated[
    str,
    typer.Argument(
        metavar="SWEEP",
        help="A path, or a stock sweep's name as `list --sweeps` prints it.",
        show_default=False,
        autocompletion=complete_sweep,
    ),
]


def verb(
    sweep: SweepName,
    settings: Settings = None,
    trials: Annotated[int | None, typer.Option(min=1, metavar="N", help="How many trials, whatever the file says.")] = (
        None
    ),
    workers: Annotated[
        int, typer.Option(min=0, metavar="N", help="Trains in so many processes, which share cores and GPUs.")
    ] = 0,
    chief: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Gives trials to workers there; with --worker: where the chief is."),
    ] = None,
    worker: Annotated[bool, typer.Option("--worker", help="Trains what the chief gives out.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Goes on with a sweep that was left, exactly.")] = False,
    root: Root = Path(),
    json: Json = False,
) -> None:
    """Searches a recipe's values by a sweep's file, and confirms the best over new seeds."""
    from kerasapp.stock import find_sweep
    from kerasapp.tuning.sweep import load_sweep

    found = load_sweep(find_sweep(sweep), settings or [], trials=trials)
    if worker:
        _work(found, root, chief)
        return
    words = ["tune", sweep, *(f"--set={word}" for word in settings or ())]
    words += ["--root", str(root)] if root != Path() else []
    words += ["--trials", str(trials)] if trials else []
    with _workers(workers, words, found.folder(root)) if workers or chief else nullcontext() as started:
        start_tensorflow()
        from kerasapp.tuning.tune import tune

        table = tune(found, root, resume=resume, workers=started, chief=chief, words=words)
    if json:
        print_json(_told(table, found.folder(root)))
    else:
        _print(table)


def _workers(count: int, words: list[str], folder: Path) -> Any:
    """A sweep's workers on this machine, to be started; none where all are elsewhere."""
    from kerasapp.tuning._workers import Workers, leave_gpus

    leave_gpus()
    return Workers(count, [*words, "--worker"], folder / "workers")


def _work(sweep: Any, root: Path, chief: str | None) -> None:
    from kerasapp.tuning._workers import CHIEF, address_of_chief, end_with_chief, keep_to_cores

    if chief is None and CHIEF not in os.environ:
        raise KerasappError("--worker: say where the chief is: --chief HOST:PORT")
    keep_to_cores()
    end_with_chief()
    start_tensorflow()
    from kerasapp.tuning._worker import work

    if (address := chief or address_of_chief()) is None:
        raise KerasappError("the chief ended before it listened. Go on with: kerasapp tune SWEEP --resume")
    print(f"{counted(work(sweep, root, address), 'trial')} trained")


def _told(table: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What the JSON document says of a sweep."""
    more = {"default": table["default"], "confirmed": table["confirmed"], "report": table["report"]}
    return {
        "sweep": str(folder), "trials": table["trials"], "best": table["best"], **more
    }  # fmt: skip


def _print(table: dict[str, Any]) -> None:
    from kerasapp.tuning._space import written

    best = table["best"]
    print(f"best: trial {best['trial']}, {best['score']:.4g}   {best['recipe']}")
    for path, value in best["values"].items():
        print(f"  {path:40} {written(value)}")
    rows = [(f"trial {row['trial']}", row) for row in table["confirmed"]]
    rows += [("the recipe's own values", table["default"]["confirmed"])] if table["default"] else []
    for name, row in rows:
        if row["mean"] is not None:
            spread = "" if row["spread"] is None else f" (sd {row['spread']:.4f})"
            print(f"over {counted(row['seeds'], 'new seed')}, {name}: {row['mean']:.4g}{spread}")
    print(table["report"])
