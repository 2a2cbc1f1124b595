"""What goes wrong, by layer: each knows where, and only the command line turns it into a line and an exit code."""

import re
from pathlib import Path
from typing import Any

NOISE = re.compile(r"\x1b\[[0-9;]*m")  # the colours that Keras writes
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # what a terminal takes for more than a letter
CAUSE = "Error encountered:"  # before it, Keras says that it could not infer a shape
PREAMBLE = "Exception encountered when calling"


class KerasappError(Exception):
    """Bad input: one line that says where, what, and the way out."""

    exit_code = 2
    run: Path | None = None
    """The run that was being trained, where there was one."""


class RecipeError(KerasappError):
    """One or more faults in a recipe, each a `Fault` with its position; `tree` is what can be read in spite of them."""

    def __init__(self, faults: "list[Fault]", tree: Any = None):
        self.tree = tree
        self.faults = sorted(faults, key=lambda fault: fault.place)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class SetOption(str):
    """`--set` as a file of faults, of several such options the one with this `number`, which sets `path`."""

    number: int
    path: str

    def __new__(cls, word: str = "--set", *, number: int = 1, path: str = ""):
        made = super().__new__(cls, word)
        made.number, made.path = number, path
        return made


class Fault:
    """One fault of a recipe: `file:line:column: message`, lines and columns from 1, `path` dotted."""

    __slots__ = ("column", "file", "line", "message", "path")

    def __init__(self, file: str, line: int, column: int, path: str, message: str):
        option = getattr(file, "path", "")
        self.file, self.line, self.column, self.path = file, line, column, path
        self.message = in_one_line(f"{message} (--set {option})" if option else message)

    def __str__(self) -> str:
        return f"{in_one_line(self.file)}:{self.line}:{self.column}: {self.message}"

    @property
    def place(self) -> tuple:
        """Where it stands in the order of several."""
        return self.file, getattr(self.file, "number", 1), self.line, self.column

    def as_json(self) -> dict:
        return {name: getattr(self, name) for name in self.__slots__}


class DataError(KerasappError):
    """Data that can't be used: a path (or `file:row`), what is wrong, what to do; `kind` is what a finding calls it."""

    def __init__(self, where: str | Path, message: str, kind: str = "unreadable"):
        self.where, self.kind = str(where), kind
        super().__init__(f"{where}: {message}")


class RunError(KerasappError):
    """A run that can't be found, opened, or used for what was asked."""

    def __init__(self, where: str | Path, message: str):
        self.where = str(where)
        super().__init__(f"{where}: {message}")


class WorkError(KerasappError):
    """The work itself failed: training diverged, an export that didn't verify."""

    exit_code = 1


def in_one_line(text: str) -> str:
    """The text with what would end a line, or do something to a terminal, as Python writes it: `\\n`."""
    return CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


def first_line(error: BaseException) -> str:
    """The first line of an exception that tells something, or its class where it says nothing."""
    told = str(error).rpartition(CAUSE)[2]
    lines = [NOISE.sub("", line).strip() for line in told.splitlines()]
    return next((line for line in lines if line and not line.startswith(PREAMBLE)), type(error).__name__)
