"""Xception: residuals of depthwise separable convolutions (Chollet, 2016, arXiv:1610.02357).

Left out: the dense layers that the paper tries before the logistic regression. Pixels come in [-1, 1] (`rescaling`,
mode "tf"). For 1000 classes 22 855 952 learned parameters, table 3.

Layers: `stem`, `stem_conv_2`; `stage_1` ... `stage_4` are the last maps before each halving (4, 8, 16, 32 pixels a
step; 1, 2, 4, 8 with the small stem), the first three without an activation; within them
`stage_1_block_1_conv_1`, `stage_1_block_1_shortcut`, ...; `head`.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

import keras
from keras import layers

from kerasapp.layers.conv_norm_activation import conv_norm_activation
from kerasapp.layers.depthwise_separable import separable_norm
from kerasapp.models._blocks import head
from kerasapp.models._convolutions import is_small, require_size, rescaled
from kerasapp.types import Fraction, Initializer, Regularizer, Weights

ENTRY = (128, 256, 728)  # figure 5: what each block of the entry flow puts out
MIDDLE = 8  # blocks
EXIT = (728, 1024, 1536, 2048)
SMALLEST = {"imagenet": 7, "cifar": 5}  # pixels a side that the stem takes
EPSILON = 1e-3  # of the normalisation, as in keras.applications


def build(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    stem: Literal["auto", "imagenet", "cifar"] = "auto",
    dropout: Fraction = 0.5,
    kernel_initializer: Initializer | None = None,
    kernel_regularizer: Regularizer | None = None,
    weights: Weights = "none",
) -> keras.Model:
    """Images (batch, h, w, c) float32 in [0, 1] -> logits (batch, num_classes).

    stem: "imagenet" and the first block after it halve the image; "cifar": neither; "auto": cifar below 64 pixels a
        side.
    dropout: before the head (section 4.3).
    kernel_initializer: None: He normal. kernel_regularizer: the paper's weight decay of 1e-5 is {name: L2, l2: 5e-6}.
    weights: what it starts from, such as imagenet; training brings them.
    Raises ValueError below 7 x 7 pixels, 5 x 5 with the small stem.
    """
    del weights
    small = is_small(image_shape, stem)
    require_size(image_shape, SMALLEST["cifar" if small else "imagenet"])
    shared = {"epsilon": EPSILON, "kernel_initializer": kernel_initializer, "kernel_regularizer": kernel_regularizer}
    convolution, separable = partial(conv_norm_activation, **shared), partial(separable_norm, **shared)
    inputs = keras.Input(image_shape, name="image")
    x = rescaled(inputs, "tf")
    x = convolution(x, 32, 3, strides=1 if small else 2, padding="valid", name="stem")
    x = convolution(x, 64, 3, padding="valid", name="stem_conv_2")
    for stage, filters in enumerate(ENTRY, 1):
        last = stage == len(ENTRY)
        x = _residual(x, convolution, separable, (filters, filters), f"stage_{stage}_block_1",
                      f"stage_{stage}_block_1" if last else f"stage_{stage}",
                      strides=1 if small and stage == 1 else 2, activates=stage > 1)  # fmt: skip
    for block in range(2, MIDDLE + 2):
        name = f"stage_3_block_{block}"
        x = _residual(x, convolution, separable, (ENTRY[-1],) * 3, name, name if block <= MIDDLE else "stage_3")
    x = _residual(x, convolution, separable, EXIT[:2], "stage_4_block_1", "stage_4_block_1", strides=2)
    x = layers.Activation("relu", name="stage_4_block_2_activation_1")(
        separable(x, EXIT[2], 3, name="stage_4_block_2_conv_1")
    )
    x = layers.Activation("relu", name="stage_4")(separable(x, EXIT[3], 3, name="stage_4_block_2_conv_2"))
    x = layers.GlobalAveragePooling2D(name="pool")(x)  # (batch, features)
    if dropout:
        x = layers.Dropout(dropout, name="dropout")(x)
    return keras.Model(inputs, head(x, num_classes, kernel_regularizer), name="xception")


def _residual(
    x: keras.KerasTensor,
    convolution: Callable,
    separable: Callable,
    widths: tuple[int, ...],
    within: str,
    name: str,
    *,
    strides: int | None = None,
    activates: bool = True,
) -> keras.KerasTensor:
    """Separable convolutions, each behind a ReLU (the first only where it `activates`), added to what came in; with
    `strides` max-pooled, and the shortcut a convolution of 1x1. The sum is called `name`.
    """
    y = x
    for index, filters in enumerate(widths, 1):
        if activates or index > 1:
            y = layers.Activation("relu", name=f"{within}_activation_{index}")(y)
        y = separable(y, filters, 3, name=f"{within}_conv_{index}")
    if strides:
        y = layers.MaxPooling2D(3, strides, "same", name=f"{within}_pool")(y)
        x = convolution(x, widths[-1], 1, strides=strides, activation=None, name=f"{within}_shortcut")
    return layers.Add(name=name)([y, x])
