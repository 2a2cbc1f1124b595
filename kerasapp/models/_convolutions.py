"""What the architectures for photographs share: pixels as the published weights want them, the stem that fits the size
of an image, depthwise and separable convolutions, squeeze-and-excitation, the inverted residual, stochastic depth.

Every one of them begins with a layer `rescaling` that brings pixels from [0, 1] to where its published weights were
trained, so that no recipe has to; networks from scratch learn well there too, as it is about zero. The modes are those
of keras.applications: "tf" [-1, 1]; "torch" less the mean of ImageNet's pixels and over their deviation; "caffe" the
same with the means that Caffe's networks were trained with. Those took blue first, in 0 to 255: `_applications.py`
turns their first kernel, and the outputs are equal.
"""

from collections.abc import Callable, Sequence

import keras
from keras import layers

from kerasapp.models._blocks import EPSILON, initializer, made, norm_activation
from kerasapp.types import Spec

TORCH_MEAN = (0.485, 0.456, 0.406)  # of ImageNet's pixels: red, green, blue
CAFFE_MEAN = (123.68 / 255, 116.779 / 255, 103.939 / 255)
DEVIATION = (0.229, 0.224, 0.225)
Steps = Sequence[tuple[int, int | tuple[int, int]]]
"""Convolutions, one after another: how many kernels, and of what size."""
LARGE = 64  # pixels of the shorter side from which a stem that divides it by 4 leaves enough to see


def rescaled(x: keras.KerasTensor, mode: str) -> keras.KerasTensor:
    """Images (batch, h, w, c) in [0, 1] -> the same, as `mode` says; grey ones by the mean over the colours."""
    if mode == "tf":
        return layers.Rescaling(2.0, -1.0, name="rescaling")(x)
    means = CAFFE_MEAN if mode == "caffe" else TORCH_MEAN
    if x.shape[-1] != len(means):
        mean, deviation = sum(means) / len(means), sum(DEVIATION) / len(DEVIATION)
        return layers.Rescaling(1 / deviation, -mean / deviation, name="rescaling")(x)
    scale = [1 / deviation for deviation in DEVIATION]
    offset = [-mean / deviation for mean, deviation in zip(means, DEVIATION, strict=True)]
    return layers.Rescaling(scale, offset, name="rescaling")(x)


def is_small(image_shape: tuple[int, int, int], stem: str, large: int = LARGE) -> bool:
    """Whether the stem is the one for small images, which leaves out the network's first two halvings: `stem` is
    "cifar", or "auto" and the shorter side is below `large` pixels.
    """
    shorter = min((size for size in image_shape[:2] if size), default=large)
    return stem == "cifar" or (stem == "auto" and shorter < large)


def require_size(image_shape: tuple[int, int, int], least: int) -> None:
    """Raises ValueError where an image has fewer than `least` pixels a side, with the way out."""
    height, width = image_shape[:2]
    if any(size is not None and size < least for size in (height, width)):
        raise ValueError(
            f"images of {height} x {width} pixels are too small for as often as it halves them: it takes {least} x "
            f"{least} and more. Set task.image_size: [{least}, {least}], or take a smaller network, such as cnn"
        )


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
    epsilon: float = EPSILON,
    kernel_initializer: Spec | str | None = None,
    kernel_regularizer: Spec | str | None = None,
) -> keras.KerasTensor:
    """(batch, h, w, c) -> (batch, h, w, filters): a kernel for each channel, then one of 1x1 over them all, with no
    activation between (Chollet, 2016, arXiv:1610.02357), then normalisation.
    """
    x = layers.SeparableConv2D(
        filters,
        kernel_size,
        padding="same",
        use_bias=False,
        depthwise_initializer=_depthwise_initializer(kernel_initializer),
        pointwise_initializer=initializer(kernel_initializer or "LecunNormal", None),  # what it sees is not rectified
        depthwise_regularizer=made(keras.regularizers, kernel_regularizer),
        pointwise_regularizer=made(keras.regularizers, kernel_regularizer),
        name=name,
    )(x)
    return norm_activation(x, name, None, epsilon=epsilon)


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


def inverted_residual(
    x: keras.KerasTensor,
    filters: int,
    kernel_size: int,
    *,
    name: str,
    called: str | None = None,
    convolution: Callable,
    depthwise: Callable,
    expanded: int,
    strides: int = 1,
    activation: str = "relu6",
    squeezed: int = 0,
    squeeze_activation: str = "relu",
    gate: str = "sigmoid",
    drop_rate: float = 0.0,
) -> keras.KerasTensor:
    """(batch, h, w, c) -> (batch, h / strides, w / strides, filters): to `expanded` channels, a depthwise convolution,
    squeeze-and-excitation where `squeezed` says so, and back to few without an activation; added to what came in where
    the shape is the same (Sandler et al., 2018, arXiv:1801.04381, figure 4).

    Layers `name_expand`, `name_depthwise`, `name_project`, ...; the last is `called` so, or `name`. No expansion where
    the input has as many channels.
    """
    y = x
    if expanded != x.shape[-1]:
        y = convolution(y, expanded, 1, activation=activation, name=f"{name}_expand")
    y = depthwise(y, kernel_size, strides=strides, activation=activation, name=f"{name}_depthwise")
    if squeezed:
        y = squeeze_excitation(y, squeezed, convolution, name=name, activation=squeeze_activation, gate=gate)
    y = convolution(y, filters, 1, activation=None, name=f"{name}_project")
    if strides > 1 or filters != x.shape[-1]:
        return layers.Identity(name=called or name)(y)
    return layers.Add(name=called or name)([x, drop_branch(y, drop_rate, f"{name}_drop")])


def tower(x: keras.KerasTensor, convolution: Callable, steps: Steps, name: str) -> keras.KerasTensor:
    """One convolution after another, each of (kernels, size): `name_conv_1`, `name_conv_2`, ..."""
    for index, (filters, kernel_size) in enumerate(steps, 1):
        x = convolution(x, filters, kernel_size, name=f"{name}_conv_{index}")
    return x


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


def drop_branch(x: keras.KerasTensor, rate: float, name: str) -> keras.KerasTensor:
    """Leaves a whole branch out for a part `rate` of the examples, in training (Huang et al., 2016, arXiv:1603.09382);
    the others are scaled up, so that nothing is left to do afterwards.
    """
    return layers.Dropout(rate, noise_shape=(None, 1, 1, 1), name=name)(x) if rate else x


def rounded(filters: float, divisor: int = 8) -> int:
    """To a multiple of `divisor`, never down by more than a tenth (as in MobileNet's published code)."""
    near = max(divisor, int(filters + divisor / 2) // divisor * divisor)
    return near + divisor if near < 0.9 * filters else near


def _depthwise_initializer(spec: Spec | str | None) -> keras.initializers.Initializer:
    """He normal of a kernel that sees one channel: what Keras counts as its fan out is its fan in."""
    if spec is None:
        return keras.initializers.VarianceScaling(2.0, "fan_out", "truncated_normal")
    return initializer(spec, None)
