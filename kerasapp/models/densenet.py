"""Densely connected networks (Huang et al., 2016, arXiv:1608.06993), with bottlenecks and compression (DenseNet-BC).

The ImageNet forms of table 1, of 121, 169 and 201 layers and growth 32 (7 978 856, 14 149 480 and 20 013 928 learned
parameters for 1000 classes), and the form of section 3 for CIFAR-10, of 40 and of 100 layers (.8 million with growth
12, table 2).
Left out: the forms without bottlenecks, 264 layers, dropout after each convolution, the memory-saving implementation.
Pixels come less ImageNet's mean and over its deviation (`rescaling`, mode "torch").

Layers: `stem`; `stage_1` ... `stage_4` (`stage_3` in the small form) are all that a dense block has gathered,
normalised and activated (4, 8, 16, 32 pixels a step; 1, 2, 4, 8 with the small stem); within them
`stage_1_block_1_conv_1`, `stage_1_block_1_conv_2`, `stage_1_block_1`, ...; between them `stage_1_transition`,
`stage_1_pool`; `head`.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

import keras
from keras import layers

from kerasapp.layers._parts import norm_activation
from kerasapp.layers.conv_norm_activation import conv_norm_activation
from kerasapp.layers.dense_block import dense
from kerasapp.models._blocks import head
from kerasapp.models._convolutions import is_small, require_size, rescaled
from kerasapp.types import Fraction, Initializer, PositiveInt, Regularizer, Weights

BLOCKS = {
    121: (6, 12, 24, 16),
    169: (6, 12, 32, 32),
    201: (6, 12, 48, 32),
    40: (6, 6, 6),
    100: (16, 16, 16),
}  # table 1, section 3
COMPRESSION = 0.5


def build(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    depth: Literal[40, 100, 121, 169, 201] = 121,
    growth_rate: PositiveInt = 32,
    stem: Literal["auto", "imagenet", "cifar"] = "auto",
    dropout: Fraction = 0.0,
    kernel_initializer: Initializer | None = None,
    kernel_regularizer: Regularizer | None = None,
    weights: Weights = "none",
) -> keras.Model:
    """Images (batch, h, w, c) float32 in [0, 1] -> logits (batch, num_classes).

    depth: 121, 169, 201 the ImageNet form, 40 and 100 the small one of three stages.
    growth_rate: maps that each block adds to those it sees; the paper's 40 and 100 layers have 12.
    stem: "imagenet" 7x7 by strides of 2, then a 3x3 max-pool by 2; "cifar" 3x3 alone; "auto": cifar below 64 pixels
        a side. Either has twice as many kernels as the growth.
    dropout: before the head; the paper has none there.
    kernel_initializer: None: He normal. kernel_regularizer: the paper's weight decay of 1e-4 is {name: L2, l2: 5e-5}.
    weights: what it starts from, such as imagenet; training brings them.
    Raises ValueError below 29 x 29 pixels, 8 x 8 with the small stem; of the small form, 13 x 13 and 4 x 4.
    """
    del weights
    counts = BLOCKS[depth]
    small = is_small(image_shape, stem)
    halvings = 2 ** (len(counts) - 1)
    require_size(image_shape, halvings if small else 4 * halvings - 3)
    convolution = partial(conv_norm_activation, padding="centred", kernel_initializer=kernel_initializer,
                          kernel_regularizer=kernel_regularizer)  # fmt: skip
    inputs = keras.Input(image_shape, name="image")
    x = _stem(rescaled(inputs, "torch"), convolution, 2 * growth_rate, small)
    for stage, count in enumerate(counts, 1):
        for block in range(1, count + 1):
            x = dense(x, convolution, growth_rate, f"stage_{stage}_block_{block}")
        x = norm_activation(x, f"stage_{stage}", None)
        x = layers.Activation("relu", name=f"stage_{stage}")(x)
        if stage < len(counts):
            filters = int(x.shape[-1] * COMPRESSION)
            x = convolution(x, filters, 1, batch_norm=False, activation=None, use_bias=False,
                            name=f"stage_{stage}_transition")  # fmt: skip
            x = layers.AveragePooling2D(2, name=f"stage_{stage}_pool")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)  # (batch, features)
    if dropout:
        x = layers.Dropout(dropout, name="dropout")(x)
    return keras.Model(inputs, head(x, num_classes, kernel_regularizer), name=f"densenet_{depth}")


def _stem(x: keras.KerasTensor, convolution: Callable, filters: int, small: bool) -> keras.KerasTensor:
    if small:
        return convolution(x, filters, 3, batch_norm=False, activation=None, use_bias=False, name="stem")
    x = convolution(x, filters, 7, strides=2, name="stem")
    x = layers.ZeroPadding2D(1, name="stem_pool_pad")(x)  # after ReLU, so zeros never win
    return layers.MaxPooling2D(3, 2, name="stem_pool")(x)
