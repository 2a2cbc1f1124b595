"""Squeeze and excitation: channels weighed by what all of them hold (Hu et al., 2017, arXiv:1709.01507)."""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from kerasapp.layers._block import Block
from kerasapp.layers.conv_norm_activation import conv_norm_activation
from kerasapp.types import Activation, PositiveInt


@keras.saving.register_keras_serializable("kerasapp")
class SqueezeExcitation(Block):
    """(batch, h, w, c) -> the same, each channel times its gate, from c / ratio units (section 3)."""

    def __init__(
        self, ratio: PositiveInt = 16, activation: Activation = "relu", gate: Activation = "sigmoid", **keywords: Any
    ):
        super().__init__({"ratio": ratio, "activation": activation, "gate": gate}, **keywords)

    def graph(self, x: keras.KerasTensor) -> keras.KerasTensor:
        given = dict(self.arguments)
        squeezed = max(1, x.shape[-1] // given.pop("ratio"))
        return squeeze_excitation(x, squeezed, conv_norm_activation, name=self.name, **given)


def squeeze_excitation(
    x: keras.KerasTensor,
    squeezed: int,
    convolution: Callable,
    *,
    name: str,
    activation: str = "relu",
    gate: str = "sigmoid",
) -> keras.KerasTensor:
    """Each channel of (batch, h, w, c) times a gate in [0, 1], from the means of all channels through `squeezed` units
    (Hu et al., 2017, arXiv:1709.01507).
    """
    y = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_squeeze")(x)  # (batch, 1, 1, c)
    y = convolution(y, squeezed, 1, activation=activation, batch_norm=False, name=f"{name}_squeeze_conv_1")
    y = convolution(y, x.shape[-1], 1, activation=gate, batch_norm=False, name=f"{name}_squeeze_conv_2")
    return layers.Multiply(name=f"{name}_excite")([x, y])
