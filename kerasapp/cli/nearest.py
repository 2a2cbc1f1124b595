"""`kerasapp nearest`."""

from pathlib import Path
from typing import Annotated

import typer

from kerasapp.cli._common import Count, Json, Root, RunOrVectors, print_json, print_words


def verb(
    run: RunOrVectors,
    word: Annotated[str, typer.Argument(metavar="WORD", help="A word, of fastText any.", show_default=False)],
    count: Count = 10,
    root: Root = Path(),
    json: Json = False,
) -> None:
    """The words whose vectors are nearest to a word's, by cosine."""
    from kerasapp.vectors import of

    found = of(run, root).nearest(word, count)
    print_json(found) if json else print_words(found)
