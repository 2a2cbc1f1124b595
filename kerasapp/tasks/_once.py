"""What takes long to make of a text, made once: a folder of files, kept for the next run that asks for the same."""

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from kerasapp.errors import WorkError
from kerasapp.files import flush

STALE = 24 * 3600.0  # seconds, after which what a killed process left half made is removed
logger = logging.getLogger("kerasapp")
Made = TypeVar("Made")


def once(
    cache: Path | None, kind: str, key: str, make: Callable[[Path], None], opened: Callable[[Path, str], Made | None]
) -> Made:
    """What `make` writes into a folder, opened: found in `cache` under the kind and a hash of `key`, or made there.

    `opened(folder, hash)` gives None where it is not there, or not whole. It holds its files open: where nothing can be
    kept they are gone when they are closed. Raises WorkError where what was just made can't be read back.
    """
    digest = blake2b(key.encode(), digest_size=8).hexdigest()
    folder = cache and cache / f"{kind}-{digest}"
    if folder and (found := opened(folder, digest)) is not None:
        return found
    with _place(cache, kind) as aside:
        made = Path(aside) / kind
        made.mkdir()
        make(made)
        for path in made.iterdir():
            flush(path)
        if (found := opened(made, digest)) is None:
            told = "what was just written there can't be read back. Is the disk full, or damaged?"
            raise WorkError(f"{Path(aside).parent}: {told}")
        if folder and Path(aside).parent == cache:
            shutil.rmtree(folder, ignore_errors=True)  # a damaged one
            with suppress(OSError):  # another process was first
                os.rename(made, folder)
        return found


def _place(cache: Path | None, kind: str) -> tempfile.TemporaryDirectory:
    """A folder to make it in: beside its place, or where that can't be, anywhere."""
    try:
        if cache is not None:
            cache.mkdir(parents=True, exist_ok=True)
            for left in cache.glob(f".{kind}-*"):
                with suppress(FileNotFoundError):  # whoever made it is done
                    if time.time() - left.stat().st_mtime > STALE:
                        shutil.rmtree(left, ignore_errors=True)
            return tempfile.TemporaryDirectory(prefix=f".{kind}-", dir=cache)
    except OSError as error:
        logger.info("%s: %s, so nothing is kept there for the next run", cache, (error.strerror or "").lower())
    return tempfile.TemporaryDirectory(prefix="kerasapp-")
