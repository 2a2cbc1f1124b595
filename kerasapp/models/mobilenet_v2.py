"""MobileNetV2: inverted residuals with linear bottlenecks (Sandler et al., 2018, arXiv:1801.04381).

Left out: the detector and the segmenter that the paper builds on it. Pixels come in [-1, 1] (`rescaling`, mode "tf").
For 1000 classes 3 504 872 learned parameters; the paper says 3.4 million.

Layers: `stem`; `stage_1` ... `stage_5` are the last maps before each halving (2, 4, 8, 16, 32 pixels a step; 1, 1, 2,
4, 8 with the small stem), without an activation; within them `stage_2_block_1_expand`, `stage_2_block_1_depthwise`,
`stage_2_block_1_project`, `stage_2_block_1`, ...; `top`; `head`.
"""

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
from kerasapp.types import Fraction, Initializer, PositiveFloat, Regularizer, Weights

EXPANSION = 6  # table 2; the first block does not expand
STAGES = (  # table 2: (channels, blocks) of the rows between two halvings
    ((16, 1),),
    ((24, 2),),
    ((32, 3),),
    ((64, 4), (96, 3)),
    ((160, 3), (320, 1)),
)
TOP = 1280
EPSILON = 1e-3  # of the normalisation, as in keras.applications


def build(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    alpha: PositiveFloat = 1.0,
    stem: Literal["auto", "imagenet", "cifar"] = "auto",
    dropout: Fraction = 0.2,
    kernel_initializer: Initializer | None = None,
    kernel_regularizer: Regularizer | None = None,
    weights: Weights = "none",
) -> keras.Model:
    """Images (batch, h, w, c) float32 in [0, 1] -> logits (batch, num_classes).

    alpha: the width multiplier of all channels but, below 1, the last ones; published weights have .35, .5, .75, 1,
        1.3, 1.4.
    stem: "imagenet" and the first block after it halve the image; "cifar": neither; "auto": cifar below 64 pixels a
        side.
    dropout: before the head.
    kernel_initializer: None: He normal. kernel_regularizer: the paper's weight decay of 4e-5 is {name: L2, l2: 2e-5}.
    weights: what it starts from, such as imagenet; training brings them.
    Raises ValueError below 32 x 32 pixels, its last stride; 8 x 8 with the small stem.
    """
    del weights
    shared = {"epsilon": EPSILON, "kernel_initializer": kernel_initializer, "kernel_regularizer": kernel_regularizer}
    convolution = partial(conv_norm_activation, **shared)
    depthwise = partial(depthwise_norm_activation, **shared)
    small = is_small(image_shape, stem)
    require_size(image_shape, 8 if small else 32)
    inputs = keras.Input(image_shape, name="image")
    x = rescaled(inputs, "tf")
    x = convolution(x, rounded(32 * alpha), 3, strides=1 if small else 2, activation="relu6", name="stem")
    for stage, rows in enumerate(STAGES, 1):
        widths = [rounded(int(channels * alpha)) for channels, count in rows for _ in range(count)]
        for block, filters in enumerate(widths, 1):
            halves = block == 1 and stage > (2 if small else 1)
            x = inverted_residual(
                x, filters, 3, convolution=convolution, depthwise=depthwise, strides=2 if halves else 1,
                expanded=x.shape[-1] * (EXPANSION if stage > 1 else 1),
                name=f"stage_{stage}_block_{block}", called=None if block < len(widths) else f"stage_{stage}",
            )  # fmt: skip
    x = convolution(x, rounded(TOP * max(alpha, 1.0)), 1, activation="relu6", name="top")
    x = layers.GlobalAveragePooling2D(name="pool")(x)  # (batch, features)
    if dropout:
        x = layers.Dropout(dropout, name="dropout")(x)
    return keras.Model(inputs, head(x, num_classes, kernel_regularizer), name="mobilenet_v2")
