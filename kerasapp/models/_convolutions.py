"""What the architectures for photographs share: pixels as the published weights want them, the stem that fits the size
of an image, the inverted residual. Blocks that a recipe may name as well stand in `kerasapp/layers/`.

Every one of them begins with a layer `rescaling` that brings pixels from [0, 1] to where its published weights were
trained, so that no recipe has to; networks from scratch learn well there too, as it is about zero. The modes are those
of keras.applications: "tf" [-1, 1]; "torch" less the mean of ImageNet's pixels and over their deviation; "caffe" the
same with the means that Caffe's networks were trained with. Those took blue first, in 0 to 255: `_applications.py`
turns their first kernel, and the outputs are equal.
"""

from collections.abc import Callable

import keras
from keras import layers

from kerasapp.layers._parts import drop_branch
from kerasapp.layers.squeeze_excitation import squeeze_excitation

TORCH_MEAN = (0.485, 0.456, 0.406)  # of ImageNet's pixels: red, green, blue
CAFFE_MEAN = (123.68 / 255, 116.779 / 255, 103.939 / 255)
DEVIATION = (0.229, 0.224, 0.225)
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


def rounded(filters: float, divisor: int = 8) -> int:
    """To a multiple of `divisor`, never down by more than a tenth (as in MobileNet's published code)."""
    near = max(divisor, int(filters + divisor / 2) // divisor * divisor)
    return near + divisor if near < 0.9 * filters else near
