"""Residual blocks: what a branch adds to what came in (He et al., 2015, arXiv:1512.03385, figure 5; 2016,
arXiv:1603.05027).
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import keras
from keras import layers, ops

from kerasapp.layers._block import Block
from kerasapp.layers._parts import drop_branch, norm_activation
from kerasapp.layers.conv_norm_activation import conv_norm_activation
from kerasapp.types import Fraction, Initializer, PositiveInt, Regularizer

EXPANSION = 4  # of a bottleneck, table 1


@keras.saving.register_keras_serializable("kerasapp")
class Residual(Block):
    """(batch, h, w, c) -> (batch, h / strides, w / strides, filters), four times as many of a bottleneck.

    kind: two convolutions of 3x3, or one between two of 1x1. version: 1: normalised and activated after each
    convolution and after the sum; 2: before each, and the sum stays as it is. shortcut: to another number of channels
    by a 1x1 convolution, or by channels of zeros; where the map alone gets smaller, every second pixel.
    stochastic_depth: how often the branch is left out in training (Huang et al., 2016, arXiv:1603.09382).
    """

    def __init__(
        self,
        filters: PositiveInt,
        kind: Literal["basic", "bottleneck"] = "basic",
        strides: PositiveInt = 1,
        version: Literal[1, 2] = 1,
        shortcut: Literal["projection", "padding"] = "projection",
        stochastic_depth: Fraction = 0.0,
        kernel_initializer: Initializer | None = None,
        kernel_regularizer: Regularizer | None = None,
        **keywords: Any,
    ):
        given = {"filters": filters, "kind": kind, "strides": strides, "version": version, "shortcut": shortcut,
                 "stochastic_depth": stochastic_depth, "kernel_initializer": kernel_initializer,
                 "kernel_regularizer": kernel_regularizer}  # fmt: skip
        super().__init__(given, **keywords)

    def graph(self, x: keras.KerasTensor) -> keras.KerasTensor:
        given = dict(self.arguments)
        shared = {key: given.pop(key) for key in ("kernel_initializer", "kernel_regularizer")}
        convolution = partial(conv_norm_activation, padding="centred", **shared)
        filters, rate = given.pop("filters"), given.pop("stochastic_depth")
        return residual(x, filters, convolution=convolution, name=self.name, activated=None, rate=rate, **given)


def residual(
    x: keras.KerasTensor,
    width: int,
    *,
    convolution: Callable,
    kind: str,
    version: int,
    shortcut: str,
    strides: int,
    name: str,
    activated: str | None,
    rate: float,
) -> keras.KerasTensor:
    """(batch, h, w, c) -> (batch, h / strides, w / strides, filters): the branch added to what came in. `activated`
    is what the activation is called that ends the block, in version 2 that begins it, where it is not the block's own.
    """
    y = x
    if version == 2:
        y = norm_activation(x, f"{name}_conv_0", None)
        y = layers.Activation("relu", name=activated or f"{name}_activation_0")(y)
    branch = (_bottleneck if kind == "bottleneck" else _basic)(y, convolution, width, strides, name, version)
    missing = branch.shape[-1] - x.shape[-1]
    if missing and shortcut == "projection":
        x = convolution(y, branch.shape[-1], 1, strides=strides, activation=None, batch_norm=version == 1,
                        name=f"{name}_shortcut")  # fmt: skip
    else:
        x = _padded(x, missing, strides, f"{name}_shortcut")
    branch = drop_branch(branch, rate, f"{name}_drop")
    if version == 2:
        return layers.Add(name=name)([x, branch])
    x = layers.Add(name=f"{name}_add")([x, branch])
    return layers.Activation("relu", name=activated or name)(x)


def _basic(
    x: keras.KerasTensor, convolution: Callable, filters: int, strides: int, name: str, version: int
) -> keras.KerasTensor:
    """Figure 5, left: (batch, h, w, c) -> (batch, h / strides, w / strides, filters)."""
    x = convolution(x, filters, 3, strides=strides, name=f"{name}_conv_1")
    return convolution(x, filters, 3, activation=None, batch_norm=version == 1, name=f"{name}_conv_2")


def _bottleneck(
    x: keras.KerasTensor, convolution: Callable, filters: int, strides: int, name: str, version: int
) -> keras.KerasTensor:
    """Figure 5, right: (batch, h, w, c) -> (batch, h / strides, w / strides, 4 filters)."""
    x = convolution(x, filters, 1, strides=strides if version == 1 else 1, name=f"{name}_conv_1")
    x = convolution(x, filters, 3, strides=strides if version == 2 else 1, name=f"{name}_conv_2")
    return convolution(x, EXPANSION * filters, 1, activation=None, batch_norm=version == 1, name=f"{name}_conv_3")


def _padded(x: keras.KerasTensor, missing: int, strides: int, name: str) -> keras.KerasTensor:
    """Every second pixel, and as many channels of zeros as are missing. Raises ValueError."""
    if missing < 0:
        raise ValueError(f"{x.shape[-1]} channels can't become fewer by zeros: shortcut projection, or more filters")
    if strides > 1:
        x = layers.MaxPooling2D(1, strides, name=name)(x)  # a window of one pixel: every second one, as it is
    return ops.pad(x, [[0, 0], [0, 0], [0, 0], [0, missing]]) if missing else x
