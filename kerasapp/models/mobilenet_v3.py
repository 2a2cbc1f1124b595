"""MobileNetV3: inverted residuals with squeeze-and-excitation and hard swish (Howard et al., 2019, arXiv:1905.02244).

Left out: the search that found it, the minimalistic form, and the segmenter. Where paper and published weights differ,
this is as the weights: the last dense layer before the head has no normalisation. Pixels come in [-1, 1] (`rescaling`,
mode "tf"). For 1000 classes 5 483 032 learned parameters, small 2 542 856; the paper says 5.4 and 2.5 million.

Layers: `stem`; `stage_1` ... `stage_5` are the last maps before each halving (2, 4, 8, 16, 32 pixels a step; 1, 1, 2,
4, 8 with the small stem), without an activation; within them `stage_2_block_1_expand`, `..._depthwise`,
`..._squeeze_conv_1`, `..._squeeze_conv_2`, `..._project`, `stage_2_block_1`, ...; `top`, `dense_1`; `head`. In the
small network `stage_1` is the stem's.
"""

from functools import partial
from typing import Literal

import keras
from keras import layers

from kerasapp.layers.conv_norm_activation import conv_norm_activation
from kerasapp.layers.depthwise_separable import depthwise_norm_activation
from kerasapp.models._blocks import dense_stack, head
from kerasapp.models._convolutions import (
    inverted_residual,
    is_small,
    require_size,
    rescaled,
    rounded,
)
from kerasapp.types import Fraction, Initializer, PositiveFloat, Regularizer, Weights

# Tables 1 and 2: (kernel, expansion, channels, squeeze-and-excitation, activation) of the blocks between two halvings.
RE, HS = "relu", "hard_silu"
STAGES = {
    "large": (
        ((3, 1, 16, False, RE),),
        ((3, 4, 24, False, RE), (3, 3, 24, False, RE)),
        ((5, 3, 40, True, RE), (5, 3, 40, True, RE), (5, 3, 40, True, RE)),
        ((3, 6, 80, False, HS), (3, 2.5, 80, False, HS), (3, 2.3, 80, False, HS), (3, 2.3, 80, False, HS),
         (3, 6, 112, True, HS), (3, 6, 112, True, HS)),
        ((5, 6, 160, True, HS), (5, 6, 160, True, HS), (5, 6, 160, True, HS)),
    ),
    "small": (
        (),
        ((3, 1, 16, True, RE),),
        ((3, 72 / 16, 24, False, RE), (3, 88 / 24, 24, False, RE)),
        ((5, 4, 40, True, HS), (5, 6, 40, True, HS), (5, 6, 40, True, HS), (5, 3, 48, True, HS), (5, 3, 48, True, HS)),
        ((5, 6, 96, True, HS), (5, 6, 96, True, HS), (5, 6, 96, True, HS)),
    ),
}  # fmt: skip
DENSE = {"large": 1280, "small": 1024}
SQUEEZE = 0.25  # of the expanded channels
EPSILON = 1e-3  # of the normalisation, as in keras.applications


def build(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    size: Literal["small", "large"] = "large",
    alpha: PositiveFloat = 1.0,
    stem: Literal["auto", "imagenet", "cifar"] = "auto",
    dropout: Fraction = 0.2,
    kernel_initializer: Initializer | None = None,
    kernel_regularizer: Regularizer | None = None,
    weights: Weights = "none",
) -> keras.Model:
    """Images (batch, h, w, c) float32 in [0, 1] -> logits (batch, num_classes).

    alpha: the width multiplier of all channels but the stem's and, below 1, the dense layer's; published weights have
        .75 and 1.
    stem: "imagenet" and the first block that strides halve the image; "cifar": neither; "auto": cifar below 64 pixels
        a side.
    dropout: before the head.
    kernel_initializer: None: what fits the activation. kernel_regularizer: the paper's decay of 1e-5 is {name: L2,
        l2: 5e-6}.
    weights: what it starts from, such as imagenet; training brings them.
    Raises ValueError below 32 x 32 pixels, its last stride; 8 x 8 with the small stem.
    """
    del weights
    given = {"kernel_initializer": kernel_initializer, "kernel_regularizer": kernel_regularizer}
    convolution = partial(conv_norm_activation, epsilon=EPSILON, **given)
    depthwise = partial(depthwise_norm_activation, epsilon=EPSILON, **given)
    small = is_small(image_shape, stem)
    require_size(image_shape, 8 if small else 32)
    inputs = keras.Input(image_shape, name="image")
    x = rescaled(inputs, "tf")
    x = convolution(x, 16, 3, strides=1 if small else 2, activation=HS, name="stem")
    for stage, blocks in enumerate(STAGES[size], 1):
        for block, (kernel, expansion, channels, squeezes, activation) in enumerate(blocks, 1):
            expanded = x.shape[-1] if expansion == 1 else rounded(x.shape[-1] * expansion)
            x = inverted_residual(
                x, rounded(channels * alpha), kernel, convolution=convolution, depthwise=depthwise,
                strides=2 if block == 1 and stage > (2 if small else 1) else 1, expanded=expanded,
                activation=activation, squeezed=rounded(expanded * SQUEEZE) if squeezes else 0, gate="hard_sigmoid",
                name=f"stage_{stage}_block_{block}", called=None if block < len(blocks) else f"stage_{stage}",
            )  # fmt: skip
        if not blocks:
            x = layers.Identity(name=f"stage_{stage}")(x)
    x = convolution(x, rounded(x.shape[-1] * 6), 1, activation=HS, name="top")
    x = layers.GlobalAveragePooling2D(name="pool")(x)  # (batch, features)
    x = dense_stack(x, [rounded(DENSE[size] * max(alpha, 1.0))], activation=HS, dropout=dropout, **given)
    return keras.Model(inputs, head(x, num_classes, kernel_regularizer), name=f"mobilenet_v3_{size}")
