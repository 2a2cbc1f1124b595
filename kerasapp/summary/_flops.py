"""Arithmetic of one example's forward pass: two operations, a multiplication and an addition, for each weight at each
place.

Counted are convolutions, dense and recurrent layers. Biases, normalisation, activations, pooling, sums and embeddings
(a look-up) count as nothing: about a hundredth of a convolutional network. Tables of papers that say FLOPs often mean
multiply-adds, half of this number.
"""

import math
import re

import keras
from keras import layers

from kerasapp.layers._block import Block
from kerasapp.summary._calls import Call, Shape, calls

CONVOLUTIONS = (layers.Conv1D, layers.Conv2D, layers.Conv3D)
TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
DEPTHWISE = (layers.DepthwiseConv1D, layers.DepthwiseConv2D)
SEPARABLE = (layers.SeparableConv1D, layers.SeparableConv2D)
RECURRENT = (layers.LSTM, layers.GRU, layers.SimpleRNN)
COUNTED = (*CONVOLUTIONS, *TRANSPOSED, *DEPTHWISE, *SEPARABLE, *RECURRENT, layers.Dense, layers.EinsumDense)
PRODUCTS = {"Attention", "AdditiveAttention", "MultiHeadAttention", "GroupQueryAttention", "Dot", "Einsum", "Matmul"}


def flops(call: Call) -> int | None:
    """Of one example; None where it is not known how to count: attention, sizes that vary, layers of one's own."""
    operation = call.operation.parts if isinstance(call.operation, Block) else call.operation
    if isinstance(operation, keras.Model):
        parts = [flops(inner) for inner in calls(operation)]
        return None if None in parts else sum(parts)
    if isinstance(operation, layers.Bidirectional):
        halves = [_multiply_adds(half, call) for half in (operation.forward_layer, operation.backward_layer)]
        return None if None in halves else 2 * sum(halves)
    if isinstance(operation, layers.TimeDistributed):
        inner = Call(operation.layer, (), (_without_time(call.inputs[0]),), (_without_time(call.outputs[0]),))
        once, steps = flops(inner), call.inputs[0][1]
        return None if once is None or steps is None else steps * once
    found = _multiply_adds(operation, call)
    return None if found is None else 2 * found


def _multiply_adds(operation: keras.Operation, call: Call) -> int | None:
    if not isinstance(operation, COUNTED):
        return None if _multiplies(operation) else 0
    if not call.inputs:
        return None
    if isinstance(operation, RECURRENT):
        cell = operation.cell
        return _times(call.inputs[0][1:2], _size(cell.kernel) + _size(cell.recurrent_kernel))
    if isinstance(operation, SEPARABLE):
        once = _size(operation.depthwise_kernel) + _size(operation.pointwise_kernel)
        return _times(_places(call.outputs[0]), once)
    if isinstance(operation, (*CONVOLUTIONS, *DEPTHWISE)):
        return _times(_places(call.outputs[0]), _size(operation.kernel))
    if isinstance(operation, TRANSPOSED):
        return _times(_places(call.inputs[0]), _size(operation.kernel))
    if isinstance(operation, layers.Dense):
        return _times(call.inputs[0][1:-1], _size(operation.kernel))
    return _einsum(operation.equation, call.inputs[0], operation.kernel.shape)


def _multiplies(operation: keras.Operation) -> bool:
    """Whether it may multiply matrices in a way that is not counted here; an embedding only looks up."""
    matrices = [weight for weight in getattr(operation, "weights", ()) if len(weight.shape) > 1]
    return type(operation).__name__ in PRODUCTS or (bool(matrices) and not isinstance(operation, layers.Embedding))


def _places(shape: Shape) -> Shape:
    """The pixels of a map (batch, ..., channels)."""
    return shape[1:-1]


def _size(weight: keras.Variable) -> int:
    return math.prod(weight.shape)


def _times(sizes: Shape, once: int) -> int | None:
    return None if None in sizes else math.prod(sizes) * once


def _einsum(equation: str, inputs: Shape, kernel: Shape) -> int | None:
    """One multiply-add for each combination of the letters' values, the batch's left out."""
    left, right, _ = re.split("[,>]", equation.replace("-", "").replace(" ", ""))
    if "." in left or inputs[0] is not None:
        return None
    sizes = dict(zip(left[1:], inputs[1:], strict=True)) | dict(zip(right, kernel, strict=True))
    return _times(tuple(sizes.values()), 1)


def _without_time(shape: Shape) -> Shape:
    return shape[:1] + shape[2:]
