"""Residual networks (He et al., 2015, arXiv:1512.03385), version 1: normalisation follows each convolution.

The ImageNet form of table 1: 18 and 34 of two 3x3 convolutions a block, 50 of bottlenecks (1x1, 3x3, 1x1) that stride
in their first 1x1, as in the paper and in keras.applications (PyTorch strides in the 3x3: "v1.5"). The small form of
section 4.2 for CIFAR-10: depth 6n + 2, n = 1 for 8 up to n = 18 for 110, of 16, 32 and 64 filters.
No convolution has a bias, for the normalisation behind it has one: keras.applications' ResNet50 holds 26 560 biases
more and computes the same. The 1000-class parameters are the published ones: 11 689 512, 21 797 672, 25 557 032. Left
out: the 101 and 152 layers, section 4.3's training by halves, and option C (projections everywhere).

Layers: `stem`; `stage_1` ... `stage_4` (`stage_3` in the small form) are what each stage puts out, after its last
activation; within them `stage_1_block_1_conv_1`, `stage_1_block_1_shortcut`, `stage_1_block_1_add`, `stage_1_block_1`,
...; `head`.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

import keras
from keras import layers, ops

from kerasapp.models._blocks import conv_norm_activation, head
from kerasapp.types import Fraction, Initializer, Regularizer

IMAGENET_BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}  # table 1
IMAGENET_FILTERS = (64, 128, 256, 512)
SMALL_FILTERS = (16, 32, 64)  # section 4.2
EXPANSION = 4  # of a bottleneck, table 1
LARGE = 64  # pixels of the shorter side from which the ImageNet stem, which divides it by 4, leaves enough to see


def build(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    depth: Literal[8, 14, 18, 20, 32, 34, 44, 50, 56, 110] = 18,
    stem: Literal["auto", "imagenet", "cifar"] = "auto",
    shortcut: Literal["projection", "padding"] = "projection",
    dropout: Fraction = 0.0,
    kernel_initializer: Initializer | None = None,
    kernel_regularizer: Regularizer | None = None,
) -> keras.Model:
    """Images (batch, h, w, c) float32 in [0, 1] -> logits (batch, num_classes).

    depth: 18, 34, 50 the ImageNet form, all others the small one.
    stem: "imagenet" 7x7 by strides of 2, then a 3x3 max-pool by 2; "cifar" 3x3 alone; "auto": cifar below 64 pixels
        a side. The stages then see 4, 8, 16, 32 pixels a step, or 1, 2, 4, 8.
    shortcut: where the shape changes, a 1x1 convolution (the paper's option B), or every second pixel and channels of
        zeros (option A, no parameters; the paper's choice on CIFAR-10).
    dropout: before the head; the paper has none.
    kernel_initializer: None: He normal. kernel_regularizer: the paper's weight decay of 1e-4 is {name: L2, l2: 5e-5}.
    """
    convolution = partial(conv_norm_activation, padding="centred", kernel_initializer=kernel_initializer,
                          kernel_regularizer=kernel_regularizer)  # fmt: skip
    branch = _bottleneck if depth == 50 else _basic
    counts = IMAGENET_BLOCKS.get(depth, ((depth - 2) // 6,) * 3)
    widths = IMAGENET_FILTERS if depth in IMAGENET_BLOCKS else SMALL_FILTERS

    inputs = keras.Input(image_shape, name="image")
    x = _stem(inputs, convolution, widths[0], stem)
    for stage, (count, width) in enumerate(zip(counts, widths, strict=True), 1):
        for block in range(1, count + 1):
            name = f"stage_{stage}_block_{block}"
            strides = 2 if block == 1 and stage > 1 else 1
            residual = branch(x, convolution, width, strides, name)
            x = _shortcut(x, convolution, residual.shape[-1], strides, shortcut, f"{name}_shortcut")
            x = layers.Add(name=f"{name}_add")([x, residual])
            x = layers.Activation("relu", name=name if block < count else f"stage_{stage}")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)  # (batch, features)
    if dropout:
        x = layers.Dropout(dropout, name="dropout")(x)
    return keras.Model(inputs, head(x, num_classes, kernel_regularizer), name=f"resnet_{depth}")


def _stem(x: keras.KerasTensor, convolution: Callable, filters: int, form: str) -> keras.KerasTensor:
    shorter = min((size for size in x.shape[1:3] if size), default=LARGE)
    if form == "cifar" or (form == "auto" and shorter < LARGE):
        return convolution(x, filters, 3, name="stem")
    x = convolution(x, filters, 7, strides=2, name="stem")
    x = layers.ZeroPadding2D(1, name="stem_pool_pad")(x)  # after ReLU, so zeros never win
    return layers.MaxPooling2D(3, 2, name="stem_pool")(x)


def _basic(x: keras.KerasTensor, convolution: Callable, filters: int, strides: int, name: str) -> keras.KerasTensor:
    """Figure 5, left: (batch, h, w, c) -> (batch, h / strides, w / strides, filters)."""
    x = convolution(x, filters, 3, strides=strides, name=f"{name}_conv_1")
    return convolution(x, filters, 3, activation=None, name=f"{name}_conv_2")


def _bottleneck(
    x: keras.KerasTensor, convolution: Callable, filters: int, strides: int, name: str
) -> keras.KerasTensor:
    """Figure 5, right: (batch, h, w, c) -> (batch, h / strides, w / strides, 4 filters)."""
    x = convolution(x, filters, 1, strides=strides, name=f"{name}_conv_1")
    x = convolution(x, filters, 3, name=f"{name}_conv_2")
    return convolution(x, EXPANSION * filters, 1, activation=None, name=f"{name}_conv_3")


def _shortcut(
    x: keras.KerasTensor, convolution: Callable, filters: int, strides: int, kind: str, name: str
) -> keras.KerasTensor:
    missing = filters - x.shape[-1]
    if strides == 1 and not missing:
        return x
    if kind == "projection":
        return convolution(x, filters, 1, strides=strides, activation=None, name=name)
    x = layers.MaxPooling2D(1, strides, name=name)(x)  # a window of one pixel: every second one, as it is
    return ops.pad(x, [[0, 0], [0, 0], [0, 0], [0, missing]])
