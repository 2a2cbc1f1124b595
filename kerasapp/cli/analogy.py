"""`kerasapp analogy`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from kerasapp.cli._common import Count, Json, Root, RunOrVectors, print_json, print_words
from kerasapp.errors import KerasappError

METHODS = {"add": "3CosAdd", "mul": "3CosMul"}
SIGNS = ("+", "-")
FORM = "Give it as king - man + woman, a blank around each sign, or as man king woman"


def verb(
    run: RunOrVectors,
    words: Annotated[
        list[str],
        typer.Argument(metavar="A - B + C", help="Words and signs, a blank between them.", show_default=False),
    ],
    method: Annotated[Literal["add", "mul"], typer.Option(help="3CosAdd or 3CosMul.")] = "add",
    among: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only the N most frequent words may be the answer.")
    ] = None,
    count: Count = 10,
    root: Root = Path(),
    json: Json = False,
) -> None:
    """Solves an analogy: `king - man + woman` gives what is to woman as king is to man.

    Three words without signs are read in the order of the saying: `man king woman`, man is to king as woman is to what.
    3CosAdd adds directions, 3CosMul multiplies similarities and so keeps one large term from deciding alone.
    """
    positive, negative = parsed(words)
    from kerasapp.vectors import of

    found = of(run, root).analogy(positive, negative, count, METHODS[method], among)
    print_json(found) if json else print_words(found)


def parsed(words: list[str]) -> tuple[list[str], list[str]]:
    """The words that are added, and those that are subtracted. Raises KerasappError for what is no analogy."""
    fields = words[0].split() if len(words) == 1 else words
    expression = " ".join(fields)
    if len([field for field in fields if field not in SIGNS]) < 3:
        raise KerasappError(f'"{expression}": an analogy has at least three words. {FORM}')
    if len(fields) == 3:
        a, b, c = fields
        return [b, c], [a]
    signs, named = ["+", *fields[1::2]], fields[::2]
    if any(sign not in SIGNS for sign in signs) or any(word in SIGNS for word in named) or len(fields) % 2 == 0:
        raise KerasappError(f'"{expression}": words and signs don\'t take turns. {FORM}')
    positive, negative = ([word for word, of in zip(named, signs, strict=True) if of == sign] for sign in SIGNS)
    return positive, negative
