"""What a user's own code raises is told in one line, at its name in the recipe: it is no fault of ours."""

import os
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from kerasapp.errors import Fault, KerasappError, RecipeError, first_line
from kerasapp.own_code import PREFIX, is_own, located

if TYPE_CHECKING:
    from kerasapp.reading import Node
    from kerasapp.recipe import Recipe

IN_GRAPH = re.compile(r'File "([^"]+)", line (\d+), in ')  # what AutoGraph leaves of a traceback, in the message


class OwnCodeError(KerasappError):
    """A user's own code raised: the file, the line, what, and by which files and which functions of these it came."""

    def __init__(self, path: Path, line: int | None, error: BaseException, way: tuple[tuple[Path, str], ...]):
        self.path, self.line, self.way = path, line, way
        self.what = _what(error)
        super().__init__(self.told(Path()))

    def told(self, folder: Path) -> str:
        """`./nets.py line 7: NameError: name 'kears' is not defined`, the path as seen from a recipe's folder."""
        below = os.path.relpath(self.path, folder)
        shown = str(self.path) if below.startswith(os.pardir) else f".{os.sep}{below}"
        return f"{shown}{'' if self.line is None else f' line {self.line}'}: {self.what}"


@contextmanager
def blaming(path: Path, entry: str, line: int) -> Iterator[None]:
    """Around a call of a user's component, `entry` of the file `path`: whatever it raises is an OwnCodeError.

    `line` is where the component is defined: it is named where the exception came through no line of the user's.
    """
    try:
        yield
    except KerasappError:
        raise
    except (Exception, SystemExit) as error:
        raise blamed(error) or OwnCodeError(path, line, error, ((path, entry),)) from error


@contextmanager
def told_at_its_name(recipe: "Recipe") -> Iterator[None]:
    """Around work with a recipe: what the user's own code raises becomes a RecipeError at its name in the recipe."""
    try:
        yield
    except (Exception, SystemExit) as error:
        own = blamed(error)
        if own is None:
            raise
        node, path = _named(recipe, own)
        raise RecipeError([Fault(node.file, node.line, node.column, path, own.told(recipe.folder))]) from error


def blamed(error: BaseException) -> OwnCodeError | None:
    """The user's innermost line that an exception came through; None where it came through none, or is told already."""
    if isinstance(error, KerasappError):
        return error if isinstance(error, OwnCodeError) else None
    frames = [(frame, line) for frame, line in traceback.walk_tb(error.__traceback__) if _is_users(frame)]
    if not frames:
        return None
    way = tuple((Path(frame.f_globals["__file__"]), _entry(frame)) for frame, _ in frames)
    last = way[-1][0]
    frame, line = frames[-1]
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).suffix == ".py":
        return OwnCodeError(Path(error.filename), error.lineno, error, way)
    if frame.f_code.co_filename == str(last):
        return OwnCodeError(last, line, error, way)
    places = [(path, line) for path, line in IN_GRAPH.findall(str(error)) if Path(path) in dict(way)]
    path, line = places[-1] if places else (last, None)
    return OwnCodeError(Path(path), line and int(line), error, way)


def _is_users(frame: object) -> bool:
    return is_own(frame.f_globals.get("__name__")) and "__file__" in frame.f_globals


def _entry(frame: object) -> str:
    """The function or class at the top of the file that a frame belongs to."""
    return frame.f_code.co_qualname.partition(".")[0]


def _what(error: BaseException) -> str:
    """`NameError: name 'kears' is not defined`; modules by the names that the user gave them."""
    told = error.msg if isinstance(error, SyntaxError) else first_line(error)
    if told.startswith("in user code:"):
        return str(error).strip().splitlines()[-1].strip()
    kind = type(error).__name__
    told = re.sub(rf"{PREFIX}[0-9a-f]+\.?", "", told)
    return kind if told == kind else f"{kind}: {told}"


def _named(recipe: "Recipe", own: OwnCodeError) -> "tuple[Node, str]":
    """The name of the component that led to the user's code, and its path in the recipe; else `model`."""
    found = []
    for node, path in _own_names(recipe.tree, ""):
        where, _, entry = node.value.rpartition(":")
        with suppress(LookupError):
            found.append((node, path, located(where, recipe.folder).path, entry))
    for fits in (lambda file, entry: (file, entry) in own.way, lambda file, entry: file in dict(own.way)):
        for node, path, file, entry in found:
            if fits(file, entry):
                return node, path
    return found[0][:2] if found else (recipe.tree.value["model"], "model")


def _own_names(node: "Node", path: str) -> "Iterator[tuple[Node, str]]":
    """Every place in a recipe where a component of one's own is named."""
    if isinstance(node.value, str) and ":" in node.value and path != "title":
        yield node, path
    children = (
        node.value
        if isinstance(node.value, dict)
        else dict(enumerate(node.value))
        if isinstance(node.value, list)
        else {}
    )
    for key, child in children.items():
        yield from _own_names(child, f"{path}.{key}" if path else str(key))
