"""What several verbs share: their options, finding a recipe, starting TensorFlow in silence, printing JSON."""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from kerasapp.stock import find_recipe

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, and nothing else there.")]
Root = Annotated[Path, typer.Option(help="Where runs/ and saved_models/ are.")]
RecipeName = Annotated[
    str,
    typer.Argument(metavar="RECIPE", help="A path, or a stock recipe's name as `list` prints it.", show_default=False),
]
RunName = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="A path, `latest`, or an unambiguous prefix of a run's name.", show_default=False
    ),
]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Sets any value: --set train.epochs=3")
]


def load_recipe(
    word: str, settings: list[str] | None = None, *, smoke: bool = False, changes: dict[str, Any] | None = None
) -> Any:
    """The checked recipe: the file, then smoke, then --set. Raises RecipeError."""
    from kerasapp.recipe import load
    from kerasapp.settings import with_settings

    recipe = load(find_recipe(word))
    if smoke:
        recipe = recipe.smoke()
    return with_settings(recipe, settings or [], changes)


def print_json(value: Any) -> None:
    """The one document of --json, with NaN as null."""
    from kerasapp.files import finite

    print(json.dumps(finite(value), indent=2, ensure_ascii=False))


def difference(row: dict[str, Any]) -> str:
    """A line for a row `{"path", "a", "b"}`."""
    a, b = ("-" if it is None else f"{it:.6g}" if isinstance(it, float) else str(it) for it in (row["a"], row["b"]))
    return f"  {row['path']:40} {a:>24}  {b:>24}"


def start_tensorflow() -> None:
    """Imports TensorFlow with its start-up chatter kept off the terminal; it is replayed if the import fails.

    Folds and seeds train many models in one process: that each is traced once is no cause for a warning.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            import tensorflow as tf

            tf.config.list_physical_devices()
            tf.constant(1)
            tf.get_logger().addFilter(lambda record: "retracing" not in record.getMessage())
        except Exception:
            aside.seek(0)
            os.write(kept, aside.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
