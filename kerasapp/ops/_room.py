"""Memory for large copies, used again."""

import math
import sys

import numpy as np

ALIGNED = 64  # bytes: Eigen's largest
KEPT = 12  # arrays: more than a step copies
HELD_HERE = 2  # references: the list's, and that of the call that counts


class Room:
    """Memory for copies of arrays that TensorFlow takes as they are, because they are aligned as its own, and that is
    used again when nobody holds them any more: new memory would be asked of the system, and cleared, in every step.
    What was not of use for the last KEPT copies is given back.
    """

    def __init__(self) -> None:
        self._arrays: list[np.ndarray] = []  # the one that was used last stands last

    def copy(self, array: np.ndarray) -> np.ndarray:
        free = [place for place in range(len(self._arrays)) if sys.getrefcount(self._arrays[place]) == HELD_HERE]
        fits = (place for place in free if self._arrays[place].shape == array.shape)
        place = next((place for place in fits if self._arrays[place].dtype == array.dtype), None)
        made = _aligned(array.shape, array.dtype) if place is None else self._arrays[place]
        old = {place, *(other for other in free if other < len(self._arrays) - KEPT)}
        self._arrays = [held for other, held in enumerate(self._arrays) if other not in old] + [made]
        np.copyto(made, array)
        return made


def _aligned(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    raw = np.empty(math.prod(shape) * dtype.itemsize + ALIGNED, np.uint8)
    start = -raw.ctypes.data % ALIGNED
    return raw[start : raw.size - ALIGNED + start].view(dtype).reshape(shape)
