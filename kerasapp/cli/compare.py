"""`kerasapp compare`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from kerasapp.cli._common import Json, Root, complete_run, difference, print_json
from kerasapp.errors import in_one_line
from kerasapp.names import counted

SHOWN = 5  # neighbours of a word whose neighbours differ


def verb(
    a: Annotated[str, typer.Argument(metavar="RUN", show_default=False, autocompletion=complete_run)],
    b: Annotated[str, typer.Argument(metavar="RUN", show_default=False, autocompletion=complete_run)],
    root: Root = Path(),
    json: Json = False,
) -> None:
    """What differs between two runs: recipe, data, environment, results, and the neighbours of word vectors."""
    from kerasapp.comparison import compare
    from kerasapp.run import Run

    found = compare(Run.open(a, root), Run.open(b, root))
    if json:
        print_json(found)
        return
    near = found.pop("neighbours", None)
    for part, rows in found.items():
        if rows:
            print(part)
        for row in rows:
            print(difference(row))
    if near:
        _print_neighbours(near)
    if not any(found.values()) and not (near and near["differ_most"]):
        print("no difference")


def _print_neighbours(near: dict[str, Any]) -> None:
    """The overlap, and a line for each word whose neighbours differ most."""
    if near["overlap"] is None:
        print(f"neighbours\n  the vectors have {counted(near['common'], 'word')} in common")
        return
    print(f"neighbours of the {counted(near['words'], 'most frequent word')}: {near['overlap']:.3f} of them in common")
    width = max((len(row["word"]) for row in near["differ_most"]), default=0)
    for row in near["differ_most"]:
        a, b = (", ".join(row[of][:SHOWN]) for of in "ab")
        print(in_one_line(f"  {row['word']:{width}}  {row['overlap']:.3f}  {a}  |  {b}"))
