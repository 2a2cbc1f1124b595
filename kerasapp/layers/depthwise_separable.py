"""A kernel for each channel, then one of 1x1 over them all (Sifre, 2014; Howard et al., 2017, arXiv:1704.04861)."""

from typing import Any

import keras
from keras import layers

from kerasapp.layers._block import Block
from kerasapp.layers._parts import EPSILON, initializer, made, norm_activation
from kerasapp.layers.conv_norm_activation import conv_norm_activation
from kerasapp.types import Activation, Initializer, PositiveInt, Regularizer, Spec


@keras.saving.register_keras_serializable("kerasapp")
class DepthwiseSeparable(Block):
    """(batch, h, w, c) -> (batch, h / strides, w / strides, filters), normalised and activated.

    between: normalisation and activation stand between the two kernels as well, as in MobileNet; else none do, as in
    Xception.
    """

    def __init__(
        self,
        filters: PositiveInt,
        kernel_size: PositiveInt = 3,
        strides: PositiveInt = 1,
        activation: Activation | None = "relu",
        between: bool = True,
        kernel_initializer: Initializer | None = None,
        kernel_regularizer: Regularizer | None = None,
        **keywords: Any,
    ):
        given = {"filters": filters, "kernel_size": kernel_size, "strides": strides, "activation": activation,
                 "between": between, "kernel_initializer": kernel_initializer,
                 "kernel_regularizer": kernel_regularizer}  # fmt: skip
        super().__init__(given, **keywords)

    def graph(self, x: keras.KerasTensor) -> keras.KerasTensor:
        given = dict(self.arguments)
        filters, between = given.pop("filters"), given.pop("between")
        if not between:
            return separable_norm(x, filters, name=f"{self.name}_conv", **given)
        size, strides = given.pop("kernel_size"), given.pop("strides")
        x = depthwise_norm_activation(x, size, strides=strides, name=f"{self.name}_depthwise", **given)
        return conv_norm_activation(x, filters, 1, name=f"{self.name}_pointwise", **given)


def depthwise_norm_activation(
    x: keras.KerasTensor,
    kernel_size: int,
    *,
    name: str,
    strides: int = 1,
    activation: str | None = "relu",
    epsilon: float = EPSILON,
    kernel_initializer: Spec | str | None = None,
    kernel_regularizer: Spec | str | None = None,
) -> keras.KerasTensor:
    """(batch, h, w, c) -> (batch, h / strides, w / strides, c): a kernel for each channel (Sifre, 2014), its
    normalisation and activation.
    """
    x = layers.DepthwiseConv2D(
        kernel_size,
        strides,
        "same",
        use_bias=False,
        depthwise_initializer=_depthwise_initializer(kernel_initializer),
        depthwise_regularizer=made(keras.regularizers, kernel_regularizer),
        name=name,
    )(x)
    return norm_activation(x, name, activation, epsilon=epsilon)


def separable_norm(
    x: keras.KerasTensor,
    filters: int,
    kernel_size: int,
    *,
    name: str,
    strides: int = 1,
    activation: str | None = None,
    epsilon: float = EPSILON,
    kernel_initializer: Spec | str | None = None,
    kernel_regularizer: Spec | str | None = None,
) -> keras.KerasTensor:
    """(batch, h, w, c) -> (batch, h / strides, w / strides, filters): a kernel for each channel, then one of 1x1 over
    them all, with no activation between (Chollet, 2016, arXiv:1610.02357), then normalisation and activation.
    """
    x = layers.SeparableConv2D(
        filters,
        kernel_size,
        strides,
        "same",
        use_bias=False,
        depthwise_initializer=_depthwise_initializer(kernel_initializer),
        pointwise_initializer=initializer(kernel_initializer or "LecunNormal", None),  # what it sees is not rectified
        depthwise_regularizer=made(keras.regularizers, kernel_regularizer),
        pointwise_regularizer=made(keras.regularizers, kernel_regularizer),
        name=name,
    )(x)
    return norm_activation(x, name, activation, epsilon=epsilon)


def _depthwise_initializer(spec: Spec | str | None) -> keras.initializers.Initializer:
    """He normal of a kernel that sees one channel: what Keras counts as its fan out is its fan in."""
    if spec is None:
        return keras.initializers.VarianceScaling(2.0, "fan_out", "truncated_normal")
    return initializer(spec, None)
