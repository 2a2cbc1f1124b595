"""Lines of UTF-8 text: a file, a folder or a glob. A line is an example; blank lines are passed over.

The text stays on disk, so that it may be larger than memory.
"""

import glob
import logging
from pathlib import Path

from kerasapp.data._files import natural, present, shown
from kerasapp.data._lines import Lines, lines_of
from kerasapp.errors import DataError
from kerasapp.names import counted
from kerasapp.types import DataPath, Split

logger = logging.getLogger("kerasapp")


def load(
    *, path: DataPath, validation: DataPath | None = None, test: DataPath | None = None, source: str | None = None
) -> dict[str, Split]:
    """Feature: `text`, one line without its end, in the order of the files (natural) and lines; ids `novels.txt:17`.

    `path`, `validation` and `test` are a file each, a folder (its .txt files, at any depth) or a glob such as
    `books/*.md`. `source` says where the data can be had. Raises DataError, for a byte that is not UTF-8 with its line.
    """
    given = {"train": path, "validation": validation, "test": test}
    return {
        name: _lines(place, _files(place, source, "path" if name == "train" else name))
        for name, place in given.items()
        if place
    }


def _files(place: str, source: str | None, key: str) -> list[Path]:
    if glob.has_magic(place) and not Path(place).exists():
        found = [Path(name) for name in glob.glob(place, recursive=True) if Path(name).is_file()]
        missing = "no file is named like this"
    elif Path(place).is_dir():
        found = [file for file in Path(place).rglob("*.txt") if file.is_file() and file.name[0] != "."]
        missing = "holds no .txt files. Name others by a glob, such as data.path: folder/*.md"
    else:
        return [present(place, source, key)]
    if not found:
        raise DataError(shown(place), missing)
    return sorted(found, key=lambda file: natural(str(file)))


def _lines(place: str, files: list[Path]) -> Lines:
    found = Lines([lines for file in files if len(lines := lines_of(file))])
    if not len(found):
        raise DataError(shown(place), "holds no text")
    logger.info("%s: %d lines of text in %s", shown(place), len(found), counted(len(files), "file"))
    return found
