"""Inception: kernels of several sizes beside each other (Szegedy et al., 2014, arXiv:1409.4842, figure 2b)."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
from keras import layers

from kerasapp.layers._block import Block
from kerasapp.layers._parts import Steps, tower
from kerasapp.layers.conv_norm_activation import conv_norm_activation
from kerasapp.types import Activation, Initializer, PositiveInt, Regularizer


@keras.saving.register_keras_serializable("kerasapp")
class Inception(Block):
    """(batch, h, w, c) -> (batch, h, w, the four branches' kernels together).

    one: kernels of 1x1. three: of 1x1 and of the 3x3 behind them, such as [96, 128]. five: the same of 5x5. pooled:
    of 1x1 behind a 3x3 max-pool.
    """

    def __init__(
        self,
        one: PositiveInt,
        three: tuple[PositiveInt, PositiveInt],
        five: tuple[PositiveInt, PositiveInt],
        pooled: PositiveInt,
        activation: Activation = "relu",
        batch_norm: bool = True,
        kernel_initializer: Initializer | None = None,
        kernel_regularizer: Regularizer | None = None,
        **keywords: Any,
    ):
        given = {"one": one, "three": three, "five": five, "pooled": pooled, "activation": activation,
                 "batch_norm": batch_norm, "kernel_initializer": kernel_initializer,
                 "kernel_regularizer": kernel_regularizer}  # fmt: skip
        super().__init__(given, **keywords)

    def graph(self, x: keras.KerasTensor) -> keras.KerasTensor:
        given = dict(self.arguments)
        widths = tuple(given.pop(key) for key in ("one", "three", "five", "pooled"))
        return inception(x, partial(conv_norm_activation, **given), widths, self.name, self.name)


def inception(x: keras.KerasTensor, convolution: Callable, widths: tuple, within: str, name: str) -> keras.KerasTensor:
    """`widths` are `one`, `three`, `five` and `pooled`; the layer that puts the branches together is called `name`."""
    one, (before_3, three), (before_5, five), pooled = widths
    steps = (((one, 1),), ((before_3, 1), (three, 3)), ((before_5, 1), (five, 5)))
    return branched(x, convolution, steps, ("max", pooled), within, name)


def branched(
    x: keras.KerasTensor,
    convolution: Callable,
    branches: Sequence[Steps],
    pooled: tuple[str, int],
    within: str,
    name: str,
) -> keras.KerasTensor:
    """An inception block (Szegedy et al., 2014, arXiv:1409.4842, figure 2): branches beside each other, the last a 3x3
    pool ("max" or "average") and so many kernels of 1x1, put together as `name`.
    """
    parts = [tower(x, convolution, steps, f"{within}_branch_{index}") for index, steps in enumerate(branches, 1)]
    kind, filters = pooled
    pool = layers.MaxPooling2D if kind == "max" else layers.AveragePooling2D
    prefix = f"{within}_branch_{len(branches) + 1}"
    y = pool(3, 1, "same", name=f"{prefix}_pool")(x)
    return layers.Concatenate(name=name)([*parts, tower(y, convolution, ((filters, 1),), prefix)])
