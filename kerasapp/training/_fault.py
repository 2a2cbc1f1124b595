"""Errors of a recipe that show only with data and shapes."""

from collections.abc import Iterator
from contextlib import contextmanager

from kerasapp.errors import Fault, RecipeError, StepError
from kerasapp.paths import node_at
from kerasapp.recipe import Recipe


def fault(recipe: Recipe, path: str, message: str) -> RecipeError:
    """An error at the nearest place that was written."""
    node = node_at(recipe.tree, path)
    return RecipeError([Fault(node.file, node.line, node.column, path, message)])


@contextmanager
def steps_told(recipe: Recipe) -> Iterator[None]:
    """Around work with a recipe: a step of its task that can't be becomes a RecipeError at its place."""
    try:
        yield
    except StepError as error:
        raise fault(recipe, error.path, str(error)) from error
