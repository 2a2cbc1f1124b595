"""A square kernel taken apart into a wide and a tall one (Szegedy et al., 2015, arXiv:1512.00567, section 3.2)."""

from functools import partial
from typing import Any

import keras

from kerasapp.layers._block import Block
from kerasapp.layers._parts import tower
from kerasapp.layers.conv_norm_activation import conv_norm_activation
from kerasapp.types import Activation, Initializer, PositiveInt, Regularizer


@keras.saving.register_keras_serializable("kerasapp")
class SpatiallySeparable(Block):
    """(batch, h, w, c) -> (batch, h, w, filters): 1 x k, then k x 1, each normalised and activated.

    With as many channels within as come in it takes 2 k weights where a square takes k k.
    """

    def __init__(
        self,
        filters: PositiveInt,
        kernel_size: PositiveInt = 7,
        activation: Activation | None = "relu",
        kernel_initializer: Initializer | None = None,
        kernel_regularizer: Regularizer | None = None,
        **keywords: Any,
    ):
        given = {"filters": filters, "kernel_size": kernel_size, "activation": activation,
                 "kernel_initializer": kernel_initializer, "kernel_regularizer": kernel_regularizer}  # fmt: skip
        super().__init__(given, **keywords)

    def graph(self, x: keras.KerasTensor) -> keras.KerasTensor:
        given = dict(self.arguments)
        filters, side = given.pop("filters"), given.pop("kernel_size")
        steps = ((filters, (1, side)), (filters, (side, 1)))
        return tower(x, partial(conv_norm_activation, **given), steps, self.name)
