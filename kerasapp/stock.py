"""The recipes and sweeps that come with kerasapp, beside the package in a clone and inside it in a wheel; finding one.

`kerasapp list` imports this: standard library only.
"""

from pathlib import Path
from typing import Literal

from kerasapp.errors import Fault, RecipeError
from kerasapp.names import close


def stock(kind: Literal["recipes", "tuning"]) -> Path:
    """The folder of stock recipes or of stock sweeps, absolute. In a wheel setup.cfg has put it under `_stock`."""
    package = Path(__file__).resolve().parent
    inside = package / "_stock" / kind
    return inside if inside.is_dir() else package.parent / kind


def stock_files(kind: str = "recipes") -> dict[str, Path]:
    """Name -> file of the stock recipes (`vision/digits_cnn`) or sweeps."""
    folder = stock(kind)
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in sorted(folder.rglob("*.yaml"))}


def find_recipe(word: str, beside: Path | None = None) -> Path:
    """The file behind a recipe argument: a path, a stock name, or its last part where that is unambiguous; first of all
    a path from the folder `beside`.
    """
    if beside is not None and (beside / word).is_file():
        return beside / word
    return _find(word, "recipes", "recipe", "`kerasapp new` writes one for a folder of data", "kerasapp list")


def find_sweep(word: str) -> Path:
    """The file behind a sweep argument, found as a recipe's is."""
    return _find(word, "tuning", "sweep", "Give the file", "kerasapp list --sweeps")


def _find(word: str, kind: str, noun: str, of_folder: str, lists: str) -> Path:
    path = Path(word)
    if path.is_file():
        return path
    there = stock_files(kind)
    found = [there[word]] if word in there else [file for name, file in there.items() if name.split("/")[-1] == word]
    if len(found) == 1:
        return found[0]
    if word and path.is_dir():
        raise RecipeError([Fault(word, 1, 1, "", f"is a folder, not a {noun}. {of_folder}")])
    found = close(word, there) or next((name for name in there if close(word, [name.split("/")[-1]])), None)
    meant = f': did you mean "{found}"?' if found else f". `{lists}` names those there are"
    raise RecipeError([Fault(word, 1, 1, "", f"no such file, and no stock {noun} of that name{meant}")])
