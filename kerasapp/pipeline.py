"""From a split to batches: a batch is a pure function of (seed, epoch, number)."""

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasapp.ops._random import example_keys
from kerasapp.tasks._base import Raw, Task
from kerasapp.tasks._broken import name_broken
from kerasapp.types import Split

log = logging.getLogger("kerasapp")
GIB = 2**30
HELD = 2**26  # bytes of encoded validation examples
SMALL = 2**20  # bytes of a batch whose making is not tuned
INDICES = tf.TensorSpec([None], tf.int64)
plain = tf.autograph.experimental.do_not_convert
"""Our functions hold no Python control flow on tensors; converting them would take seconds of every start."""

Reader = Callable[[tf.Tensor], Raw]
"""(batch,) int64 -> prepared features."""


@dataclass
class Outputs:
    """A whole split through a model, in order; `targets` as the task makes them, None where there are no labels;
    `examples` the prepared features that the task's `measure` compares with.
    """

    logits: Any
    targets: np.ndarray | None
    decoded: dict[str, np.ndarray]
    examples: dict[str, np.ndarray]


def training_batches(
    task: Task, split: Split, read: Reader, *, batch_size: int, seed: int, begin: int = 0
) -> tf.data.Dataset:
    """Batches from number `begin` on, counted over all epochs from 0, each epoch in the order permutation(seed, epoch).

    The last batch of an epoch may be smaller. They have no end, so that one iterator serves all epochs: a new one costs
    as much as some hundred photographs.
    """
    steps = steps_of(split, batch_size)

    def one(number: tf.Tensor) -> tuple:
        indices = indices_of(len(split), batch_size, seed, number)
        return task.elements(read(indices), example_keys(seed, number // steps, indices))

    numbers = tf.data.Dataset.range(begin, np.iinfo(np.int64).max)
    made = numbers.map(plain(one), num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(2)
    return _untuned(made) if batch_size * _bytes(made) <= SMALL else made


def in_epochs(batches: tf.data.Dataset, steps: int) -> tf.data.Dataset:
    """Batches without end, `steps` of them each time it is iterated, and then the next ones: all are drawn from one
    iterator.

    Not for a strategy of `tf.distribute`, under which Keras looks at a first batch that it does not train on.
    """
    source = iter(batches)
    made = _untuned(tf.data.Dataset.range(steps).map(plain(lambda _: source.get_next())))
    made.source = source  # is gone when nothing refers to it any more
    return made


def indices_of(count: int, batch_size: int, seed: int, number: int | tf.Tensor) -> tf.Tensor:
    """(batch,) int64, the examples, of so many, that a training batch holds, by its number over all epochs.

    The permutation of an epoch is `tf.random.experimental.index_shuffle`, a cipher on the indices, so that any batch
    can be made without the others.
    """
    number = tf.convert_to_tensor(number, tf.int64)
    steps = -(-count // batch_size)
    epoch, step = number // steps, number % steps
    places = tf.range(step * batch_size, tf.minimum((step + 1) * batch_size, count))
    key = tf.stack([tf.constant(seed % 2**31, tf.int64), epoch])
    last = tf.constant(count - 1, tf.int64)
    return tf.random.experimental.index_shuffle(places, tf.cast(key, tf.int32), max_index=last)


def batches(task: Task, split: Split, read: Reader, *, batch_size: int) -> tf.data.Dataset:
    """The whole split once, in order, without augmentation: (inputs, y)."""
    rows = _ranges(len(split), batch_size).map(
        plain(lambda rows: task.elements(read(rows))), num_parallel_calls=tf.data.AUTOTUNE
    )
    return rows.prefetch(2)


def held(data: tf.data.Dataset, count: int, batch_size: int) -> tf.data.Dataset:
    """The same batches of `count` examples, made once and held in memory where that takes at most HELD bytes.

    What is read after every epoch is then no function any more, and its iterator costs nothing to make.
    """
    if count == 0 or count * _bytes(data) > HELD:
        return data
    whole = tf.nest.map_structure(lambda *parts: tf.concat(parts, 0), *data)
    return _untuned(tf.data.Dataset.from_tensor_slices(whole).batch(batch_size))


def _bytes(data: tf.data.Dataset) -> float:
    """Of an example; infinity where that is not known."""
    specs = tf.nest.flatten(data.element_spec)
    if not all(isinstance(spec, tf.TensorSpec) and spec.shape[1:].is_fully_defined() for spec in specs):
        return np.inf
    return sum(int(np.prod(spec.shape[1:])) * spec.dtype.size for spec in specs)


def _untuned(data: tf.data.Dataset) -> tf.data.Dataset:
    """Without the thread that tunes an iterator: after an epoch it takes 20 ms to end, after a training two seconds,
    where an epoch of a small network takes 10 ms and its training three seconds.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return data.with_options(options)


def steps_of(split: Split, batch_size: int) -> int:
    """Batches in an epoch."""
    return -(-len(split) // batch_size)


def reader(task: Task, split: Split) -> Reader:
    """Reads and prepares examples anew each time."""
    return lambda indices: task.prepare(split.gather(indices))


def cached_reader(task: Task, split: Split, *, cache: str, limit: float, folder: Path) -> Reader:
    """Prepares every example once and keeps the result in memory or in a file, where reading costs more than that.

    `limit` is in GiB: what would be larger in memory goes to a file, and is said. A file that an earlier process of
    the same run has completed is used as it is.
    """
    fresh = reader(task, split)
    prepared = tf.function(fresh, autograph=False).get_concrete_function(INDICES).structured_outputs
    kept = {
        name: spec for name, spec in prepared.items() if spec.shape[1:].is_fully_defined() and spec.dtype != tf.string
    }
    raw = tf.function(split.gather, autograph=False).get_concrete_function(INDICES).structured_outputs
    as_it_is = all(name in raw and _same(kept[name], raw[name]) for name in kept)
    if cache == "none" or len(kept) < len(prepared) or as_it_is:
        return fresh
    size = sum(int(np.prod(spec.shape[1:])) * spec.dtype.size for spec in kept.values()) * len(split)
    if cache == "memory" and size > limit * GIB:
        log.info("%.1f GiB of prepared examples are more than data.cache_limit (%.1f): kept on disk", size / GIB, limit)
        cache = "disk"
    done = folder / "complete"
    arrays = {name: _array(name, spec, len(split), cache, folder, done.exists()) for name, spec in kept.items()}
    if cache == "memory" or not done.exists():
        for start, rows in _prepared(task, split):
            for name, array in arrays.items():
                array[start : start + len(rows[name])] = rows[name]
    if cache == "memory":
        return _gather_memory(arrays)
    for array in arrays.values():
        array.flush()
    done.touch()
    return _gather_disk(arrays, kept)


def prepared(task: Task, split: Split, indices: np.ndarray) -> dict[str, np.ndarray]:
    """Prepared features of these examples, as NumPy arrays."""
    return {name: value.numpy() for name, value in task.prepare(split.gather(tf.constant(indices, tf.int64))).items()}


def outputs(model: keras.Model, task: Task, split: Split, batch_size: int = 256) -> Outputs:
    """The whole split exactly once, in order."""
    return forward(model, task, split, reader(task, split), batch_size)()


def forward(model: keras.Model, task: Task, split: Split, read: Reader, batch_size: int = 256) -> Callable[[], Outputs]:
    """`outputs` for many times: each call takes the weights as they are then, and traces nothing anew."""
    labelled = "label" in split.features

    @tf.function(autograph=False, reduce_retracing=True)  # batches of texts are each as long as their longest
    def step(raw: Raw) -> tuple:
        inputs, context = task.encode(raw)
        logits = model(inputs, training=False)
        kept = {name: raw[name] for name in task.MEASURED if name in raw} if task.measures() else {}
        targets = task.target(raw, context) if labelled else tf.zeros(())
        return logits, targets, task.decode(logits, context), kept

    def whole() -> Outputs:
        rows = _ranges(len(split), batch_size).map(plain(read), num_parallel_calls=tf.data.AUTOTUNE).prefetch(2)
        parts = [step(raw) for raw in rows]
        logits, targets, decoded, kept = (_joined([part[number] for part in parts]) for number in range(4))
        return Outputs(logits, targets if labelled else None, decoded, kept)

    return whole


def _ranges(count: int, batch_size: int) -> tf.data.Dataset:
    return tf.data.Dataset.range(0, count, batch_size).map(
        plain(lambda start: tf.range(start, tf.minimum(start + batch_size, tf.constant(count, tf.int64))))
    )


def _prepared(task: Task, split: Split, batch_size: int = 32) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    """Every example prepared, in order; raises DataError that names what can't be."""
    start = 0
    try:
        for rows in (
            _ranges(len(split), batch_size)
            .map(plain(reader(task, split)), num_parallel_calls=tf.data.AUTOTUNE)
            .prefetch(2)
        ):
            yield start, {name: value.numpy() for name, value in rows.items()}
            start += batch_size
    except tf.errors.OpError as error:
        raise name_broken(task, split) or error from None


def _same(a: tf.TensorSpec, b: tf.TensorSpec) -> bool:
    return a.dtype == b.dtype and a.shape[1:] == b.shape[1:]


def _array(name: str, spec: tf.TensorSpec, count: int, cache: str, folder: Path, complete: bool) -> np.ndarray:
    shape = (count, *spec.shape[1:])
    if cache == "memory":
        return np.empty(shape, spec.dtype.as_numpy_dtype)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name.replace('/', '_')}.npy"
    if complete:
        return np.load(path, mmap_mode="r")
    return allocated(path, spec.dtype.as_numpy_dtype, shape)


def allocated(path: Path, dtype: Any, shape: tuple[int, ...]) -> np.ndarray:
    """A new npy to be filled. A full disk is an error now, not a crash at the first page that finds no room."""
    array = np.lib.format.open_memmap(path, "w+", dtype, shape)
    with path.open("r+b") as file:
        os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array


def _gather_memory(arrays: dict[str, np.ndarray]) -> Reader:
    tensors = {name: tf.convert_to_tensor(array) for name, array in arrays.items()}
    return lambda indices: {name: tf.gather(tensor, indices) for name, tensor in tensors.items()}


def _gather_disk(arrays: dict[str, np.ndarray], specs: dict[str, tf.TensorSpec]) -> Reader:
    def gather(indices: tf.Tensor) -> Raw:
        names = list(arrays)
        rows = tf.numpy_function(
            lambda chosen: [arrays[name][chosen] for name in names], [indices], [specs[name].dtype for name in names]
        )
        return {name: tf.ensure_shape(row, specs[name].shape) for name, row in zip(names, rows, strict=True)}

    return gather


def _joined(parts: list) -> Any:
    if isinstance(parts[0], dict):
        return {name: _joined([part[name] for part in parts]) for name in parts[0]}
    if isinstance(parts[0], tuple):
        return _joined([part[0] for part in parts])
    return np.concatenate([np.atleast_1d(part.numpy()) for part in parts])
