"""`fit`, stage after stage, with what watches it."""

import fnmatch
import logging
from dataclasses import dataclass

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
from kerasapp.training._compile import compile_model
from kerasapp.training._prepare import fault
from kerasapp.types import Split

log = logging.getLogger("kerasapp")


@dataclass(frozen=True)
class Stage:
    """Some epochs with one setting of `train`, and the names of the layers that learn (`all`, or patterns)."""

    train: Train
    epochs: int
    trainable: tuple[str, ...] | None = None
    keep_optimizer: bool = False


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
    check_monitor(recipe, splits)
    if train.init_from:
        warm_start(model, train.init_from)
    readers = {name: _cached(run, task, splits[name], name) for name in ("train", "validation") if name in splits}
    history, place = HistoryFile(run.path / "history.csv"), EpochOfData()
    best = Best(run.path / "model.keras", train.monitor.metric, train.monitor.direction)
    last = min(train.epochs, train.stop_after or train.epochs)
    shown = board(run, model, task, splits, readers, epochs=last)
    progress = Progress(train.epochs, None, monitor=best.metric, mode=best.mode, stop_after=last)
    done, finished = 0, False
    try:
        for stage in stages_of(recipe):
            data, validation = stage_data(recipe, task, splits, readers, stage, place)
            apply_trainable(recipe, model, stage)
            steps = pipeline.steps_of(splits["train"], stage.train.batch_size)
            compile_model(model, task, stage.train, steps_per_epoch=steps, epochs=stage.epochs, eager=eager,
                          keep_optimizer=stage.keep_optimizer)  # fmt: skip
            model.fit(
                data,
                initial_epoch=done,
                epochs=min(done + stage.epochs, last),
                validation_data=validation,
                class_weight=task.class_weight(stage.train.class_weight),
                callbacks=[place, StopOnNonFinite(), *reactions(stage.train), best, history, shown, progress, stop],
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


def stages_of(recipe: Recipe) -> list[Stage]:
    """The recipe's stages; without any, the whole training is one."""
    if not recipe.train.stages:
        return [Stage(recipe.train, recipe.train.epochs)]
    own = ("epochs", "trainable", "keep_optimizer")
    made = []
    for stage in recipe.train.stages:
        changes = {f"train.{key}": value for key, value in stage.items() if key not in own}
        trainable = None if stage["trainable"] == "all" else tuple(stage["trainable"])
        made.append(Stage(recipe.replaced(changes).train, stage["epochs"], trainable, stage["keep_optimizer"]))
    return made


def apply_trainable(recipe: Recipe, model: keras.Model, stage: Stage) -> None:
    """Layers whose name fits a pattern learn, all others are frozen. Raises RecipeError where none fits."""
    layers = [layer for layer in model._flatten_layers(include_self=False) if not isinstance(layer, keras.Model)]
    if stage.trainable is None:
        model.trainable = True
        return
    names = [layer.name for layer in layers]
    for pattern in stage.trainable:
        if not fnmatch.filter(names, pattern):
            raise fault(recipe, "train.stages", f'no layer fits "{pattern}". There are {", ".join(names)}')
    model.trainable = True
    for layer in layers:
        layer.trainable = any(fnmatch.fnmatch(layer.name, pattern) for pattern in stage.trainable)


def reactions(train: Train) -> list[keras.callbacks.Callback]:
    """Plateau and early stopping, where the recipe has them."""
    made: list[keras.callbacks.Callback] = []
    metric, mode = train.monitor.metric, train.monitor.direction
    if train.reduce_on_plateau:
        made.append(Plateau(metric, mode, **vars(train.reduce_on_plateau)))
    if train.early_stopping:
        made.append(Stopping(metric, mode, **vars(train.early_stopping)))
    return made


def check_monitor(recipe: Recipe, splits: dict[str, Split]) -> None:
    """A `val_` metric needs a validation split. Raises RecipeError."""
    metric = recipe.train.monitor.metric
    if metric.startswith("val_") and "validation" not in splits:
        told = f"monitor {metric} needs a validation split and the data has none: set data.split.validation, or monitor"
        raise fault(recipe, "train.monitor", f"{told} {metric.removeprefix('val_')}")


def warm_start(model: keras.Model, word: str) -> None:
    """Takes the weights of another run, layer by layer, where name and shapes agree; says what did not."""
    source = Run.open(word).model()
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
