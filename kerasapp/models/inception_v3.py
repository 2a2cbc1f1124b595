"""Inception v3: inception blocks of factorised convolutions (Szegedy et al., 2015, arXiv:1512.00567).

As in keras.applications, whose parameters it has (23 817 352 learned for 1000 classes): normalisation does not scale,
for the convolution behind it can. Left out: the auxiliary head, which the weights published there do not have. Label
smoothing, of the same paper, is train.label_smoothing. Pixels come in [-1, 1] (`rescaling`, mode "tf").

Layers: `stem`, `stem_conv_2` ... `stem_conv_5`; `stage_1`, `stage_2`, `stage_3` are the last maps of each size (8, 16,
32 pixels a step; 2, 4, 8 with the small stem); within them `stage_1_block_1_branch_1_conv_1`, ..., `stage_1_block_1`,
...; `head`.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

import keras
from keras import layers

from kerasapp.layers._parts import tower
from kerasapp.layers.conv_norm_activation import conv_norm_activation
from kerasapp.layers.inception import branched
from kerasapp.models._blocks import head
from kerasapp.models._convolutions import is_small, require_size, rescaled
from kerasapp.types import Fraction, Initializer, Regularizer, Weights

POOLED = (32, 64, 64)  # kernels behind the pool of each block of 35 x 35
SEVENTH = (128, 160, 160, 192)  # kernels within the branches of 1x7 and 7x1, each block of 17 x 17
LARGE = 75  # pixels a side: the fewest that the stem of ImageNet takes, with convolutions that do not pad
SMALLEST = {"imagenet": LARGE, "cifar": 21}
EPSILON = 1e-3  # of the normalisation, as in keras.applications


def build(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    stem: Literal["auto", "imagenet", "cifar"] = "auto",
    dropout: Fraction = 0.2,
    kernel_initializer: Initializer | None = None,
    kernel_regularizer: Regularizer | None = None,
    weights: Weights = "none",
) -> keras.Model:
    """Images (batch, h, w, c) float32 in [0, 1] -> logits (batch, num_classes).

    stem: "imagenet" halves the image three times before the first block; "cifar" once; "auto": cifar below 75 pixels a
        side.
    dropout: before the head.
    kernel_initializer: None: He normal. kernel_regularizer: a weight decay of 4e-5 is {name: L2, l2: 2e-5}.
    weights: what it starts from, such as imagenet; training brings them.
    Raises ValueError below 75 x 75 pixels, 21 x 21 with the small stem.
    """
    del weights
    small = is_small(image_shape, stem, LARGE)
    require_size(image_shape, SMALLEST["cifar" if small else "imagenet"])
    convolution = partial(conv_norm_activation, epsilon=EPSILON, scale=False, kernel_initializer=kernel_initializer,
                          kernel_regularizer=kernel_regularizer)  # fmt: skip
    inputs = keras.Input(image_shape, name="image")
    x = _stem(rescaled(inputs, "tf"), convolution, small)
    for block, pooled in enumerate(POOLED, 1):
        x = _block_35(x, convolution, pooled, _name(1, block, len(POOLED)))
    x = _to_17(x, convolution, "stage_2_block_1")
    for block, filters in enumerate(SEVENTH, 2):
        x = _block_17(x, convolution, filters, _name(2, block, len(SEVENTH) + 1))
    x = _to_8(x, convolution, "stage_3_block_1")
    for block in (2, 3):
        x = _block_8(x, convolution, _name(3, block, 3))
    x = layers.GlobalAveragePooling2D(name="pool")(x)  # (batch, features)
    if dropout:
        x = layers.Dropout(dropout, name="dropout")(x)
    return keras.Model(inputs, head(x, num_classes, kernel_regularizer), name="inception_v3")


def _name(stage: int, block: int, blocks: int) -> tuple[str, str]:
    """What a block's layers are called by, and its last one."""
    within = f"stage_{stage}_block_{block}"
    return within, within if block < blocks else f"stage_{stage}"


def _stem(x: keras.KerasTensor, convolution: Callable, small: bool) -> keras.KerasTensor:
    x = convolution(x, 32, 3, strides=1 if small else 2, padding="valid", name="stem")
    x = convolution(x, 32, 3, padding="valid", name="stem_conv_2")
    x = convolution(x, 64, 3, name="stem_conv_3")
    if not small:
        x = layers.MaxPooling2D(3, 2, name="stem_pool_1")(x)
    x = convolution(x, 80, 1, name="stem_conv_4")
    x = convolution(x, 192, 3, padding="valid", name="stem_conv_5")
    return layers.MaxPooling2D(3, 2, name="stem_pool_2")(x)


def _block_35(x: keras.KerasTensor, convolution: Callable, pooled: int, names: tuple[str, str]) -> keras.KerasTensor:
    """Figure 5, but for the 5x5 of its second branch, which the published network kept."""
    return branched(x, convolution, (
        ((64, 1),),
        ((48, 1), (64, 5)),
        ((64, 1), (96, 3), (96, 3)),
    ), ("average", pooled), *names)  # fmt: skip


def _block_17(x: keras.KerasTensor, convolution: Callable, filters: int, names: tuple[str, str]) -> keras.KerasTensor:
    """Figure 6: 7x7 as 1x7 and 7x1."""
    wide, tall = (1, 7), (7, 1)
    return branched(x, convolution, (
        ((192, 1),),
        ((filters, 1), (filters, wide), (192, tall)),
        ((filters, 1), (filters, tall), (filters, wide), (filters, tall), (192, wide)),
    ), ("average", 192), *names)  # fmt: skip


def _block_8(x: keras.KerasTensor, convolution: Callable, names: tuple[str, str]) -> keras.KerasTensor:
    """Figure 7: branches that part once more, into 1x3 and 3x1."""
    within, name = names
    parts = [tower(x, convolution, ((320, 1),), f"{within}_branch_1")]
    for branch, steps in ((2, ((384, 1),)), (3, ((448, 1), (384, 3)))):
        prefix = f"{within}_branch_{branch}"
        y = tower(x, convolution, steps, prefix)
        halves = [tower(y, convolution, ((384, kernel),), f"{prefix}_{part}")
                  for part, kernel in (("wide", (1, 3)), ("tall", (3, 1)))]  # fmt: skip
        parts.append(layers.Concatenate(name=prefix)(halves))
    y = layers.AveragePooling2D(3, 1, "same", name=f"{within}_branch_4_pool")(x)
    parts.append(tower(y, convolution, ((192, 1),), f"{within}_branch_4"))
    return layers.Concatenate(name=name)(parts)


def _to_17(x: keras.KerasTensor, convolution: Callable, name: str) -> keras.KerasTensor:
    """Figure 10: halves by two branches that stride, beside a pool."""
    return _halved(x, convolution, ((), ((64, 1), (96, 3))), (384, 96), name)


def _to_8(x: keras.KerasTensor, convolution: Callable, name: str) -> keras.KerasTensor:
    return _halved(x, convolution, (((192, 1),), ((192, 1), (192, (1, 7)), (192, (7, 1)))), (320, 192), name)


def _halved(
    x: keras.KerasTensor, convolution: Callable, branches: tuple, filters: tuple[int, int], name: str
) -> keras.KerasTensor:
    """Two branches whose last 3x3 strides, with so many kernels, and a max-pool."""
    parts = []
    for branch, (steps, width) in enumerate(zip(branches, filters, strict=True), 1):
        y = tower(x, convolution, steps, f"{name}_branch_{branch}")
        last = f"{name}_branch_{branch}_conv_{len(steps) + 1}"
        parts.append(convolution(y, width, 3, strides=2, padding="valid", name=last))
    parts.append(layers.MaxPooling2D(3, 2, name=f"{name}_branch_3_pool")(x))
    return layers.Concatenate(name=name)(parts)
