"""A sweep's folder is taken: new, or gone on with, and refused where it has another sweep."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from kerasapp.comparison import differing
from kerasapp.errors import RunError
from kerasapp.names import counted
from kerasapp.tuning._ledger import DONE, TRUTH, VERSION, Ledger, asked
from kerasapp.tuning._space import written
from kerasapp.tuning._sweep import Sweep

DIFFERENCES = 5  # that are told


@contextmanager
def opened(sweep: Sweep, root: Path, resume: bool) -> Iterator[Ledger]:
    """The sweep's folder, new or gone on with, for this process alone. Raises RunError where it can't be."""
    folder = sweep.folder(root)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock", timeout=1.0)
    try:
        lock.acquire()
    except Timeout:
        told = "another process is at this sweep. Wait for it, or give the sweep's file another name"
        raise RunError(folder, told) from None
    except OSError as error:
        raise RunError(folder, f"can't be written to: {(error.strerror or str(error)).lower()}") from None
    try:
        yield _ledger(sweep, folder, resume)
    finally:
        lock.release()


def _ledger(sweep: Sweep, folder: Path, resume: bool) -> Ledger:
    path = folder / TRUTH
    made = Ledger(sweep, folder)
    if not path.exists():
        if (folder / "trials").exists():
            raise RunError(folder, f"has trials, but no {TRUTH} that says of what. Put it back, or remove the folder")
        return made
    try:
        truth = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(path, f"can't be read ({error}). Remove {folder}, and start anew") from None
    if not isinstance(truth, dict) or truth.get("version") != VERSION:
        raise RunError(path, "was written by another version of kerasapp. Go on with that one, or start anew")
    if rows := differing(truth["asked"], asked(sweep)):
        told = [f"{row['path']}: {_shown(row['a'])}, now {_shown(row['b'])}" for row in rows[:DIFFERENCES]]
        more = f"; and {len(rows) - DIFFERENCES} more" if len(rows) > DIFFERENCES else ""
        way_out = "Put it back, or give the sweep's file another name"
        raise RunError(folder, f"was begun by another sweep ({'; '.join(told)}{more}). {way_out}")
    if not resume:
        done = sum(row["state"] in DONE for row in truth["rows"])
        told = f"has this sweep already, with {counted(done, 'trial')} done. Go on with --resume, or remove the folder"
        raise RunError(folder, told)
    made.load(truth)
    return made


def _shown(value: Any) -> str:
    return "not there" if value is None else written(value)
