"""Exports: a trained run as a folder that others can load, checked in a process of its own before it appears.

One file a format, with `load(run)` for what it needs of a run, and with what that gave: `write(subject, folder)`,
`verify(folder, subject) -> verified`, and `describe(name, subject)` for the card. An export is built in a hidden folder
beside its place and renamed when it has been checked: TensorFlow Serving, which watches the place, sees it whole.
"""

import importlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasapp import components
from kerasapp.callbacks.stop import StopOnSignal
from kerasapp.errors import KerasappError, WorkError
from kerasapp.export._card import card
from kerasapp.files import flush, naming, write, write_json

if TYPE_CHECKING:
    from kerasapp.run import Run

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
LAST = ".last"
"""The file beside the versions with the highest number given so far: one that was deleted is not given again."""


def export(run: "Run", *, name: str | None = None, root: Path = Path(), format: str = "savedmodel") -> dict[str, Any]:
    """Writes `root/saved_models/NAME/VERSION/`, a new version; NAME is the recipe's where none is given.

    Returns `{"path", "format", "verified"}`. Raises KerasappError for a name or format that can't be, WorkError for an
    export that does not answer as `predict` does, and Stopped after SIGINT or SIGTERM: nothing is left of it then.
    """
    name = _name_of(run) if name is None else name
    if not NAME.fullmatch(name):
        raise KerasappError(f'"{name}" is no name for an export: take letters, digits and any of . _ -')
    if format not in components.names("export"):
        raise KerasappError(f'no export format "{format}": there is {", ".join(components.names("export"))}')
    form = importlib.import_module(f"kerasapp.export.{format}")
    with StopOnSignal() as stop:
        subject = form.load(run)
        place = root / "saved_models" / name
        with _explained(run, stop), stop.put_off(), _unpublished(place) as folder:  # TensorFlow can't be left anywhere
            form.write(subject, folder)
            stop.check()
            verified = form.verify(folder, subject)
            stop.check()
            write_json(folder / "assets.extra" / "verified.json", verified)
            write(folder / "assets.extra" / "card.md", card(run, name, verified, form.describe(name, subject)))
            return {"path": str(_publish(folder, place)), "format": format, "verified": verified}


@contextmanager
def _explained(run: "Run", stop: StopOnSignal) -> Iterator[None]:
    """What went wrong with the run's name; a signal also where TensorFlow made another error of it."""
    try:
        yield
    except BaseException as error:
        stop.check(f"{run.path}: the export was stopped. Nothing was exported")
        if isinstance(error, WorkError):
            raise WorkError(f"{run.path}: {error}. Nothing was exported") from None
        raise


def _name_of(run: "Run") -> str:
    """The recipe's, which a file may call what it likes."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", run.name.split("/")[0]).lstrip(".-") or "model"


@contextmanager
def _unpublished(place: Path) -> Iterator[Path]:
    """A hidden folder in `place`, gone afterwards unless it was renamed; so is `place` where it stays empty."""
    with naming(place):
        place.mkdir(parents=True, exist_ok=True)
    folder = place / f".export-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        with naming(place):
            folder.mkdir()
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # not empty
            place.rmdir()


def _publish(folder: Path, place: Path) -> Path:
    """Renames `folder` to the next number; where another export took that one first, to the one after."""
    for path in folder.rglob("*"):
        flush(path)
    flush(folder)
    number = max([_last(place), *(int(path.name) for path in place.iterdir() if path.name.isdecimal())]) + 1
    while True:
        target = place / str(number)
        try:
            os.rename(folder, target)  # fails where the target is a folder with something in it
            break
        except OSError:
            if not target.exists():
                raise
            number += 1
    if number > _last(place):
        write(place / LAST, f"{number}\n")
    flush(place)
    return target


def _last(place: Path) -> int:
    try:
        return int((place / LAST).read_text())
    except (FileNotFoundError, ValueError):
        return 0
