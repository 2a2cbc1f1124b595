"""The `--set` options of a command line, all of them at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from kerasapp.errors import RecipeError, SetOption
from kerasapp.recipe import Recipe, parse_setting


def with_settings(recipe: Recipe, settings: Sequence[str], changes: Mapping[str, Any] | None = None) -> Recipe:
    """The recipe with `changes`, then with every `path=value` in order. Raises RecipeError with the faults of all."""
    asked, faults, broken = dict(changes or {}), [], []
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
    asked = {path: value for path, value in asked.items() if not path.startswith(tuple(broken))}
    try:
        recipe = recipe.replaced(asked) if asked else recipe
    except RecipeError as error:
        faults += error.faults
    if faults:
        raise RecipeError(faults)
    return recipe
