"""Which examples can't be read, for when a batch failed without saying which."""

from collections.abc import Iterable

import tensorflow as tf

from kerasapp.errors import DataError
from kerasapp.tasks._base import Task
from kerasapp.types import Split


def name_broken(task: Task, split: Split, rows: Iterable[int] | None = None) -> DataError | None:
    """The error that names those of `rows` (default: all) that can't be read and prepared; None: each can."""
    names = []
    for number in range(len(split)) if rows is None else rows:
        try:
            task.prepare(split.gather(tf.constant([number], tf.int64)))
        except (tf.errors.OpError, ValueError):
            names.append(split.ids[number])
    if not names:
        return None
    return DataError(names[0], f"can't be read{_and_more(names)}. Repair or remove, or set data.on_error: skip")


def _and_more(names: list[str]) -> str:
    return (
        f" (and {len(names) - 1} more: {', '.join(names[1:10])}{', …' if len(names) > 10 else ''})"
        if len(names) > 1
        else ""
    )
