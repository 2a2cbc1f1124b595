"""The `--set` options of a command line, all of them at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from kerasapp.errors import Fault, RecipeError, SetOption
from kerasapp.reading import Node
from kerasapp.recipe import Recipe, parse_setting


def with_settings(recipe: Recipe, settings: Sequence[str], changes: Mapping[str, Any] | None = None) -> Recipe:
    """The recipe with `changes`, then with every `path=value` in order. Raises RecipeError with the faults of all."""
    given, faults, broken = parsed(settings)
    asked = {path: value for path, value in (changes or {}).items() if path not in given}  # the last counts
    asked = {path: value for path, value in {**asked, **given}.items() if not path.startswith(tuple(broken))}
    try:
        recipe = recipe.replaced(asked) if asked else recipe
    except RecipeError as error:
        faults += error.faults
    if faults:
        raise RecipeError(faults)
    return recipe


def parsed(settings: Sequence[str]) -> tuple[dict[str, Node], list[Fault], list[str]]:
    """The options by path, of several for one the last, in order; the faults of those that can't be read; and what the
    paths below these begin with.
    """
    asked: dict[str, Node] = {}
    faults, broken = [], []
    for number, text in enumerate(settings, 1):
        path = text.partition("=")[0].strip()
        try:
            path, node = parse_setting(text, SetOption(number=number, path=path if len(settings) > 1 else ""))
        except RecipeError as error:
            faults += error.faults
            broken.append(f"{path}.")
            continue
        asked.pop(path, None)  # the last counts, also in the order
        asked[path] = node
    return asked, faults, broken
