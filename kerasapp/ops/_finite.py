"""Outputs that are no numbers: float16 ends at 65 504, float32 at 3.4e38, and what lies beyond is said."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasapp.names import some

NAMED = 3


def not_finite(outputs: Any) -> np.ndarray:
    """(examples,) bool: where an array, or one of a dictionary of them, each (examples, ...), is NaN or infinite."""
    arrays = list(outputs.values()) if isinstance(outputs, dict) else [outputs]
    floats = [np.asarray(array) for array in arrays if np.issubdtype(np.asarray(array).dtype, np.floating)]
    bad = np.zeros(len(arrays[0]), bool)
    for array in floats:
        bad |= ~np.isfinite(array).reshape(len(array), -1).all(axis=1)
    return bad


def complaint(names: Sequence[str], mixed_precision: bool) -> str:
    """One line for the examples whose outputs are not finite."""
    named = some(names, NAMED)
    why = "float16 ends at 65 504 (train.mixed_precision), and these" if mixed_precision else "these"
    return f"{named}: the model's output is not finite: {why} inputs are far from what it was trained on"
