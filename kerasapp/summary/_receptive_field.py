"""How many pixels (or steps) of the input one place of a map can see: Araujo, Norris and Sim, 2019, "Computing
Receptive Fields of Convolutional Neural Networks" (distill.pub/2019/computing-receptive-fields).

Their recurrence along the graph, with offsets: the first place of a map sees the pixels from `low` to `high`, each next
place `step` pixels on; where branches meet, the field spans all of them. What lies beyond the image's border is
counted too. Left out: upsampling and transposed convolutions, after which no one size is right.
"""

from dataclasses import dataclass
from typing import Literal

from keras import layers

from kerasapp.layers._block import Block
from kerasapp.summary._calls import Call, calls

WINDOWS = (
    layers.Conv1D, layers.Conv2D, layers.Conv3D, layers.DepthwiseConv1D, layers.DepthwiseConv2D,
    layers.SeparableConv1D, layers.SeparableConv2D, layers.MaxPooling1D, layers.MaxPooling2D, layers.MaxPooling3D,
    layers.AveragePooling1D, layers.AveragePooling2D, layers.AveragePooling3D,
)  # fmt: skip
PADDINGS = (layers.ZeroPadding1D, layers.ZeroPadding2D, layers.ZeroPadding3D)
POINTWISE = {
    "Activation", "ActivityRegularization", "Add", "AlphaDropout", "Average", "BatchNormalization", "Concatenate",
    "Dense", "Dropout", "ELU", "GaussianDropout", "GaussianNoise", "GroupNormalization", "Identity",
    "LayerNormalization", "LeakyReLU", "LocalResponseNormalization", "Maximum", "Minimum", "Multiply",
    "NoiseInjection", "Normalization", "PReLU", "Pad", "ReLU", "Relu", "Rescaling", "Softmax", "SpatialDropout1D",
    "SpatialDropout2D", "SpatialDropout3D", "Subtract", "UnitNormalization",
}  # fmt: skip
WHOLE = ("Flatten", "GlobalAveragePooling", "GlobalMaxPooling")
EVERYTHING: Literal["all"] = "all"


@dataclass(frozen=True)
class Axis:
    """One axis of a map: its first place sees `low` to `high`, inclusive, its next place `step` more."""

    low: int = 0
    high: int = 0
    step: int = 1


Field = tuple[Axis, ...] | Literal["all"] | None
"""An axis each, or everything, or None where it is not defined."""


def fields(found: list[Call], given: Field = None) -> list[Field]:
    """The field of one place of each call's output; `given` is the input's where that is a map itself."""
    known: list[Field] = []
    for call in found:
        within = given is not None and not call.parents
        known.append(given if within else _after(call, [known[parent] for parent in call.parents]))
    return known


def extent(field: Field) -> tuple[int, ...] | Literal["all"] | None:
    """Pixels along each axis."""
    return tuple(axis.high - axis.low + 1 for axis in field) if isinstance(field, tuple) else field


def _after(call: Call, before: list[Field]) -> Field:
    operation, shape = call.operation, call.outputs[0] if call.outputs else ()
    if not before:
        return (Axis(),) * (len(shape) - 2) if len(shape) > 2 else None
    if EVERYTHING in before:
        return EVERYTHING
    if None in before:
        return None
    if call.kind.startswith(WHOLE):
        return EVERYTHING
    if isinstance(operation, Block):
        return fields(calls(operation.parts), before[0])[-1]
    (inputs, *_) = call.inputs
    if isinstance(operation, WINDOWS):
        return tuple(map(_slide, before[0], *_window(operation, len(before[0])), inputs[1:-1]))
    if isinstance(operation, PADDINGS):
        padding = operation.padding if isinstance(operation.padding[0], tuple) else (operation.padding,)
        return tuple(
            Axis(axis.low - left * axis.step, axis.high - left * axis.step, axis.step)
            for axis, (left, _) in zip(before[0], padding, strict=True)
        )
    if call.kind in POINTWISE and all(shape[1:-1] == other[1:-1] for other in call.inputs):
        return _joined(before)
    return None


def _window(operation: layers.Layer, axes: int) -> tuple[tuple, tuple, tuple]:
    """Reach in places, strides, and whether it pads, of each axis."""
    size = getattr(operation, "kernel_size", None) or operation.pool_size
    dilation = getattr(operation, "dilation_rate", 1)
    size, strides, dilation = (_each(value, axes) for value in (size, operation.strides, dilation))
    reach = tuple((k - 1) * d + 1 for k, d in zip(size, dilation, strict=True))
    return reach, strides, (operation.padding,) * axes


def _each(value: int | tuple[int, ...], axes: int) -> tuple[int, ...]:
    return (value,) * axes if isinstance(value, int) else tuple(value)


def _slide(axis: Axis, reach: int, stride: int, padding: str, size: int | None) -> Axis:
    """TensorFlow's "same" pads as much as the size asks for, the odd pixel at the end; "causal" all at the start."""
    places = stride if size is None else size
    needed = max((-(-places // stride) - 1) * stride + reach - places, 0)
    left = {"valid": 0, "same": needed // 2, "causal": reach - 1}[padding]
    low, high = axis.low - left * axis.step, axis.high + (reach - 1 - left) * axis.step
    return Axis(low, high, axis.step * stride)


def _joined(before: list[tuple[Axis, ...]]) -> Field:
    """What all branches see together; None where their places are not equally far apart."""
    joined = []
    for axes in zip(*before, strict=True):
        if len({axis.step for axis in axes}) > 1:
            return None
        joined.append(Axis(min(axis.low for axis in axes), max(axis.high for axis in axes), axes[0].step))
    return tuple(joined)
