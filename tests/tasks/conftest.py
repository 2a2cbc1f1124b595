"""Examples in memory, and the round trip of a task through its file."""

import json

import numpy as np
import pytest

from kerasapp.data._arrays import Arrays


@pytest.fixture
def examples():
    """`examples(ids="photos/{}.png", names={"label": (...)}, feature=values, ...)` is a Split; `str` is text."""

    def make(ids="table.csv:{}", names=None, **columns):
        arrays = {name: np.asarray(values) for name, values in columns.items()}
        count = len(next(iter(arrays.values())))
        rows = [ids.format(number) for number in range(2, count + 2)] if isinstance(ids, str) else ids
        return Arrays(arrays, rows, names)

    return make


@pytest.fixture
def reopened():
    """The task as `task.json` gives it back."""

    def reopen(task, **arguments):
        return type(task)(**arguments).restore(json.loads(json.dumps(task.state())))

    return reopen
