"""A plain convolutional network: a stem, blocks of convolutions that end in pooling, a dense head (LeCun et al., 1998).

What LeNet-5 began, with what came later: ReLU (Krizhevsky et al., 2012), stacked 3x3 kernels (Simonyan and Zisserman,
2014, arXiv:1409.1556), batch normalisation before the activation (Ioffe and Szegedy, 2015, arXiv:1502.03167), dropout
(Srivastava et al., 2014), He initialisation (He et al., 2015, arXiv:1502.01852). Left out: LeNet's trained
subsampling, its sparse connections between maps, and its radial basis outputs.

Layers: `stem`; `block_1_conv_1`, `block_1_norm_1`, `block_1_activation_1`, ..., `block_1_pool`, `block_1_dropout`,
`block_2_conv_1`, ...; `pool` or `flatten`, `dropout`, `dense_1`, ...; `head`.
"""

from functools import partial
from typing import Literal

import keras
from keras import layers

from kerasapp.layers.conv_norm_activation import conv_norm_activation
from kerasapp.models._blocks import dense_stack, head, hidden_widths
from kerasapp.types import (
    Activation,
    Fraction,
    Initializer,
    NonNegativeInt,
    Padding,
    PositiveFloat,
    PositiveInt,
    Regularizer,
)

LARGE = 128  # pixels of the shorter side from which a stem that halves the image comes first
SMALLEST_MAP = 4  # pixels of the shorter side that as many blocks as fit leave at least
FEWEST_BLOCKS = 2


def build(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    stem_filters: NonNegativeInt | None = None,
    stem_kernel_size: PositiveInt = 5,
    stem_strides: PositiveInt = 2,
    blocks: PositiveInt | None = None,
    convolutions: PositiveInt = 1,
    filters: PositiveInt | list[PositiveInt] = 32,
    growth: PositiveFloat = 2.0,
    kernel_size: PositiveInt = 3,
    strides: PositiveInt = 1,
    dilation_rate: PositiveInt = 1,
    padding: Padding = "same",
    activation: Activation = "relu",
    batch_norm: bool = True,
    use_bias: bool | None = None,
    pooling: Literal["max", "average", "none"] = "max",
    pool_size: PositiveInt = 2,
    pool_strides: PositiveInt | None = None,
    block_dropout: Fraction = 0.0,
    reduction: Literal["flatten", "average", "max"] = "flatten",
    units: PositiveInt | list[PositiveInt] = (64,),
    hidden_layers: NonNegativeInt | None = None,
    dropout: Fraction = 0.25,
    kernel_initializer: Initializer | None = None,
    kernel_regularizer: Regularizer | None = None,
) -> keras.Model:
    """Images (batch, h, w, c) float32 in [0, 1] -> logits (batch, num_classes).

    stem_filters: kernels of a first convolution; 0: no stem; None: as many as `filters` where the image has 128 pixels
        a side or more, no stem otherwise. stem_kernel_size, stem_strides: its pixels.
    blocks: None: as many as halve the map to no less than 4 pixels a side, and at least 2.
    convolutions: in each block. strides: of the first of them.
    filters: kernels of the first block, times `growth` in each next; or a list, one for each block.
    use_bias: of the convolutions and hidden dense layers; None: where no batch normalisation follows.
    pool_strides: None: `pool_size`; less: overlapping pooling (Krizhevsky et al., 2012: size 3, strides 2). A pool that
        would leave less than 2 pixels a side is left out.
    block_dropout: after each block. dropout: before each layer of the head.
    reduction: how the last map becomes a vector: all of it, or each channel's average or maximum (Lin et al., 2013).
    units: of each hidden dense layer of the head, as a list; or of all `hidden_layers` of them (None: one).
    kernel_initializer: None: what fits the activation, He normal for ReLU.
    Raises ValueError where a kernel does not fit, `filters` and `blocks` or `units` and `hidden_layers` disagree, or a
    map of unknown size is flattened.
    """
    shared = {"activation": activation, "batch_norm": batch_norm, "use_bias": use_bias,
              "kernel_initializer": kernel_initializer, "kernel_regularizer": kernel_regularizer}  # fmt: skip
    convolution = partial(conv_norm_activation, padding=padding, **shared)
    shorter = min((size for size in image_shape[:2] if size), default=LARGE)
    first = filters if isinstance(filters, int) else filters[0]
    stem = stem_filters if stem_filters is not None else first if shorter >= LARGE else 0

    x = inputs = keras.Input(image_shape, name="image")
    if stem:
        x = convolution(x, stem, stem_kernel_size, strides=stem_strides, name="stem")
        shorter = shorter // stem_strides
    for number, width in enumerate(_widths(filters, growth, blocks, shorter), 1):
        for index in range(1, convolutions + 1):
            x = convolution(x, width, kernel_size, strides=strides if index == 1 else 1, dilation_rate=dilation_rate,
                            name=f"block_{number}_conv_{index}")  # fmt: skip
        x = _pool(x, pooling, pool_size, pool_strides or pool_size, f"block_{number}_pool")
        if block_dropout:
            x = layers.Dropout(block_dropout, name=f"block_{number}_dropout")(x)
    x = _vector(x, reduction)  # (batch, features)
    if dropout:
        x = layers.Dropout(dropout, name="dropout")(x)
    x = dense_stack(x, hidden_widths(units, hidden_layers), dropout=dropout, **shared)
    return keras.Model(inputs, head(x, num_classes, kernel_regularizer), name="cnn")


def _widths(filters: int | list[int], growth: float, blocks: int | None, shorter: int) -> list[int]:
    """Kernels of each block."""
    if not isinstance(filters, int):
        if blocks not in (None, len(filters)):
            raise ValueError(f"filters names {len(filters)} blocks, blocks {blocks}: leave one of them out")
        return list(filters)
    count = blocks or max(FEWEST_BLOCKS, (shorter // SMALLEST_MAP).bit_length() - 1)
    return [max(1, round(filters * growth**number)) for number in range(count)]


def _pool(x: keras.KerasTensor, pooling: str, size: int, strides: int, name: str) -> keras.KerasTensor:
    """The pool, unless it would leave less than 2 pixels a side."""
    if pooling == "none" or any(side is not None and (side - size) // strides + 1 < 2 for side in x.shape[1:3]):
        return x
    kind = layers.MaxPooling2D if pooling == "max" else layers.AveragePooling2D
    return kind(size, strides, name=name)(x)


def _vector(x: keras.KerasTensor, reduction: str) -> keras.KerasTensor:
    if reduction == "flatten":
        if None in x.shape[1:3]:
            raise ValueError("images of varying size can't be flattened: set reduction to average or max")
        return layers.Flatten(name="flatten")(x)
    return (layers.GlobalAveragePooling2D if reduction == "average" else layers.GlobalMaxPooling2D)(name="pool")(x)
