"""Faults that a source could read past: an error for whoever trains, one of a list for whoever looks at the data.

A source that can go on without what is at fault (a file, a row, a cell) hands its DataError to `refuse` and leaves that
out when `refuse` returns. Only within `passing_over` does it return. What is left out and is no fault at all is a
`remark`.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

from kerasapp.errors import DataError

_passed: ContextVar[list[DataError] | None] = ContextVar("passed", default=None)


class Remark(DataError):
    """What is worth a look and refused by nobody; `severity` is that of the finding it becomes."""

    def __init__(self, where: str, message: str, kind: str, severity: Literal["note", "warning"]):
        super().__init__(where, message, kind)
        self.severity = severity


def remark(some: Iterable[Remark]) -> None:
    """Within `passing_over` they are kept; else nothing happens."""
    passed = _passed.get()
    if passed is not None:
        passed.extend(some)


def refuse(error: DataError, each: Iterable[DataError] = ()) -> None:
    """Raises `error`; within `passing_over` it is kept, or `each` of those that it sums up."""
    passed = _passed.get()
    if passed is None:
        raise error
    passed.extend(list(each) or [error])


@contextmanager
def passing_over() -> Iterator[list[DataError]]:
    """Gives the list of what is refused within, in the order it was found."""
    passed: list[DataError] = []
    token = _passed.set(passed)
    try:
        yield passed
    finally:
        _passed.reset(token)
