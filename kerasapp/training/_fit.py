"""`fit`, stage after stage, with what watches it."""

import fnmatch
import logging
from dataclasses import replace

import keras
import tensorflow as tf

from kerasapp import pipeline
from kerasapp.callbacks.best import Best
from kerasapp.callbacks.finite import StopOnNonFinite
from kerasapp.callbacks.history import HistoryFile
from kerasapp.callbacks.plateau import Plateau
from kerasapp.callbacks.progress import Progress
from kerasapp.callbacks.stop import StopOnSignal
from kerasapp.callbacks.stopping import Stopping
from kerasapp.errors import RunError
from kerasapp.frame import Train
from kerasapp.recipe import Recipe
from kerasapp.run import Run
from kerasapp.tasks._base import Task
from kerasapp.training._board import board
from kerasapp.training._compile import compile_model, make_optimizer, make_rate
from kerasapp.training._measure import measuring
from kerasapp.training._stages import Stage, leaves, stages_of
from kerasapp.training._watch import watch
from kerasapp.types import Split

log = logging.getLogger("kerasapp")


class EpochOfData(keras.callbacks.Callback):
    """Tells the training data which epoch it is; the order and the augmentation follow from that."""

    def __init__(self):
        super().__init__()
        self.epoch = tf.Variable(0, dtype=tf.int64, trainable=False)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch.assign(epoch)


def fit(
    run: Run, model: keras.Model, task: Task, splits: dict[str, Split], *, stop: StopOnSignal, eager: bool = False
) -> list[dict]:
    """Trains through every stage; gives the rows of history.csv. The best model over all stages is in the run."""
    recipe, train = run.recipe, run.recipe.train
    if train.init_from:
        warm_start(model, train.init_from)
    readers = {name: _cached(run, task, splits[name], name) for name in ("train", "validation") if name in splits}
    history, place = HistoryFile(run.path / "history.csv"), EpochOfData()
    last = min(train.epochs, train.stop_after or train.epochs)
    measured, every = measuring(model, task, splits, readers, every=train.measure_every, last=last)
    best = Best(run.path / "model.keras", train.monitor.metric, train.monitor.direction, every)
    shown = board(run, model, task, splits, readers, epochs=last)
    progress = Progress(train.epochs, None, monitor=best.metric, mode=best.mode, stop_after=last)
    after = (best, history, shown, progress, watch(task, splits["train"], train), stop)
    done, finished = 0, False
    try:
        for stage in stages_of(recipe):
            data, validation = stage_data(recipe, task, splits, readers, stage, place)
            steps = pipeline.steps_of(splits["train"], stage.train.batch_size)
            optimizer = optimizer_of(stage, model, steps)
            compile_model(model, task, stage.train, optimizer=optimizer, steps_per_epoch=steps, eager=eager)
            model.fit(
                data,
                initial_epoch=done,
                epochs=min(done + stage.epochs, last),
                validation_data=validation,
                class_weight=task.class_weight(stage.train.class_weight),
                callbacks=[place, *measured, StopOnNonFinite(), *reactions(stage.train, every), *after],
                shuffle=False,  # the order is the pipeline's
                verbose=0,
            )
            done = len(history.rows())
            if done >= last:
                break
        finished = True
    finally:
        progress.close()
        best.close()
        shown.close(finished)
    return history.rows()


def stage_data(
    recipe: Recipe,
    task: Task,
    splits: dict[str, Split],
    readers: dict[str, pipeline.Reader],
    stage: Stage,
    place: EpochOfData,
) -> tuple[tf.data.Dataset, tf.data.Dataset | None]:
    """Training and validation batches of a stage."""
    size = stage.train.batch_size
    data = pipeline.training_batches(
        task, splits["train"], readers["train"], batch_size=size, seed=recipe.seed, epoch=place.epoch
    )
    if "validation" not in splits:
        return data, None
    return data, pipeline.batches(task, splits["validation"], readers["validation"], batch_size=size)


def optimizer_of(stage: Stage, model: keras.Model, steps: int) -> keras.optimizers.Optimizer:
    """A new optimizer, or the one before with the stage's learning rate; freezes what the stage does not train.

    It is built on every weight that some stage may train, so that one that is kept knows them all.
    """
    if stage.keep_optimizer:
        optimizer = model.optimizer
        optimizer.learning_rate = make_rate(stage.train, steps, stage.epochs)
    else:
        optimizer = make_optimizer(stage.train, steps, stage.epochs)
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


def reactions(train: Train, every: int) -> list[keras.callbacks.Callback]:
    """Plateau and early stopping, where the recipe has them; `every` so many epochs the monitor is there."""
    made: list[keras.callbacks.Callback] = []
    metric, mode = train.monitor.metric, train.monitor.direction
    if train.reduce_on_plateau:
        made.append(Plateau(metric, mode, **vars(train.reduce_on_plateau), every=every))
    if train.early_stopping:
        made.append(Stopping(metric, mode, **vars(train.early_stopping), every=every))
    return made


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
