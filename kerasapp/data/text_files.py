"""Lines of UTF-8 text: a file, a folder or a glob. A line is an example; blank lines are passed over."""

import glob
import logging
from bisect import bisect_right
from itertools import accumulate
from pathlib import Path

import numpy as np

from kerasapp.data._arrays import Arrays, Ids
from kerasapp.data._faults import refuse
from kerasapp.data._files import natural, present, shown
from kerasapp.data._table import undecodable
from kerasapp.errors import DataError
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


def _lines(place: str, files: list[Path]) -> Arrays:
    texts, numbers, counts = [], [], []
    for file in files:
        before = len(texts)
        for number, line in enumerate(_decoded(file).split("\n"), 1):
            if line.strip():
                texts.append(line.rstrip("\r"))
                numbers.append(number)
        counts.append(len(texts) - before)
    if not texts:
        raise DataError(shown(place), "holds no text")
    logger.info("%s: %d lines of text in %d file%s", shown(place), len(texts), len(files), "s" * (len(files) > 1))
    ends, lines = list(accumulate(counts)), np.array(numbers, np.int32)
    ids = Ids(range(len(texts)), lambda row: f"{files[bisect_right(ends, row)].name}:{lines[row]}")
    return Arrays({"text": np.array(texts, object)}, ids)


def _decoded(file: Path) -> str:
    try:
        content = file.read_bytes()
        return content.decode("utf-8-sig")
    except OSError as error:
        raise DataError(shown(file), f"can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line, told = undecodable(content, error)
        refuse(DataError(f"{shown(file)}:{line}", f"{told}. Convert the file to UTF-8"))
        return content.decode("utf-8-sig", errors="replace")
