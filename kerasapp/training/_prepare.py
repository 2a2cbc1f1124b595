"""Before the first step: data read, task adapted, model built, and the three of them known to fit together."""

import fnmatch
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from kerasapp import components, data, pipeline
from kerasapp.blame import told_at_its_name
from kerasapp.errors import DataError, KerasappError, first_line
from kerasapp.names import counted, lacking
from kerasapp.recipe import Recipe
from kerasapp.tasks._base import Task
from kerasapp.training._base_weights import take_weights
from kerasapp.training._compile import make_optimizer
from kerasapp.training._embedding import Matched, matched
from kerasapp.training._fault import fault, steps_told
from kerasapp.training._generated import distances_of
from kerasapp.training._stages import frozen, leaves, stages_of
from kerasapp.types import Split

SCOPE = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.>-]*")  # tensorflow/python/framework/ops.py, without slashes


@dataclass(frozen=True)
class Prepared:
    """What training begins with: the recipe with what the task decided, the adapted task, the data, the model.

    `cut` are the splits as training goes through them (`Task.cut`); `embedding` are the vectors that the model's
    embedding starts from, where it does.
    """

    recipe: Recipe
    task: Task
    splits: dict[str, Split]
    cut: dict[str, Split]
    model: keras.Model
    embedding: Matched | None = None

    @property
    def examples(self) -> int | None:
        """That are learned from, where an example of train is one."""
        return len(self.splits["train"]) if self.cut["train"] is self.splits["train"] else None


def prepare(
    recipe: Recipe, cache: Path | None = None, started: bool = False, *, read: Callable | None = None
) -> Prepared:
    """Reads the data, adapts the task, builds the model, and makes sure that they meet.

    Nothing is written, but in the folder `cache`, where there is one, what a task keeps for the next time. A training
    that has `started` gives the model its weights itself, and needs no word vectors any more. `read` gives data and
    task where `adapted` is not to be called. Raises RecipeError, also for what the user's own code raises; DataError.
    """
    with told_at_its_name(recipe), steps_told(recipe):
        return _prepared(recipe, cache, started, read or adapted)


def _prepared(recipe: Recipe, cache: Path | None, started: bool, read: Callable) -> Prepared:
    task, splits = read(recipe, cache)
    recipe = with_resolved(recipe, task)
    for path, look in (("loss", lambda: task.loss(recipe.train.loss, recipe.train.label_smoothing)),
                       ("class_weight", lambda: task.class_weight(recipe.train.class_weight))):  # fmt: skip
        try:
            look()
        except KerasappError as error:
            raise fault(recipe, f"train.{path}", str(error)) from error
    embedding = None if started else matched(recipe, task)
    model = build(recipe, task, embedding)
    if not started:
        take_weights(recipe, model)
    check_names(recipe, model)
    check_monitor(recipe, splits, task.measured(model, splits))
    asked = components.signature("models", recipe.model["name"], folder=recipe.folder).names
    cut = splits | {name: task.cut(splits[name], asked) for name in ("train", "validation") if name in splits}
    check_built(recipe, task, model, cut)
    check_optimizer(recipe, model)
    check_filled(recipe, task, cut["train"])
    check_features(recipe, task, cut)
    check_saved(recipe, model)
    check_stages(recipe, model)
    return Prepared(recipe, task, splits, cut, model, embedding)


def adapted(recipe: Recipe, cache: Path | None = None) -> tuple[Task, dict[str, Split]]:
    """The data and the task that has learned from its training split. Raises DataError, StepError."""
    made = components.create("tasks", recipe.task, folder=recipe.folder)
    if not isinstance(made, Task):
        raise fault(recipe, "task.name", f"{recipe.task['name']} is no subclass of kerasapp.tasks._base.Task")
    splits = data.load(recipe.data, recipe.seed, type(made).SPLIT, folder=recipe.folder)
    if not len(splits["train"]):
        raise DataError(recipe.file, "the data has no training examples")
    task = (made.caching_in(cache) if cache else made).adapt(splits["train"])
    for name, split in splits.items():
        if name != "train":
            task.check(split, name)
        if name == "validation" and "label" in splits["train"].features and "label" not in split.features:
            raise DataError(recipe.file, "the validation split has no labels: label it, or leave it out")
    return task, splits


def with_resolved(recipe: Recipe, task: Task) -> Recipe:
    """What the task chose by looking at the data is written into the resolved recipe."""
    chosen = {f"task.{key}": value for key, value in task.resolved().items() if recipe.task.get(key) is None}
    return recipe.replaced(chosen) if chosen else recipe


def build(recipe: Recipe, task: Task, embedding: Matched | None) -> keras.Model:
    """The recipe's model. What only shows with shapes is an error of the recipe, at `model`. Raises RecipeError."""
    keras.config.set_dtype_policy("mixed_float16" if recipe.train.mixed_precision else "float32")
    spec = recipe.model if embedding is None else recipe.model | {embedding.name: embedding.value}
    facts = task.facts()
    try:
        made = components.create("models", spec, folder=recipe.folder, **facts)
    except KerasappError as error:
        where, _, told = str(error).partition(": ")
        if type(error) is KerasappError and where.startswith("model."):
            raise fault(recipe, where, told) from error
        raise
    except (ValueError, TypeError, IndexError) as error:
        shape = facts.get("image_shape", ())
        made_of = f" of the {shape[0]} numbers that preprocessing makes of a picture" if len(shape) == 1 else ""
        raise fault(recipe, "model", f"{recipe.model['name']} can't be built{made_of}: {first_line(error)}") from error
    if not isinstance(made, keras.Model):
        told = f"{recipe.model['name']} gives {type(made).__name__}, and a model is a keras.Model"
        raise fault(recipe, "model.name", told)
    return made


def check_names(recipe: Recipe, model: keras.Model) -> None:
    """A layer's name becomes part of TensorFlow's: one that can't would stop training, or the export after hours of it.

    Keras itself makes one of an unnamed layer's class: `_Block` gives `__block`. Raises RecipeError.
    """
    for layer in model._flatten_layers():
        if not (isinstance(layer, keras.layers.InputLayer) or SCOPE.fullmatch(layer.name)):
            way_out = "Give it a name of letters, digits and _ . - that begins with a letter or digit"
            raise fault(recipe, "model", f'TensorFlow takes no layer of the name "{layer.name}". {way_out}')


def check_built(recipe: Recipe, task: Task, model: keras.Model, splits: dict[str, Split]) -> None:
    """Runs one example through, so that task and model meet before the first step. Raises RecipeError."""
    example = pipeline.reader(task, splits["train"])(tf.constant([0], tf.int64))
    inputs, target, *_ = (*task.elements(example), None)
    check_augmented(recipe, task.elements(example, tf.zeros([1, 2], tf.int32))[0], inputs)
    try:
        made = model(inputs, training=False)
    except (ValueError, KeyError, tf.errors.InvalidArgumentError) as error:
        shapes = tf.nest.map_structure(lambda tensor: tuple(tensor.shape[1:]), inputs)
        raise fault(
            recipe, "model", f"the model does not take what the task gives ({shapes}): {first_line(error)}"
        ) from error
    if isinstance(made, tf.Tensor) and isinstance(target, tf.Tensor) and made.shape[1:] != target.shape[1:]:
        told = f"the model gives {tuple(made.shape[1:])} where the task has targets of {tuple(target.shape[1:])}"
        raise fault(recipe, "model", f"{told}: its last layer must have {target.shape[-1]} units")


def check_augmented(recipe: Recipe, augmented: Any, inputs: Any) -> None:
    """Raises RecipeError where augmentation makes something of another shape or type of an example's `inputs`."""
    told, wanted = (
        [f"{tuple(tensor.shape[1:])} {tensor.dtype.name}" for tensor in tf.nest.flatten(given)]
        for given in (augmented, inputs)
    )
    if told != wanted:
        message = f"augmentation makes {', '.join(told)} of {', '.join(wanted)}: a step keeps shape and type"
        raise fault(recipe, "task.augmentation", message)


def check_optimizer(recipe: Recipe, model: keras.Model) -> None:
    """Raises RecipeError where a model that has its own updates can't take the recipe's optimizer, or has none of the
    name that one is given by, or takes no rates by depth, or has several, whose rates a plateau can't lower together.
    """
    there = getattr(model, "OPTIMIZERS", ())
    if there and any(stage.train.reduce_on_plateau for stage in stages_of(recipe)):
        told = f"{recipe.model['name']} has several optimizers, and this lowers the rate of one. Leave it out"
        raise fault(recipe, "train.reduce_on_plateau", f"{told}, or give both a schedule that falls")
    for name in [name for stage in stages_of(recipe) for name in stage.train.optimizers or () if name not in there]:
        told = lacking("optimizer", name, there) if there else f"{recipe.model['name']} has one optimizer: leave it out"
        raise fault(recipe, "train.optimizers", told)
    check = getattr(model, "check_optimizer", None)
    for stage in stages_of(recipe) if check else ():
        if stage.train.layer_decay != 1:
            told = f"{recipe.model['name']} has an update of its own, at one rate for all layers. Leave it out"
            raise fault(recipe, "train.layer_decay", told)
        try:
            check(make_optimizer(stage.train, 1, 1))
        except KerasappError as error:
            where, _, told = str(error).partition(": ")
            raise fault(recipe, where, told) from error


def check_filled(recipe: Recipe, task: Task, train: Split) -> None:
    """Raises RecipeError where train has fewer examples than a batch that is judged as a whole."""
    for stage in stages_of(recipe) if task.WHOLE_BATCHES else ():
        if len(train) < stage.train.batch_size:
            told = f"{counted(len(train), 'training example')}, fewer than a batch of {stage.train.batch_size}"
            raise fault(recipe, "train.batch_size", f"{told}. Lower it, or take more")


def check_saved(recipe: Recipe, model: keras.Model) -> None:
    """A model that Keras can't write down would be lost after its first epoch. Raises RecipeError."""
    try:
        keras.saving.serialize_keras_object(model)
    except (NotImplementedError, TypeError, ValueError) as error:
        way_out = "Give its class a get_config that returns what __init__ takes"
        raise fault(recipe, "model", f"Keras can't save the model: {first_line(error)}. {way_out}") from error


def check_features(recipe: Recipe, task: Task, splits: dict[str, Split]) -> None:
    """What a task's `features` name must be at hand before training begins. Raises RecipeError."""
    try:
        if getattr(task, "features", None):
            distances_of(task, splits)
    except KerasappError as error:
        raise fault(recipe, "task.features", str(error)) from error


def check_monitor(recipe: Recipe, splits: dict[str, Split], there: Collection[str] | None) -> None:
    """A `val_` metric needs a validation split, and where it is known what there is to monitor (`there`) it must be of
    that. Raises RecipeError.
    """
    metric = recipe.train.monitor.metric
    if metric in (there or ()):
        return
    if metric.startswith("val_") and "validation" not in splits:
        told = f"monitor {metric} needs a validation split and the data has none: set data.split.validation, or monitor"
        raise fault(recipe, "train.monitor", f"{told} {metric.removeprefix('val_')}")
    if there is not None:
        raise fault(recipe, "train.monitor", lacking("metric", metric, sorted(there)))


def check_stages(recipe: Recipe, model: keras.Model) -> None:
    """Raises RecipeError where a stage names layers that are not there, or that the model itself keeps frozen."""
    names, fixed = [layer.name for layer in leaves(model)], frozen(model)
    for stage in recipe.train.stages or ():
        for pattern in () if stage["trainable"] == "all" else stage["trainable"]:
            found = fnmatch.filter(names, pattern)
            if not found:
                raise fault(recipe, "train.stages", f'no layer fits "{pattern}". There are {", ".join(names)}')
            if fixed.issuperset(found):
                way_out = "Let the model train it, and leave it out of the stages that are not to"
                raise fault(recipe, "train.stages", f'"{pattern}" is frozen by the model itself. {way_out}')
