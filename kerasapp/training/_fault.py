"""Errors of a recipe that show only with data and shapes."""

from kerasapp.errors import Fault, RecipeError
from kerasapp.paths import node_at
from kerasapp.recipe import Recipe


def fault(recipe: Recipe, path: str, message: str) -> RecipeError:
    """An error at the nearest place that was written."""
    node = node_at(recipe.tree, path)
    return RecipeError([Fault(node.file, node.line, node.column, path, message)])
