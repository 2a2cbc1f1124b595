"""`fit`, stage after stage, from the beginning or from where the saved state is."""

import fnmatch
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import keras

from kerasapp import pipeline
from kerasapp.callbacks._state import Position, read_state
from kerasapp.callbacks.finite import NonFinite
from kerasapp.callbacks.stop import StopOnSignal
from kerasapp.errors import RunError
from kerasapp.run import Run
from kerasapp.tasks._base import Task
from kerasapp.training._batches import StageData
from kerasapp.training._callbacks import STATE, Callbacks
from kerasapp.training._compile import compile_model, make_optimizer, make_rate
from kerasapp.training._replay import explained
from kerasapp.training._stages import Stage, leaves, stages_of
from kerasapp.types import Split

log = logging.getLogger("kerasapp")


def fit(
    run: Run,
    model: keras.Model,
    task: Task,
    splits: dict[str, Split],
    *,
    stop: StopOnSignal,
    eager: bool = False,
    saved: Callable[[], None] = lambda: None,
) -> list[dict]:
    """Trains through every stage; gives the rows of history.csv. The best model over all stages is in the run.

    Goes on from the run's saved state, where there is one, as if it had never been left. `saved` is called after each
    save of it.
    """
    recipe = run.recipe
    kept = read_state(run.path / STATE)
    if recipe.train.init_from and kept is None:
        warm_start(model, recipe.train.init_from)
    readers = {name: _cached(run, task, splits[name], name) for name in ("train", "validation") if name in splits}
    place = kept.position if kept else Position()
    with Callbacks(run, model, task, splits, readers, stop=stop, saved=saved) as watching:
        for number, stage in enumerate(stages_of(recipe)):
            data = StageData(task, splits, readers, recipe.seed, stage.train.batch_size)
            optimizer = optimizer_of(stage, model, data.steps)
            compile_model(model, task, stage.train, optimizer=optimizer, steps_per_epoch=data.steps, eager=eager)
            if number < place.stage:
                continue
            if place.step:  # the running metrics, whose values were saved, are made with the first batch
                model._symbolic_build(data_batch=data.one())
            callbacks = watching.begin(stage.train, place, kept)
            until = min(place.began + stage.epochs, watching.last)
            weights = task.class_weight(stage.train.class_weight)
            try:
                fit_stage(model, data, place, until, class_weight=weights, callbacks=callbacks)
            except NonFinite as found:
                raise explained(found, model, data, read_state(run.path / STATE), weights) from None
            stop.check()
            done, kept = len(watching.history.rows()), None
            last, place = replace(place, epoch=done, step=0), Position(number + 1, done, done)
            if done >= watching.last:
                break
        watching.finish(last)
    return watching.history.rows()


def fit_stage(
    model: keras.Model, data: StageData, place: Position, until: int, *, callbacks: list, class_weight: dict | None
) -> None:
    """Keras's `fit` up to the end of epoch `until`, what is left of an epoch that was begun by itself before."""
    at_once = 1 if model.run_eagerly else model.steps_per_execution

    def epochs(first: Position, end: int) -> None:
        batches, more = data.of_fit(first.epoch, first.step, at_once)
        model.fit(
            **batches,
            **data.of_validation(at_once),
            initial_epoch=first.epoch,
            epochs=end,
            class_weight=class_weight,
            callbacks=[*more, *callbacks],
            shuffle=False,  # the order is the pipeline's
            verbose=0,
        )

    stopped = any(getattr(callback, "stopped", False) for callback in callbacks)
    if place.step:
        with averaging_put_off(model.optimizer):
            epochs(place, place.epoch + 1)
        place, stopped = replace(place, epoch=place.epoch + 1, step=0), model.stop_training
    epochs(place, place.epoch if stopped else until)


@contextmanager
def averaging_put_off(optimizer: Any) -> Iterator[None]:
    """`fit` ends by putting an optimizer's moving averages (`use_ema`) in place of the weights: not in here."""
    optimizer.finalize_variable_values = lambda variables: None
    try:
        yield
    finally:
        del optimizer.finalize_variable_values


def optimizer_of(stage: Stage, model: keras.Model, steps: int) -> keras.optimizers.Optimizer:
    """A new optimizer, or the one before with the stage's learning rate; freezes what the stage does not train.

    It is built on every weight that some stage may train, so that one that is kept knows them all.
    """
    if stage.keep_optimizer:
        optimizer = model.optimizer
        optimizer.learning_rate = make_rate(stage.train, steps, stage.epochs)
    else:
        optimizer = make_optimizer(stage.train, steps, stage.epochs)
        if stage.train.mixed_precision:  # Keras would do so too, but build it later, on fewer weights
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        apply_trainable(model, replace(stage, trainable=None))
        optimizer.build(model.trainable_variables)
    apply_trainable(model, stage)
    return optimizer


def apply_trainable(model: keras.Model, stage: Stage) -> None:
    """Layers whose name fits a pattern learn, all others are frozen."""
    patterns = ("*",) if stage.trainable is None else stage.trainable
    model.trainable = True
    for layer in leaves(model):  # each by itself: a model's own flag does not reach all of them again
        layer.trainable = any(fnmatch.fnmatch(layer.name, pattern) for pattern in patterns)


def warm_start(model: keras.Model, word: str) -> None:
    """Takes the weights of another run, layer by layer, where name and shapes agree; says what did not."""
    source = Run.open(word).model()  # an absolute path: `prepare` has resolved it
    theirs = {layer.name: layer for layer in source._flatten_layers(include_self=False)}
    taken, left = 0, []
    for layer in model._flatten_layers(include_self=False):
        if not layer.weights or isinstance(layer, keras.Model):
            continue
        other = theirs.get(layer.name)
        if other is not None and [w.shape for w in other.weights] == [w.shape for w in layer.weights]:
            layer.set_weights(other.get_weights())
            taken += 1
        else:
            left.append(layer.name)
    if not taken:
        raise RunError(
            word, "has no layer in common with this model: train.init_from takes a run of the same architecture"
        )
    log.info("%d layers start from %s%s", taken, word, f"; new: {', '.join(left)}" if left else "")


def _cached(run: Run, task: Task, split: Split, name: str) -> pipeline.Reader:
    data = run.recipe.data
    folder = run.path / "cache" / name
    return pipeline.cached_reader(task, split, cache=data["cache"], limit=data["cache_limit"], folder=folder)
