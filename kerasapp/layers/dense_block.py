"""Dense blocks: each convolution sees all that those before it made (Huang et al., 2016, arXiv:1608.06993)."""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
from keras import layers

from kerasapp.layers._block import Block
from kerasapp.layers._parts import norm_activation
from kerasapp.layers.conv_norm_activation import conv_norm_activation
from kerasapp.types import Initializer, PositiveInt, Regularizer

BOTTLENECK = 4  # times the growth, section 3


@keras.saving.register_keras_serializable("kerasapp")
class DenseBlock(Block):
    """(batch, h, w, c) -> (batch, h, w, c + depth * growth_rate), gathered and not activated.

    Each of `depth` steps is normalisation, ReLU, 1x1, normalisation, ReLU, 3x3. In the paper normalisation and ReLU
    come behind a block, before what halves the map.
    """

    def __init__(
        self,
        depth: PositiveInt = 6,
        growth_rate: PositiveInt = 32,
        kernel_initializer: Initializer | None = None,
        kernel_regularizer: Regularizer | None = None,
        **keywords: Any,
    ):
        given = {"depth": depth, "growth_rate": growth_rate, "kernel_initializer": kernel_initializer,
                 "kernel_regularizer": kernel_regularizer}  # fmt: skip
        super().__init__(given, **keywords)

    def graph(self, x: keras.KerasTensor) -> keras.KerasTensor:
        given = dict(self.arguments)
        depth, growth = given.pop("depth"), given.pop("growth_rate")
        convolution = partial(conv_norm_activation, padding="centred", **given)
        for number in range(1, depth + 1):
            x = dense(x, convolution, growth, f"{self.name}_block_{number}")
        return x


def dense(x: keras.KerasTensor, convolution: Callable, growth: int, name: str) -> keras.KerasTensor:
    """(batch, h, w, c) -> (batch, h, w, c + growth): what came in, beside what was made of it (equation 2)."""
    y = norm_activation(x, f"{name}_conv_0")
    y = convolution(y, BOTTLENECK * growth, 1, name=f"{name}_conv_1")
    y = convolution(y, growth, 3, batch_norm=False, activation=None, use_bias=False, name=f"{name}_conv_2")
    return layers.Concatenate(name=name)([x, y])
