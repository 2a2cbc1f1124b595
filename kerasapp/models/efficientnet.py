"""EfficientNet B0 to B7: MobileNet's blocks, wider and deeper by one rule (Tan and Le, 2019, arXiv:1905.11946).

Inverted residuals with squeeze-and-excitation. Left out: the search that found B0, AutoAugment, and the size of image
that goes with each (224, 240, 260, 300, 380, 456, 528, 600 pixels: task.image_size). Pixels come less ImageNet's mean
and over its deviation (`rescaling`, mode "torch"), as the published weights were trained. For 1000 classes B0 has 5.3
million learned parameters, B7 66, as the paper says.

Layers: `stem`; `stage_1` ... `stage_5` are the last maps before each halving (2, 4, 8, 16, 32 pixels a step; 1, 1, 2,
4, 8 with the small stem), without an activation; within them `stage_2_block_1_expand`, `..._depthwise`,
`..._squeeze_conv_1`, `..._squeeze_conv_2`, `..._project`, `stage_2_block_1`, ...; `top`; `head`.
"""

import math
from functools import partial
from typing import Literal

import keras
from keras import layers

from kerasapp.layers.conv_norm_activation import conv_norm_activation
from kerasapp.layers.depthwise_separable import depthwise_norm_activation
from kerasapp.models._blocks import head
from kerasapp.models._convolutions import (
    inverted_residual,
    is_small,
    require_size,
    rescaled,
    rounded,
)
from kerasapp.types import Fraction, Initializer, Regularizer, Weights

STAGES = (  # table 1: (kernel, expansion, channels, blocks) of the rows between two halvings
    ((3, 1, 16, 1),),
    ((3, 6, 24, 2),),
    ((5, 6, 40, 2),),
    ((3, 6, 80, 3), (5, 6, 112, 3)),
    ((5, 6, 192, 4), (3, 6, 320, 1)),
)
SCALES = {  # width, depth, dropout, as published with the weights
    "B0": (1.0, 1.0, 0.2), "B1": (1.0, 1.1, 0.2), "B2": (1.1, 1.2, 0.3), "B3": (1.2, 1.4, 0.3),
    "B4": (1.4, 1.8, 0.4), "B5": (1.6, 2.2, 0.4), "B6": (1.8, 2.6, 0.5), "B7": (2.0, 3.1, 0.5),
}  # fmt: skip
SQUEEZE = 0.25  # of the channels that a block takes in
EPSILON = 1e-3  # of the normalisation


def build(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    variant: Literal["B0", "B1", "B2", "B3", "B4", "B5", "B6", "B7"] = "B0",
    stem: Literal["auto", "imagenet", "cifar"] = "auto",
    dropout: Fraction | None = None,
    stochastic_depth: Fraction = 0.2,
    kernel_initializer: Initializer | None = None,
    kernel_regularizer: Regularizer | None = None,
    weights: Weights = "none",
) -> keras.Model:
    """Images (batch, h, w, c) float32 in [0, 1] -> logits (batch, num_classes).

    stem: "imagenet" and the first block that strides halve the image; "cifar": neither; "auto": cifar below 64 pixels
        a side.
    dropout: before the head; None: what the variant has, .2 of B0 to .5 of B7.
    stochastic_depth: how often the last block is left out; the others less, in proportion to their depth.
    kernel_initializer: None: what fits the activation. kernel_regularizer: the paper's decay of 1e-5 is {name: L2,
        l2: 5e-6}.
    weights: what it starts from, such as imagenet; training brings them.
    Raises ValueError below 32 x 32 pixels, its last stride; 8 x 8 with the small stem.
    """
    del weights
    given = {"epsilon": EPSILON, "kernel_initializer": kernel_initializer, "kernel_regularizer": kernel_regularizer}
    parts = {"convolution": partial(conv_norm_activation, **given),
             "depthwise": partial(depthwise_norm_activation, **given)}  # fmt: skip
    width, depth, usual = SCALES[variant]
    small = is_small(image_shape, stem)
    require_size(image_shape, 8 if small else 32)
    inputs = keras.Input(image_shape, name="image")
    x = rescaled(inputs, "torch")
    x = parts["convolution"](x, rounded(32 * width), 3, strides=1 if small else 2, activation="silu", name="stem")
    stages = [_blocks(rows, depth) for rows in STAGES]
    before, count = 0, sum(map(len, stages))
    for stage, blocks in enumerate(stages, 1):
        for block, (kernel, expansion, channels) in enumerate(blocks, 1):
            x = inverted_residual(
                x, rounded(channels * width), kernel, **parts, activation="silu", squeeze_activation="silu",
                strides=2 if block == 1 and stage > (2 if small else 1) else 1, expanded=x.shape[-1] * expansion,
                squeezed=max(1, int(x.shape[-1] * SQUEEZE)), drop_rate=stochastic_depth * before / count,
                name=f"stage_{stage}_block_{block}", called=None if block < len(blocks) else f"stage_{stage}",
            )  # fmt: skip
            before += 1
    x = parts["convolution"](x, rounded(1280 * width), 1, activation="silu", name="top")
    x = layers.GlobalAveragePooling2D(name="pool")(x)  # (batch, features)
    if usual if dropout is None else dropout:
        x = layers.Dropout(usual if dropout is None else dropout, name="dropout")(x)
    return keras.Model(inputs, head(x, num_classes, kernel_regularizer), name=f"efficientnet_{variant.lower()}")


def _blocks(rows: tuple, depth: float) -> list[tuple[int, int, int]]:
    """(kernel, expansion, channels) of each block of a stage, rows made deeper."""
    return [row[:3] for row in rows for _ in range(math.ceil(row[3] * depth))]
