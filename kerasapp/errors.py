"""What goes wrong, by layer: each knows where, and only the command line turns it into a line and an exit code."""

from pathlib import Path


class KerasappError(Exception):
    """Bad input: one line that says where, what, and the way out."""

    exit_code = 2
    run: Path | None = None
    """The run that was being trained, where there was one."""


class RecipeError(KerasappError):
    """One or more faults in a recipe, each a `Fault` with its position."""

    def __init__(self, faults: "list[Fault]"):
        self.faults = sorted(faults, key=lambda fault: (fault.file, fault.line, fault.column))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class Fault:
    """One fault of a recipe: `file:line:column: message`, lines and columns from 1, `path` dotted."""

    __slots__ = ("column", "file", "line", "message", "path")

    def __init__(self, file: str, line: int, column: int, path: str, message: str):
        self.file, self.line, self.column, self.path, self.message = file, line, column, path, message

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"

    def as_json(self) -> dict:
        return {name: getattr(self, name) for name in self.__slots__}


class DataError(KerasappError):
    """Data that can't be used: a path (or `file:row`), what is wrong, what to do."""

    def __init__(self, where: str | Path, message: str):
        self.where = str(where)
        super().__init__(f"{where}: {message}")


class RunError(KerasappError):
    """A run that can't be found, opened, or used for what was asked."""

    def __init__(self, where: str | Path, message: str):
        self.where = str(where)
        super().__init__(f"{where}: {message}")


class WorkError(KerasappError):
    """The work itself failed: training diverged, an export that didn't verify."""

    exit_code = 1
