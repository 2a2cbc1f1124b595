"""What several verbs share: their options, finding a recipe, starting TensorFlow in silence, printing JSON."""

import glob
import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from kerasapp.errors import in_one_line
from kerasapp.starting import start_tensorflow
from kerasapp.stock import find_recipe, stock_files

__all__ = [
    "Count",
    "Files",
    "Json",
    "RecipeName",
    "RecipeOrNone",
    "Root",
    "RunName",
    "RunOrVectors",
    "Settings",
    "complete_recipe",
    "complete_run",
    "complete_sweep",
    "difference",
    "load_recipe",
    "print_json",
    "print_words",
    "start_tensorflow",
]


def complete_recipe(incomplete: str) -> list[str]:
    """Stock names, and the recipes and folders that the shell would have offered."""
    return _complete(incomplete, "recipes")


def complete_sweep(incomplete: str) -> list[str]:
    """Stock names of sweeps, files and folders."""
    return _complete(incomplete, "tuning")


def _complete(incomplete: str, kind: str) -> list[str]:
    beside = [path for path in glob.glob(f"{glob.escape(incomplete)}*") if path.endswith((".yaml", ".yml"))]
    folders = [f"{path}/" for path in glob.glob(f"{glob.escape(incomplete)}*") if os.path.isdir(path)]
    return [name for name in stock_files(kind) if name.startswith(incomplete)] + sorted(beside) + sorted(folders)


def complete_run(context: typer.Context, incomplete: str) -> list[str]:
    """`latest`, and the names of the runs below `--root`."""
    from kerasapp.run import all_runs

    names = [run.name for run in all_runs(Path(context.params.get("root") or "."))]
    return [name for name in ("latest", *reversed(names)) if name.startswith(incomplete)]


def complete_vectors(context: typer.Context, incomplete: str) -> list[str]:
    """Runs, and the files and folders that the shell would have offered."""
    beside = sorted(glob.glob(f"{glob.escape(incomplete)}*"))
    return complete_run(context, incomplete) + [f"{path}/" if os.path.isdir(path) else path for path in beside]


Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, and nothing else there.")]
Root = Annotated[Path, typer.Option(help="Where runs/ and saved_models/ are.")]
RECIPE = typer.Argument(
    metavar="RECIPE",
    help="A path, or a stock recipe's name as `list` prints it.",
    show_default=False,
    autocompletion=complete_recipe,
)
RecipeName = Annotated[str, RECIPE]
RecipeOrNone = Annotated[str | None, RECIPE]
RunName = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A path, `latest`, or an unambiguous prefix of a run's name.",
        show_default=False,
        autocompletion=complete_run,
    ),
]
RunOrVectors = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A run of word vectors: a path, `latest`, a prefix of its name; or a file: word2vec's, GloVe's, npz.",
        show_default=False,
        autocompletion=complete_vectors,
    ),
]
Files = Annotated[
    list[str], typer.Argument(metavar="FILE...", help="Image files, folders of them, or -.", show_default=False)
]
Count = Annotated[int, typer.Option(min=1, metavar="N", help="How many words.")]
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


def print_words(rows: list[dict[str, Any]]) -> None:
    """A line for each `{"word", "similarity"}`; a file may have words with what a terminal would obey."""
    words = [in_one_line(row["word"]) for row in rows]
    width = max(map(len, words), default=0)
    for word, row in zip(words, rows, strict=True):
        print(f"{word:{width}}  {row['similarity']:6.3f}")


def difference(row: dict[str, Any]) -> str:
    """A line for a row `{"path", "a", "b"}`."""
    a, b = ("-" if it is None else f"{it:.6g}" if isinstance(it, float) else str(it) for it in (row["a"], row["b"]))
    return f"  {row['path']:40} {a:>24}  {b:>24}"
