"""`kerasapp copy`."""

import re
from pathlib import Path
from typing import Annotated

import typer

from kerasapp.cli._common import RecipeName
from kerasapp.errors import KerasappError
from kerasapp.stock import find_recipe


def verb(
    recipe: RecipeName,
    to: Annotated[Path | None, typer.Argument(help="The new file; by default the recipe's own name, here.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replaces a file that is there.")] = False,
) -> None:
    """Copies a stock recipe, comments and all, to be changed: kerasapp copy vision/digits_cnn mine.yaml"""
    from kerasapp.files import write
    from kerasapp.stock import stock

    source = find_recipe(recipe)
    target = to or Path(source.name)
    target = target / source.name if target.is_dir() else target
    if target.exists() and not force:
        raise KerasappError(f"{target}: is there already. Choose another name, or replace it with --force")
    schema = stock("recipes") / "schema.json"
    text = re.sub(
        r"(?m)^# yaml-language-server: .*$",
        f"# yaml-language-server: $schema={schema}",
        source.read_text(encoding="utf-8"),
        count=1,
    )
    write(target, text)
    print(target)
