"""What a frozen base makes of the images, computed once: then an epoch trains the head alone.

Kept in a folder under a number for all that the features come from (the base, its weights, the data, how the task
prepares and augments an image), and so shared by runs and by the trials of a sweep.
"""

import itertools
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasapp import components, pipeline
from kerasapp.errors import KerasappError
from kerasapp.evaluation.baselines import Features
from kerasapp.meter import Meter
from kerasapp.ops._random import example_keys
from kerasapp.own_copy import hash_own_code
from kerasapp.run import Run
from kerasapp.tasks._base import Raw, Task
from kerasapp.tasks._once import once
from kerasapp.training._base_weights import take_weights
from kerasapp.training._stages import leaves
from kerasapp.types import Split

VERSION = 2  # goes up when features would come out otherwise, so that kept ones are not used
BATCH = 64
LARGE = 20_000  # examples, beyond which no more features are computed for a baseline than it looks at
PARTS = "features", "y"
log = logging.getLogger("kerasapp")


@dataclass(frozen=True)
class OnFeatures:
    """A task whose examples have been through the base already; all else is the task's own."""

    task: Task

    def elements(self, raw: Raw, keys: tf.Tensor | None = None) -> tuple:
        """One of the views of each example, by its key where training has one, else the first."""
        count = raw["features"].shape[1]
        chosen = tf.zeros_like(raw["row"]) if keys is None else tf.math.floormod(keys[:, 1], count)
        features, y = (tf.gather(raw[part], chosen, batch_dims=1) for part in ("features", "y"))
        return {"features": features}, y

    def __getattr__(self, name: str) -> Any:
        return getattr(self.task, name)


def on_features(
    model: keras.Model,
    task: Task,
    splits: dict[str, Split],
    readers: dict[str, pipeline.Reader],
    *,
    seed: int,
    cache: Path | None,
) -> tuple[Task, dict[str, pipeline.Reader]]:
    """The task and readers of features, where those of the model stay as they are; else what was given."""
    if not getattr(model, "fixed_features", False):
        return task, readers
    views = (getattr(model, "views", None) or 0) if task.augments() else 0
    if task.augments() and not views:
        return task, readers
    base = Base(model, task, seed, cache)
    found = {
        name: base.kept(splits[name], read, name, views if name == "train" else 0) for name, read in readers.items()
    }
    return OnFeatures(task), {name: _reader(*arrays) for name, arrays in found.items()}


def features_at_start(run: Run, task: Task, model: keras.Model, cache: Path) -> Features | None:
    """What the base that a run's model started from makes of pictures; None where it has none, and, with a warning,
    where its weights are gone by now. A base that learned nothing is the trained `model`'s own.
    """
    if not hasattr(model, "features") or run.recipe.model.get("weights") == "none":
        return None
    if not model.fixed_features:
        try:
            model = components.create("models", run.recipe.model, folder=run.recipe.folder, **task.facts())
            take_weights(run.recipe, model)
        except KerasappError as error:
            log.warning("no baseline on the features of the base: %s", error)
            return None
    name = run.recipe.model.get("base", model.get_layer("base").name)
    return Features(f"{name}'s features", _digest(model, task), Base(model, task, run.recipe.seed, cache).of)


class Base:
    """A model's base as it is now: what it makes of a task's images, each split's kept in the folder `cache`."""

    def __init__(self, model: keras.Model, task: Task, seed: int, cache: Path | None):
        self.model, self.task, self.seed, self.cache = model, task, seed, cache
        self._network: Callable[[tf.Tensor], tf.Tensor] | None = None  # traced once, for batches of any size

    def of(self, split: Split, indices: np.ndarray) -> np.ndarray:
        """(examples, n) float32: of some examples of a split; all of a small one are computed, and kept."""
        read = pipeline.reader(self.task, split)
        if len(split) <= LARGE:
            return self.kept(split, read, "a split")[0][indices, 0]
        one, view = self._one(read, 0), tf.constant(0, tf.int64)
        parts = [one(tf.constant(indices[at : at + BATCH]), view)[0] for at in range(0, len(indices), BATCH)]
        return np.concatenate([part.numpy() for part in parts])

    def kept(self, split: Split, read: pipeline.Reader, name: str, views: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Features (examples, views, n) and targets (examples, views, ...) of a split, found in `cache` or made."""
        key = f"{VERSION} {_digest(self.model, self.task, split)} {f'{self.seed} {views}' if views else ''}"
        return once(self.cache, "features", key, partial(self._make, split, read, name, views), _opened)

    def _make(self, split: Split, read: pipeline.Reader, name: str, views: int, folder: Path) -> None:
        count, arrays, one = max(views, 1), [], self._one(read, views)
        meter = Meter(f"features of {name}", len(split) * count)
        for view, rows in _batches(len(split), self.seed, views):
            made = [part.numpy() for part in one(rows, tf.constant(view, tf.int64))]
            for number, part in enumerate(made):
                if len(arrays) < len(made):
                    shape = (len(split), count, *part.shape[1:])
                    arrays.append(pipeline.allocated(folder / f"{PARTS[number]}.npy", part.dtype, shape))
                arrays[number][rows.numpy(), view] = part
            meter.add(len(rows))
        for array in arrays:
            array.flush()
        meter.close()

    def _one(self, read: pipeline.Reader, views: int) -> Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
        @tf.function(autograph=False, input_signature=(pipeline.INDICES, tf.TensorSpec([], tf.int64)))
        def elements(indices: tf.Tensor, view: tf.Tensor) -> tuple:
            return self.task.elements(read(indices), example_keys(self.seed, view, indices) if views else None)

        def one(indices: tf.Tensor, view: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            inputs, y = elements(indices, view)
            if self._network is None:
                spec = tf.TensorSpec([None, *inputs.shape[1:]], inputs.dtype)
                self._network = tf.function(self.model.features, autograph=False).get_concrete_function(spec)
            return self._network(inputs), y

        return one


def _batches(count: int, seed: int, views: int) -> Iterator[tuple[int, tf.Tensor]]:
    """A view and the examples of a batch. Views are in the order that the epochs have: mixing takes the next example,
    which in the order of the data is mostly of the same class.
    """
    steps = -(-count // BATCH)
    for view, step in itertools.product(range(max(views, 1)), range(steps)):
        ordered = tf.range(step * BATCH, min((step + 1) * BATCH, count), dtype=tf.int64)
        yield view, pipeline.indices_of(count, BATCH, seed, view * steps + step) if views else ordered


def _opened(folder: Path, key: str) -> tuple[np.ndarray, np.ndarray] | None:
    """None where they are not there, or not whole."""
    try:
        return tuple(np.load(folder / f"{name}.npy", mmap_mode="r") for name in PARTS)
    except (OSError, ValueError, EOFError):
        return None


def _digest(model: keras.Model, task: Task, split: Split | None = None) -> str:
    """A number for the base and its weights, what the task does to an image, and the images with their labels. The
    module of a task of one's own is named by a hash of its code.
    """
    digest = blake2b(digest_size=16)
    for layer in leaves(model):
        for weight in layer.weights if layer.name != "head" else ():
            digest.update(np.ascontiguousarray(weight).tobytes())
    layers = [(type(layer).__name__, layer.get_config()) for layer in leaves(model.get_layer("base"))]
    for _, config in layers:
        for key in ("name", "trainable"):  # numbered on from model to model; nothing learns here
            config.pop(key, None)
    asked = task.arguments() | task.resolved()  # as a run that is gone on with has them too
    code = [type(task).__module__, type(task).__qualname__, hash_own_code(asked, Path())]
    told = [layers, code, task.state(), asked, keras.config.dtype_policy().name]
    digest.update(json.dumps(told, sort_keys=True, default=str).encode())
    if split is not None:
        digest.update(np.asarray(split.fingerprints()).tobytes())
    if split is not None and "label" in split.features:
        digest.update(repr(split.column("label").tolist()).encode(errors="backslashreplace"))
    return digest.hexdigest()


def _reader(features: np.ndarray, y: np.ndarray) -> pipeline.Reader:
    def read(indices: tf.Tensor) -> Raw:
        found = tf.numpy_function(
            lambda rows: (features[rows], y[rows]), [indices], [tf.float32, tf.as_dtype(y.dtype)], stateful=False
        )
        for part, like in zip(found, (features, y), strict=True):
            part.set_shape([indices.shape[0], *like.shape[1:]])
        return {"features": found[0], "y": found[1], "row": tf.cast(indices, tf.int32)}

    return read
