"""The optimizer of a stage, and which layers it trains."""

import fnmatch
from collections.abc import Collection
from dataclasses import replace

import keras

from kerasapp.callbacks._shared import inner
from kerasapp.training._compile import Later, make_optimizer, make_rate
from kerasapp.training._depth import slow_by_depth
from kerasapp.training._stages import Stage, leaves


def optimizer_of(
    stage: Stage, model: keras.Model, steps: int, taken: int, fixed: Collection[str] = ()
) -> keras.optimizers.Optimizer:
    """A new optimizer, or the one before with the stage's learning rate; freezes what the stage does not train, and the
    layers named in `fixed`, which the model itself keeps frozen.

    It is built on every weight that some stage may train, so that one that is kept knows them all. Such a one has taken
    `taken` steps when the stage begins; a schedule counts from there.
    """
    if stage.keep_optimizer:
        optimizer = model.optimizer
        rate = make_rate(stage.train, steps, stage.epochs)
        optimizer.learning_rate = Later(rate, taken) if callable(rate) else rate
    else:
        optimizer = make_optimizer(stage.train, steps, stage.epochs)
        apply_trainable(model, replace(stage, trainable=None), fixed)
        optimizer.build(model.trainable_variables)
    slow_by_depth(optimizer, model, stage.train.layer_decay)
    apply_trainable(model, stage, fixed)
    return optimizer


def optimizers_of(stage: Stage, steps: int, taken: int) -> dict[str, keras.optimizers.Optimizer]:
    """Those that a stage names for a model that has several; of one that is kept it is the learning rate that counts,
    and a schedule from `taken` steps on.
    """
    named = stage.train.optimizers or {}
    made = {
        name: make_optimizer(replace(stage.train, optimizer=spec), steps, stage.epochs) for name, spec in named.items()
    }
    for one in made.values() if stage.keep_optimizer else ():
        if callable(one._learning_rate):
            one.learning_rate = Later(one._learning_rate, taken)
    return made


def apply_trainable(model: keras.Model, stage: Stage, fixed: Collection[str]) -> None:
    """Layers whose name fits a pattern learn, with all that they are made of, but for those in `fixed`; all others are
    frozen.
    """
    patterns = ("*",) if stage.trainable is None else stage.trainable
    model.trainable = True
    parts: set[int] = set()
    for layer in leaves(model):  # each by itself: a model's own flag does not reach all of them again
        fits = id(layer) in parts or any(fnmatch.fnmatch(layer.name, pattern) for pattern in patterns)
        layer.trainable = fits and layer.name not in fixed
        parts |= {id(part) for part in leaves(layer)} if layer.trainable else set()


def steps_taken(model: keras.Model) -> int:
    """By the model's optimizer; 0 where it has none."""
    optimizer = getattr(model, "optimizer", None)
    return 0 if optimizer is None else int(inner(optimizer).iterations)
