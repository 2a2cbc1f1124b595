"""`kerasapp list`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from kerasapp.cli._common import Json, print_json
from kerasapp.stock import find_recipe, stock_files


def verb(
    sweeps: Annotated[bool, typer.Option("--sweeps", help="The stock sweeps instead.")] = False,
    json: Json = False,
) -> None:
    """The stock recipes: name, title, task. `kerasapp show NAME` prints one, `kerasapp run NAME` trains it."""
    rows = [_row(name, str(path)) for name, path in stock_files("tuning" if sweeps else "recipes").items()]
    if json:
        print_json(rows)
        return
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        print(f"{row['name']:{width}}  {row['title']}")


def _task_of(recipe: str, folder: Path) -> Any:
    """The task of a sweep's recipe."""
    from kerasapp.errors import RecipeError
    from kerasapp.reading import read_file

    try:
        return read_file(str(find_recipe(recipe, folder))).plain()["task"]
    except (RecipeError, TypeError, KeyError):
        return None


def _row(name: str, path: str) -> dict:
    from kerasapp.errors import RecipeError
    from kerasapp.reading import read_file

    try:
        values = read_file(path).plain()
    except RecipeError:
        values = {}
    task = values.get("task")
    if "space" in values:
        task = _task_of(str(values.get("recipe")), Path(path).parent)
    return {
        "name": name,
        "title": values.get("title", ""),
        "task": task["name"] if isinstance(task, dict) else task,
        "path": path,
    }
