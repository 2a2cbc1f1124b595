"""Residual networks, version 1 and 2 (He et al., 2015, arXiv:1512.03385; 2016, arXiv:1603.05027).

In version 1 normalisation and ReLU follow each convolution; in version 2 they come before it, and what is added stays
as it is.
The ImageNet form of table 1: 18 and 34 of two 3x3 convolutions a block, 50, 101 and 152 of bottlenecks (1x1, 3x3, 1x1).
Version 1 strides in a bottleneck's first 1x1, as the paper and keras.applications do (PyTorch strides in the 3x3:
"v1.5"); version 2 in the 3x3 of a stage's last block, as keras.applications does, where the paper strides in its first.
The small form of section 4.2 for CIFAR-10: depth 6n + 2, n = 1 for 8 up to n = 18 for 110, of 16, 32 and 64 filters.
No convolution with a normalisation behind it has a bias: keras.applications' ResNet50 holds 26 560 more and computes
the same. The 1000-class parameters are the published ones: 11 689 512, 21 797 672, 25 557 032, 44 549 160, 60 192 808.
Pixels come less the mean of ImageNet's, in version 2 in [-1, 1] (`rescaling`, mode "caffe" and "tf"). Left out: section
4.3's training by halves, and option C (projections everywhere).

Layers: `stem`; `stage_1` ... `stage_4` (`stage_3` in the small form) are each stage's last map, activated (4, 8, 16, 32
pixels a step; 1, 2, 4, 8 with the small stem); within them `stage_1_block_1_conv_1`, `stage_1_block_1_shortcut`,
`stage_1_block_1_add`, `stage_1_block_1`, ...; `head`.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

import keras
from keras import layers

from kerasapp.layers._parts import norm_activation
from kerasapp.layers.conv_norm_activation import conv_norm_activation
from kerasapp.layers.residual import residual
from kerasapp.models._blocks import head
from kerasapp.models._convolutions import is_small, require_size, rescaled
from kerasapp.types import Fraction, Initializer, Regularizer, Weights

IMAGENET_BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
IMAGENET_FILTERS = (64, 128, 256, 512)
SMALL_FILTERS = (16, 32, 64)  # section 4.2
BOTTLENECKS = (50, 101, 152)


def build(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    depth: Literal[8, 14, 18, 20, 32, 34, 44, 50, 56, 101, 110, 152] = 18,
    version: Literal[1, 2] = 1,
    stem: Literal["auto", "imagenet", "cifar"] = "auto",
    shortcut: Literal["projection", "padding"] = "projection",
    stochastic_depth: Fraction = 0.0,
    dropout: Fraction = 0.0,
    kernel_initializer: Initializer | None = None,
    kernel_regularizer: Regularizer | None = None,
    weights: Weights = "none",
) -> keras.Model:
    """Images (batch, h, w, c) float32 in [0, 1] -> logits (batch, num_classes).

    depth: 18, 34, 50, 101, 152 the ImageNet form, all others the small one.
    stem: "imagenet" 7x7 by strides of 2, then a 3x3 max-pool by 2; "cifar" 3x3 alone; "auto": cifar below 64 pixels
        a side.
    shortcut: where the shape changes, a 1x1 convolution (the paper's option B), or every second pixel and channels of
        zeros (option A, no parameters; the paper's choice on CIFAR-10).
    stochastic_depth: how often the last block is left out; the others less, in proportion to their depth.
    dropout: before the head; the paper has none.
    kernel_initializer: None: He normal. kernel_regularizer: the paper's weight decay of 1e-4 is {name: L2, l2: 5e-5}.
    weights: what it starts from, such as imagenet; training brings them.
    Raises ValueError below its last stride: 32 x 32 pixels, 8 x 8 with the small stem; 16 x 16 and 4 x 4 of the small
        form.
    """
    del weights
    convolution = partial(conv_norm_activation, padding="centred", kernel_initializer=kernel_initializer,
                          kernel_regularizer=kernel_regularizer)  # fmt: skip
    counts = IMAGENET_BLOCKS.get(depth, ((depth - 2) // 6,) * 3)
    widths = IMAGENET_FILTERS if depth in IMAGENET_BLOCKS else SMALL_FILTERS
    block = partial(residual, convolution=convolution, kind="bottleneck" if depth in BOTTLENECKS else "basic",
                    version=version, shortcut=shortcut)  # fmt: skip

    small = is_small(image_shape, stem)
    require_size(image_shape, 2 ** (len(counts) - 1) * (1 if small else 4))
    inputs = keras.Input(image_shape, name="image")
    x = rescaled(inputs, "caffe" if version == 1 else "tf")
    x = _stem(x, convolution, widths[0], small, version)
    done, blocks = 0, sum(counts)
    for stage, (count, width) in enumerate(zip(counts, widths, strict=True), 1):
        for number in range(1, count + 1):
            done += 1
            strides = number == 1 and stage > 1 if version == 1 else number == count and stage < len(counts)
            x = block(x, width, strides=2 if strides else 1, name=f"stage_{stage}_block_{number}",
                      activated=f"stage_{stage}" if number == count and (version == 1 or strides) else None,
                      rate=stochastic_depth * done / blocks)  # fmt: skip
    if version == 2:
        x = norm_activation(x, f"stage_{len(counts)}", None)
        x = layers.Activation("relu", name=f"stage_{len(counts)}")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)  # (batch, features)
    if dropout:
        x = layers.Dropout(dropout, name="dropout")(x)
    return keras.Model(inputs, head(x, num_classes, kernel_regularizer), name=f"resnet_{depth}")


def _stem(x: keras.KerasTensor, convolution: Callable, filters: int, small: bool, version: int) -> keras.KerasTensor:
    if version == 2:
        convolution = partial(convolution, batch_norm=False, activation=None)
    if small:
        return convolution(x, filters, 3, name="stem")
    x = convolution(x, filters, 7, strides=2, name="stem")
    x = layers.ZeroPadding2D(1, name="stem_pool_pad")(x)
    return layers.MaxPooling2D(3, 2, name="stem_pool")(x)
