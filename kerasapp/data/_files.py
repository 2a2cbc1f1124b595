"""What sources say about files: how a path is shown, that it is there, the order of names."""

import os
import re
from pathlib import Path

from kerasapp.errors import DataError


def shown(path: str | Path) -> str:
    """The path as a person reads it: relative where it lies below the current directory."""
    path = os.path.abspath(path)
    below = os.path.relpath(path)
    return path if below.startswith(os.pardir) else below


def present(path: str | Path, source: str | None, key: str = "path", folder: bool = False) -> Path:
    """The path of `data.key`, if it is a file (or a folder) that is there; `source` says where it can be had.

    Raises DataError.
    """
    path = Path(path)
    if not path.exists():
        way = f"Get it from {source}, or set" if source else "Set"
        raise DataError(shown(path), f"there is no such {'folder' if folder else 'file'}. {way} data.{key}")
    if path.is_dir() != folder:
        found, wanted = ("file", "folder") if folder else ("folder", "file")
        raise DataError(shown(path), f"is a {found}, not a {wanted}")
    return path


def natural(name: str) -> list:
    """A key to sort by that puts `2` before `10`."""
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in re.split(r"(\d+)", name)]


def undecodable(byte: int, at: int, encoding: str) -> str:
    """The words for a byte that can't be read."""
    return f"byte 0x{byte:02x} at position {at} is not {encoding}"
