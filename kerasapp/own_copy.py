"""A user's own code travels with the run: copied, hashed, and named in the resolved recipe where the copy is."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kerasapp.own_code import OwnModule, imported, located


def copy_own_code(values: dict[str, Any], folder: Path, target: Path) -> dict[str, str]:
    """Copies what the components of one's own in a resolved recipe's `values` are made of into `target`, and changes
    their names to `./<target>/...`, as seen from beside `target`. `folder` is the recipe's.

    Gives the SHA-256 of each copy by its path below `target`; an installed module is not copied, but hashed as well,
    under its name. Code from several folders stays apart: that of the first stands in `target`, of others in `2`, ...
    """
    hashes: dict[str, str] = {}
    roots: list[Path] = []
    for spec, where, entry, module in _own_specs(values, folder):
        if module.installed:
            hashes[module.name] = _hash(module.path)
            continue
        if module.root not in roots:
            roots.append(module.root)
        number = roots.index(module.root) + 1
        below = Path() if number == 1 else Path(str(number))
        for key, path in module.files().items():
            copy = target / below / key
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)
            hashes[(below / key).as_posix()] = _hash(copy)
        last = module.path.relative_to(module.root) if where.endswith(".py") else module.name
        spec["name"] = f"./{Path(target.name, below, last).as_posix()}:{entry}"
    return hashes


def moved_own_code(values: dict[str, Any], folder: Path, target: Path) -> None:
    """Changes the names of the components of one's own in `values` to what they are as seen from the folder `target`;
    `folder` is where they are seen from now.
    """
    for spec, where, entry, module in _own_specs(values, folder):
        if not module.installed:
            path = module.path if where.endswith(".py") else module.root / module.name
            spec["name"] = f"./{Path(os.path.relpath(path, target)).as_posix()}:{entry}"


def hash_own_code(values: dict[str, Any], folder: Path) -> str:
    """One hash of all files that `copy_own_code` would copy; equal code, equal hash."""
    found = sorted(
        {(key, _hash(path)) for _, _, _, module in _own_specs(values, folder) for key, path in _files(module)}
    )
    return hashlib.sha256(repr(found).encode()).hexdigest()


def edited(code: Path, hashes: dict[str, str]) -> list[Path]:
    """The copies in a run's folder `code` that are not what `copy_own_code` gave the hashes of."""
    paths = {code / name: digest for name, digest in hashes.items()}
    return [path for path, digest in paths.items() if path.is_file() and _hash(path) != digest]


def import_own_code(values: dict[str, Any], folder: Path) -> None:
    """Imports every component of one's own, so that what a copy lacks shows before anything is trained."""
    for _, _, _, module in _own_specs(values, folder):
        imported(module)


def _own_specs(value: Any, folder: Path) -> Iterator[tuple[dict[str, Any], str, str, OwnModule]]:
    """Every spec at any depth that names a component of one's own: it, its file or module, its function, its module."""
    if isinstance(value, dict) and isinstance(value.get("name"), str) and ":" in value["name"]:
        where, _, entry = value["name"].rpartition(":")
        yield value, where, entry, located(where, folder)
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _own_specs(child, folder)


def _files(module: OwnModule) -> list[tuple[str, Path]]:
    return [(module.name, module.path)] if module.installed else sorted(module.files().items())


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
