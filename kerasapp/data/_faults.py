"""Faults that a source could read past: an error for whoever trains, one of a list for whoever looks at the data.

A source that can go on without what is at fault (a file, a row, a cell) hands its DataError to `refuse` and leaves that
out when `refuse` returns. Only within `passing_over` does it return.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from kerasapp.errors import DataError

_passed: ContextVar[list[DataError] | None] = ContextVar("passed", default=None)


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
