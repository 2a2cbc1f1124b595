"""Stages of a training: some epochs each, with one setting of `train` and some of the layers learning."""

from dataclasses import dataclass

import keras

from kerasapp.frame import Train
from kerasapp.recipe import Recipe


@dataclass(frozen=True)
class Stage:
    """Some epochs with one setting of `train`, and the names of the layers that learn (`all`, or patterns)."""

    train: Train
    epochs: int
    trainable: tuple[str, ...] | None = None
    keep_optimizer: bool = False


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


def leaves(model: keras.layers.Layer) -> list[keras.layers.Layer]:
    """Every layer that is no model, once, in the order of the model, and one of several parts before them; Keras's own
    walk turns that of a model within.
    """
    found: dict[int, keras.layers.Layer] = {}
    for layer in model._flatten_layers(include_self=False, recursive=False):
        own = [] if isinstance(layer, keras.Model) else [layer]
        found |= {id(one): one for one in (*own, *leaves(layer)) if id(one) not in found}
    return list(found.values())


def frozen(model: keras.Model) -> set[str]:
    """The names of the layers with weights that a freshly built model does not train."""
    return {layer.name for layer in leaves(model) if layer.weights and not layer.trainable}
