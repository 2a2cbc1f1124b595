"""Examples in memory: a dictionary of NumPy arrays that TensorFlow gathers from."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from hashlib import blake2b
from itertools import islice

import numpy as np
import tensorflow as tf

from kerasapp.types import Feature

AT_ONCE = 2**13  # digests


class Ids(Sequence):
    """The names of examples, made when one is asked for."""

    def __init__(self, rows: Sequence, name: Callable[[int], str]):
        self._rows, self._name = rows, name

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self._name(int(row)) for row in self._rows[index]]
        return self._name(int(self._rows[index]))


class Arrays:
    """A Split of arrays by feature, each (examples, ...).

    Text is an object array of `str`, encoded files one of `bytes`; an object array of arrays is a feature whose first
    dimension varies, and comes as a RaggedTensor. Text may also be one of NumPy's own string types.
    """

    random_access = True

    def __init__(
        self,
        arrays: dict[str, np.ndarray],
        ids: Sequence[str],
        names: dict[str, tuple[str, ...]] | None = None,
        fingerprints: np.ndarray | None = None,
    ):
        self._arrays = {
            name: array.astype(object) if array.dtype.kind in "US" else array for name, array in arrays.items()
        }
        self._given = fingerprints
        self.ids = ids
        self.features = {name: _feature(array, (names or {}).get(name)) for name, array in self._arrays.items()}

    def __len__(self) -> int:
        return len(next(iter(self._arrays.values())))

    def gather(self, indices: tf.Tensor) -> dict[str, tf.Tensor]:
        """(batch,) int64 -> each feature (batch, ...)."""
        raw = {}
        for names, tensor in self._tensors:
            rows = tf.gather(tensor, indices)
            raw.update({names[0]: rows} if len(names) == 1 else zip(names, tf.unstack(rows, axis=-1), strict=True))
        return {name: raw[name] for name in self._arrays}

    def column(self, feature: str) -> np.ndarray:
        """(examples, ...), strings as an object array."""
        return self._arrays[feature]

    def fingerprints(self) -> np.ndarray:
        """(examples,) uint64 of all features but the label, so that one picture in two classes is seen."""
        return self._fingerprints

    @cached_property
    def _fingerprints(self) -> np.ndarray:
        if self._given is not None:
            return self._given
        seen = {name: array for name, array in self._arrays.items() if name != "label"} or self._arrays
        parts = [_as_bytes(array) for _, array in _stacked(seen)]
        return hashed(parts[0]) if len(parts) == 1 else hashed(map(b"".join, zip(*parts, strict=True)))

    @cached_property
    def _tensors(self) -> list[tuple[list[str], tf.Tensor]]:
        """Made outside any graph and captured by it, because a constant would be copied into the graph; read by the
        CPU.
        """
        with tf.init_scope(), tf.device("CPU:0"):
            tensors = [(names, _tensor(array)) for names, array in _stacked(self._arrays)]
        for names, tensor in tensors:
            if len(names) == 1 and isinstance(tensor, tf.Tensor) and tensor.dtype != tf.string:
                self._arrays[names[0]] = np.asarray(memoryview(tensor))  # the same memory: the data is there once
        return tensors


def hashed(contents: Iterable) -> np.ndarray:
    """(examples,) uint64, the same on any machine, of bytes or contiguous arrays."""
    digests, found = bytearray(), (blake2b(content, digest_size=8).digest() for content in contents)
    while part := b"".join(islice(found, AT_ONCE)):  # each is an object of 41 bytes until it is joined
        digests += part
    return np.frombuffer(digests, "<u8").astype(np.uint64)


def texts(values: Iterable[str]) -> np.ndarray:
    """An object array of str."""
    return np.array(list(values), object)


def _feature(array: np.ndarray, names: tuple[str, ...] | None) -> Feature:
    if _is_ragged(array):
        return Feature(array[0].dtype.name, (None, *array[0].shape[1:]), names)
    return Feature("string" if array.dtype == object else array.dtype.name, array.shape[1:], names)


def _is_ragged(array: np.ndarray) -> bool:
    return array.dtype == object and array.ndim == 1 and len(array) > 0 and isinstance(array[0], np.ndarray)


def _stacked(arrays: dict[str, np.ndarray]) -> list[tuple[list[str], np.ndarray]]:
    """Single values of one dtype stand together as (examples, features): a table is gathered in one op, not in one a
    column.
    """
    groups: dict[tuple, list[str]] = {}
    for name, array in arrays.items():
        alone = array.ndim > 1 or _is_ragged(array)
        groups.setdefault((name if alone else "", array.dtype), []).append(name)
    return [
        (names, arrays[names[0]] if len(names) == 1 else np.stack([arrays[name] for name in names], axis=-1))
        for names in groups.values()
    ]


def _tensor(array: np.ndarray) -> tf.Tensor | tf.RaggedTensor:
    if _is_ragged(array):
        return tf.RaggedTensor.from_row_lengths(np.concatenate(array), [len(row) for row in array])
    return tf.constant(array)


def _as_bytes(array: np.ndarray) -> Iterable:
    """Each example as bytes, several strings with a zero between them."""
    if _is_ragged(array):
        return (np.ascontiguousarray(row).tobytes() for row in array)
    if array.dtype == object:
        encoded = (value.encode() if isinstance(value, str) else value for value in array.reshape(-1))
        each = int(np.prod(array.shape[1:]))
        return map(b"\0".join, zip(*[encoded] * each, strict=True))
    rows = np.ascontiguousarray(array.reshape(len(array), -1))
    return rows.astype(rows.dtype.newbyteorder("<"), copy=False)
