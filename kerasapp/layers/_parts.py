"""What blocks and architectures are made of: first weights by the activation, normalisation, towers, dropped branches.

Weights start by the activation that follows, so that a signal's variance neither grows nor shrinks with depth: He
normal (variance 2 / fan_in; He et al., 2015, arXiv:1502.01852) for the ReLU family, LeCun normal (1 / fan_in;
Klambauer et al., 2017, arXiv:1706.02515) for SELU, Glorot, also called Xavier, for all others (2 / (fan_in + fan_out);
Glorot and Bengio, 2010).
"""

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import keras
from keras import layers

from kerasapp.types import Spec

Steps = Sequence[tuple[int, int | tuple[int, int]]]
"""Convolutions, one after another: how many kernels, and of what size."""
RELU_FAMILY = {"relu", "relu6", "leaky_relu", "elu", "celu", "gelu", "silu", "swish", "mish", "hard_silu", "hard_swish"}
# The moving statistics follow one batch in ten, as in PyTorch: with Keras's .99 they take about 500 steps, and a run
# of a few dozen would be validated with what they were at the start.
MOMENTUM = 0.9
EPSILON = 1.001e-5  # as in keras.applications.resnet


def made(part: ModuleType, spec: Spec | str | None, **more: Any) -> Any:
    """A fresh object of a part of Keras: `made(keras.regularizers, {"name": "l2", "l2": 1e-4})`; None stays None.

    Fresh for each layer, because an unseeded initializer that two layers share gives both the same values. An argument
    that is None is left to Keras.
    """
    if spec is None:
        return None
    given = {"name": spec} if isinstance(spec, str) else spec
    wanted = given["name"].replace("_", "").lower()
    found = next((getattr(part, name) for name in dir(part) if name[0].isupper() and name.lower() == wanted), None)
    if found is None:
        raise ValueError(f"{part.__name__} has no {given['name']}")
    return found(**{key: value for key, value in given.items() if key != "name" and value is not None}, **more)


def initializer(spec: Spec | str | None, activation: str | None) -> keras.initializers.Initializer:
    """The one asked for, or the one that fits the activation; None: a branch that is added to another before ReLU."""
    if spec is not None:
        return made(keras.initializers, spec)
    if activation is None or activation in RELU_FAMILY:
        return keras.initializers.HeNormal()
    return keras.initializers.LecunNormal() if activation == "selu" else keras.initializers.GlorotUniform()


def norm_activation(
    x: keras.KerasTensor,
    name: str,
    activation: str | None = "relu",
    *,
    batch_norm: bool = True,
    epsilon: float = EPSILON,
    scale: bool = True,
) -> keras.KerasTensor:
    """Batch normalisation and activation, called beside the layer `name`, each where it is asked for."""
    if batch_norm:
        norm = layers.BatchNormalization(momentum=MOMENTUM, epsilon=epsilon, scale=scale, name=beside(name, "norm"))
        x = norm(x)
    return x if activation is None else layers.Activation(activation, name=beside(name, "activation"))(x)


def beside(name: str, part: str) -> str:
    """`block_1_conv_2` -> `block_1_norm_2`, `stem` -> `stem_norm`."""
    return name.replace("conv", part) if "conv" in name else f"{name}_{part}"


def tower(x: keras.KerasTensor, convolution: Callable, steps: Steps, name: str) -> keras.KerasTensor:
    """One convolution after another, each of (kernels, size): `name_conv_1`, `name_conv_2`, ..."""
    for index, (filters, kernel_size) in enumerate(steps, 1):
        x = convolution(x, filters, kernel_size, name=f"{name}_conv_{index}")
    return x


def drop_branch(x: keras.KerasTensor, rate: float, name: str) -> keras.KerasTensor:
    """Leaves a whole branch out for a part `rate` of the examples, in training (Huang et al., 2016, arXiv:1603.09382);
    the others are scaled up, so that nothing is left to do afterwards.
    """
    return layers.Dropout(rate, noise_shape=(None, 1, 1, 1), name=name)(x) if rate else x
