"""`kerasapp check`."""

import gc
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from kerasapp.cli._common import Json, complete_recipe, print_json, start_tensorflow
from kerasapp.errors import RecipeError
from kerasapp.names import counted
from kerasapp.stock import find_recipe, find_sweep

MOST = 0.5  # of the examples: a kind that more of them have is one line
LISTED = 5  # findings of one kind that are printed; --json and --report have all

Recipes = Annotated[
    list[str],
    typer.Argument(
        metavar="RECIPE...",
        help="Paths or stock names, of recipes or sweeps.",
        show_default=False,
        autocompletion=complete_recipe,
    ),
]


def verb(
    recipes: Recipes,
    build: Annotated[
        bool, typer.Option("--build", help="Also reads the data and makes the model, as `run` does first.")
    ] = False,
    data: Annotated[
        bool, typer.Option("--data", help="Also looks at all of the data, and says what is wrong with it.")
    ] = False,
    near_duplicates: Annotated[
        bool, typer.Option("--near-duplicates", help="With --data: also finds pictures that look alike.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --data: writes a page of the findings, with pictures.", dir_okay=False),
    ] = None,
    json: Json = False,
) -> None:
    """Checks recipes and sweeps: every fault at once, as FILE:LINE:COLUMN. Reads no data but with --build or --data."""
    from kerasapp.errors import KerasappError

    data = data or near_duplicates or report is not None
    if report is not None and len(recipes) > 1:
        raise KerasappError("--report: makes a page for one recipe. Check them one by one")
    look = (lambda recipe: _look(recipe, near_duplicates, report)) if data else None
    faults, notes, looks = _checked(recipes, build, look)
    found = [finding for _, look in looks for finding in look.findings]
    bad = bool(faults) or any(finding.severity == "error" for finding in found)
    named = len(recipes) > 1
    lines = [f"{word}: {line}" if named else line for word, look in looks for line in _lines(look)]
    for line in [*faults, *notes, *lines]:
        typer.echo(str(line), err=True)
    if json:
        told = {"findings": [finding.as_json() for finding in found]} if data else {}
        told |= {"notes": [note.as_json() for note in notes]} if notes else {}
        print_json({"errors": [fault.as_json() for fault in faults], **told})
    elif not bad:
        print(_done(len(recipes), [look for _, look in looks] if data else None))
    if bad:
        raise typer.Exit(2)


def _checked(
    recipes: list[str], build: bool, look: Callable[[Any], Any] | None
) -> tuple[list[Any], list[Any], list[tuple[str, Any]]]:
    """The faults of all recipes, notes on sound ones, and the word for each of these with what `look` saw of it."""
    from kerasapp import components
    from kerasapp.checking import Checker
    from kerasapp.recipe import load

    checker = Checker(Path(), components.facts())
    faults, notes, looks = [], [], []
    for word in recipes:
        try:
            file, sweep = _file(word)
            if sweep:
                notes += _sweep(file, build)
                continue
            with _uncollected():
                recipe = load(file, checker)
            notes += _notes(recipe)
            looks += [(word, look(recipe))] if look else []
            faults += _build(recipe) if build else []
        except RecipeError as error:
            faults += error.faults
    return faults, notes, looks


def _file(word: str) -> tuple[Path, bool]:
    """The file behind an argument, and whether it is a sweep: it names its `recipe`; a stock one has its own folder."""
    try:
        file = find_recipe(word)
    except RecipeError:
        with suppress(RecipeError):
            return find_sweep(word), True
        raise
    with suppress(OSError):
        return file, re.search(rb"^(recipe|space)\s*:", file.read_bytes(), re.MULTILINE) is not None
    return file, False


def _sweep(file: Path, build: bool) -> list[Any]:
    """Notes on a sound sweep: combinations that can't be built. Raises RecipeError."""
    from kerasapp.tuning.sweep import load_sweep

    found = load_sweep(file)
    if not build:
        return []
    start_tensorflow()
    from kerasapp.tuning.build import unbuildable

    return unbuildable(found)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Syntax trees are many objects and no garbage: to look for it among them takes a tenth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _notes(recipe: Any) -> list[Any]:
    """What is well and may surprise: steps that no SavedModel can do."""
    from kerasapp import components
    from kerasapp.errors import Fault
    from kerasapp.paths import node_at

    found, steps = [], recipe.task.get("preprocessing")
    for number, step in enumerate(steps if isinstance(steps, list) else ()):
        if isinstance(step, dict) and not components.in_graph(step["name"], recipe.folder):
            path = f"task.preprocessing.{number}"
            node = node_at(recipe.tree, path)
            name = node.value if isinstance(node.value, str) else node.value["name"].value
            told = f"note: {name} has no TensorFlow form: an export is the model alone, with a reader in Python"
            found.append(Fault(node.file, node.line, node.column, path, told))
    return found


def _examples(look: Any) -> int:
    return sum(map(len, look.splits.values()))


def _lines(look: Any) -> list[str]:
    """A line each, the first few of a kind; one for a kind that most of the examples have; all notes in one."""
    found, counts, examples = look.findings, look.counts, _examples(look)
    lines, told = [], Counter()
    for finding in (finding for finding in found if finding.severity != "note"):
        key = finding.severity, finding.kind
        told[key] += 1
        if counts[key] > max(LISTED, MOST * examples):
            of_each = f"{finding.kind}, {counts[key]} of them, such as {finding.where}: {finding.message}"
            lines += [f"{finding.severity}: {of_each}"] if told[key] == 1 else []
        elif told[key] <= LISTED:
            lines.append(str(finding))
        elif told[key] == LISTED + 1:
            rest = counts[key] - LISTED
            lines.append(f"{finding.severity}: {finding.kind}: and {rest} more like these (--report or --json)")
    notes = [f"{finding.where}: {finding.message}" for finding in found if finding.severity == "note"]
    more = [f"and {len(notes) - LISTED} more (--report or --json)"] if len(notes) > LISTED else []
    return [*lines, f"note: {'; '.join(notes[:LISTED] + more)}"] if notes else lines


def _done(recipes: int, looks: list[Any] | None) -> str:
    """The line of success; `looks` is None where the data was not looked at."""
    several = f"{recipes} recipes" if recipes > 1 else ""
    if looks is None:
        return f"ok: {several}" if several else "ok"
    warnings = sum(count for look in looks for (severity, _), count in look.counts.items() if severity == "warning")
    to_mend = counted(warnings, "warning") if warnings else "nothing to mend"
    missing = sum(look.unlisted("warning") for look in looks)
    listed = f"{warnings - missing} of them in --json" if missing else ""
    seen = counted(sum(map(_examples, looks)), "example")
    return "ok: " + ", ".join(filter(None, [several, f"{seen} looked at", to_mend, listed]))


def _look(recipe: Any, near_duplicates: bool, report: Path | None) -> Any:
    start_tensorflow()
    from kerasapp.preflight import look

    logging.getLogger("kerasapp").setLevel(logging.WARNING)  # what a source tells of sound data is no finding
    looked = look(recipe, near_duplicates=near_duplicates)
    if report is not None:
        from kerasapp.preflight.report import write

        write(looked, recipe, report)
        typer.echo(f"the page: {report}", err=True)
    return looked


def _build(recipe: Any) -> list[Any]:
    start_tensorflow()
    from kerasapp.errors import Fault, KerasappError
    from kerasapp.training import prepare

    try:
        prepare(recipe)
    except RecipeError as error:
        return error.faults
    except KerasappError as error:
        node = recipe.tree.value["data"]
        return [Fault(node.file, node.line, node.column, "data", str(error))]
    return []
