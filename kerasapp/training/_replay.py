"""Where a loss first was NaN: training again from the last good state up to that step, and looking into each layer.

Batches are a pure function of their number, and the state holds all else, so the same step fails in the same way.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasapp import pipeline
from kerasapp.callbacks._state import State, assign, variables_of
from kerasapp.callbacks.finite import NonFinite
from kerasapp.errors import RunError
from kerasapp.names import some
from kerasapp.training._batches import StageData
from kerasapp.training._stages import leaves

log = logging.getLogger("kerasapp")
NAMED = 3  # examples
WEIGHTS = "the weights"  # how it begins where a step before made them bad
Found = tuple[str, np.ndarray]  # what is not finite, and for which rows of the batch (batch,) bool


def explained(
    found: NonFinite, model: keras.Model, data: StageData, state: State, stage: int, class_weight: dict | None
) -> NonFinite:
    """The same error with the layer and the examples named, where replaying from `state` shows them."""
    if state.position.stage != stage:
        return found
    try:
        told = (
            _of_validation(model, data)
            if found.steps is None
            else _of_training(found, model, data, state, class_weight)
        )
    except (tf.errors.OpError, ValueError, TypeError, RunError) as error:  # can not be run by hand: no more to say
        log.debug("replaying failed: %s", error)
        told = None
    return NonFinite(f"{found}. {told}", found.name, found.epoch, found.steps) if told else found


def _of_training(
    found: NonFinite, model: keras.Model, data: StageData, state: State, class_weight: dict[int, float] | None
) -> str | None:
    first, last = ((found.epoch - 1) * data.steps + step - 1 for step in (found.steps[0], found.steps[-1]))
    number = state.position.epoch * data.steps + state.position.step
    if number > last:
        return None
    log.info("looking for the layer: %d steps again, from the last good state", last - number)
    for part in ("model", "optimizer", "seed"):
        assign(variables_of(model)[part], state.values[part], "resume")
    model.steps_per_execution, model.train_function = 1, None
    while number <= last:
        if number >= first and (seen := _looked(model, _batch(data, number))):
            return _told(*seen, _ids(data, number - seen[0].startswith(WEIGHTS)))
        count = max(first - number, 1)
        batches = data.training(number).take(count)
        model.fit(batches, class_weight=class_weight, shuffle=False, verbose=0)
        number += count
    return None


def _of_validation(model: keras.Model, data: StageData) -> str | None:
    """With the weights that validation had."""
    split = data.splits["validation"]
    for number, batch in enumerate(
        pipeline.batches(data.task, split, data.readers["validation"], batch_size=data.batch_size)
    ):
        if seen := _looked(model, batch, training=False):
            start = number * data.batch_size
            return _told(*seen, [split.ids[index] for index in range(start, min(start + data.batch_size, len(split)))])
    return None


def _ids(data: StageData, number: int) -> list[str]:
    split = data.splits["train"]
    return [split.ids[index] for index in pipeline.indices_of(len(split), data.batch_size, data.seed, number).numpy()]


def _batch(data: StageData, number: int) -> tuple:
    return next(iter(data.training(number).take(1)))


def _looked(model: keras.Model, batch: tuple, training: bool = True) -> Found | None:
    """What is not finite first: a weight, an input, a layer's output, the loss of an example."""
    for variable in model.variables:
        if not np.isfinite(_array(variable)).all():
            return f"{WEIGHTS} {variable.path} became NaN or infinite in the step before", np.zeros(0, bool)
    x, y = batch[:2]
    for value in tf.nest.flatten(x):
        if (wrong := _rows(value)).any():
            return "the model's input holds NaN or infinite values", wrong
    with _watched(model) as first:
        outputs = model(x, training=training)
    if first:
        return first[0]
    values = model.compute_loss(x, y, outputs) if model._compile_loss else tf.zeros(())
    return None if np.isfinite(_array(values)).all() else ("the loss itself, of finite outputs", np.zeros(0, bool))


@contextmanager
def _watched(model: keras.Model) -> Iterator[list[Found]]:
    """While it holds, the first layer whose output is not finite is put into the list that it gives."""
    first: list[Found] = []
    layers = leaves(model)

    def looking(layer: keras.layers.Layer, call: Any) -> Any:
        def watched(*args: Any, **named: Any) -> Any:
            result = call(*args, **named)
            for value in tf.nest.flatten(result):
                if not first and tf.is_tensor(value) and (wrong := _rows(value)).any():
                    first.append((f'layer "{layer.name}" gives NaN or infinite values first', wrong))
            return result

        return watched

    for layer in layers:
        layer.call = looking(layer, layer.call)
    try:
        yield first
    finally:
        for layer in layers:
            del layer.call


def _rows(value: Any) -> np.ndarray:
    """(batch,) bool: the rows that hold a value that is not finite."""
    array = _array(value)
    if array.dtype.kind != "f" or not array.ndim:
        return np.zeros(1, bool)
    return ~np.isfinite(array).reshape(len(array), -1).all(axis=1)


def _array(value: Any) -> np.ndarray:
    array = np.asarray(keras.ops.convert_to_numpy(value))
    return array if array.dtype.kind in "biu" else array.astype("float64")  # bfloat16 has a kind of its own


def _told(what: str, wrong: np.ndarray, ids: list[str]) -> str:
    rows = [name for name, bad in zip(ids, wrong, strict=False) if bad]
    if not rows or len(rows) == len(ids):
        return f"Seen again from the last good state: {what}, in the batch of {', '.join(ids[:NAMED])}, ..."
    return f"Seen again from the last good state: {what}, for {some(rows, NAMED)}"
