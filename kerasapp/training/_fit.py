"""`fit`, stage after stage, from the beginning or from where the saved state is."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras

from kerasapp import pipeline
from kerasapp.callbacks._state import Position, State, assign, read_state, variables_of
from kerasapp.callbacks.finite import NonFinite
from kerasapp.callbacks.stop import StopOnSignal
from kerasapp.run import Run
from kerasapp.tasks._base import Task
from kerasapp.training._batches import StageData
from kerasapp.training._callbacks import STATE, Callbacks
from kerasapp.training._compile import compile_model
from kerasapp.training._features import on_features
from kerasapp.training._optimizer import optimizer_of, optimizers_of, steps_taken
from kerasapp.training._replay import explained
from kerasapp.training._stages import Stage, frozen, stages_of
from kerasapp.training._warm_start import warm_start
from kerasapp.types import Split


def fit(
    run: Run,
    model: keras.Model,
    task: Task,
    splits: dict[str, Split],
    *,
    stop: StopOnSignal,
    cache: Path | None = None,
    eager: bool = False,
    saved: Callable[[], None] = lambda: None,
    told: Mapping[str, Any] | None = None,
) -> list[dict]:
    """Trains through every stage; gives the rows of history.csv. The best model over all stages is in the run.

    Goes on from the run's saved state, where there is one, as if it had never been left. `saved` is called after each
    save of it. In the folder `cache` is kept what a frozen base makes of the data. `told` are more arguments of
    `Callbacks`.
    """
    recipe, state = run.recipe, run.path / STATE
    kept = read_state(state)
    if recipe.train.init_from and kept is None:
        warm_start(model, task, recipe.train.init_from)
    readers = {name: _cached(run, task, splits[name], name) for name in ("train", "validation") if name in splits}
    place, fixed = kept.position if kept else Position(), frozen(model)
    with Callbacks(run, model, task, splits, readers, stop=stop, saved=saved, **(told or {})) as callbacks:
        for number, stage in enumerate(stages_of(recipe)):
            data = StageData(task, splits, readers, recipe.seed, stage.train.batch_size)
            taken = place.taken if number == place.stage else 0
            optimizer = optimizer_of(stage, model, data.steps, taken, fixed)
            compile_model(
                model, task, stage.train, optimizer=optimizer, steps_per_epoch=data.steps, eager=eager,
                optimizers=optimizers_of(stage, data.steps, taken),
            )  # fmt: skip
            if number < place.stage:
                continue
            if kept and getattr(model, "fixed_features", False):  # which come of the weights that were saved
                assign(variables_of(model)["model"], kept.values["model"], state)
            learned, fed = on_features(model, task, splits, readers, seed=recipe.seed, cache=cache)
            data = replace(data, task=learned, readers=fed)
            try:
                fit_stage(model, data, stage, place, kept, callbacks)
            except NonFinite as found:
                weights = task.class_weight(stage.train.class_weight)
                raise explained(found, model, data, read_state(state), number, weights) from None
            stop.check()
            done, kept = len(callbacks.history.rows()), None
            last, place = replace(place, epoch=done, step=0), Position(number + 1, done, done, taken=steps_taken(model))
            if done >= callbacks.last or callbacks.ended:
                break
        callbacks.finish(last)
    return callbacks.history.rows()


def fit_stage(
    model: keras.Model, data: StageData, stage: Stage, place: Position, kept: State | None, callbacks: Callbacks
) -> None:
    """A stage from a place on: what is left of an epoch that was begun, by itself, and then the other epochs.

    With `kept` the model and the callbacks are first given what was saved there.
    """
    if place.step:  # the running metrics, whose values were saved, are made with the first batch
        model._symbolic_build(data_batch=data.one())
    called = callbacks.begin(stage.train, data, place, kept)
    until = min(place.began + stage.epochs, callbacks.last)
    stopped = any(getattr(callback, "stopped", False) for callback in called)
    weights = data.task.class_weight(stage.train.class_weight)
    if place.step:
        fit_epochs(model, data, place, place.epoch + 1, called, weights)
        place, stopped = replace(place, epoch=place.epoch + 1, step=0), model.stop_training
    fit_epochs(model, data, place, place.epoch if stopped else until, called, weights)


def fit_epochs(
    model: keras.Model, data: StageData, place: Position, until: int, callbacks: list, class_weight: dict | None
) -> None:
    """Keras's `fit` from a place to the end of epoch `until`."""
    at_once = 1 if model.run_eagerly else model.steps_per_execution
    with averaging_put_off(model.optimizer):
        model.fit(
            **data.of_fit(place.epoch, place.step, at_once),
            validation_data=data.of_validation(),
            initial_epoch=place.epoch,
            epochs=until,
            class_weight=class_weight,
            callbacks=callbacks,
            shuffle=False,  # the order is the pipeline's
            verbose=0,
        )


@contextmanager
def averaging_put_off(optimizer: Any) -> Iterator[None]:
    """`fit` ends by putting moving averages (`use_ema`) in place of the weights: not here, where training may go on.

    Keras would also take the averages of all weights for those that a stage trains. See callbacks/averages.py.
    """
    optimizer.finalize_variable_values = lambda variables: None
    try:
        yield
    finally:
        del optimizer.finalize_variable_values


def _cached(run: Run, task: Task, split: Split, name: str) -> pipeline.Reader:
    data = run.recipe.data
    folder = run.path / "cache" / name
    return pipeline.cached_reader(task, split, cache=data["cache"], limit=data["cache_limit"], folder=folder)
