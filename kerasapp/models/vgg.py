"""VGG: stacks of 3x3 convolutions (Simonyan and Zisserman, 2014, arXiv:1409.1556), columns A, B, D and E of table 1.

Left out: column C, the local response normalisation of A-LRN (it did not help), the start from a shallower network's
weights, which He initialisation replaces, and training at several scales. Pixels come less the mean of ImageNet's, as
in the paper (`rescaling`, mode "caffe"). For 1000 classes of 224 x 224 the parameters are those of table 2: 133, 133,
138 and 144 million.

Layers: `stage_1_conv_1`, `stage_1_activation_1`, ...; `stage_1` ... `stage_5` are what each stage puts out,
before `stage_1_pool` ... halve it (1, 2, 4, 8, 16 pixels a step); `dense_1`, `dense_2`; `head`. Images below 64 pixels
take the same network, and are best served by a smaller head: units: [512].
"""

from functools import partial
from typing import Literal

import keras
from keras import layers

from kerasapp.layers.conv_norm_activation import conv_norm_activation
from kerasapp.models._blocks import dense_stack, head
from kerasapp.models._convolutions import require_size, rescaled
from kerasapp.types import Fraction, Initializer, PositiveInt, Regularizer, Weights

CONVOLUTIONS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}  # table 1
FILTERS = (64, 128, 256, 512, 512)
SMALLEST = 2 ** len(FILTERS)  # pixels a side that leave one


def build(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    depth: Literal[11, 13, 16, 19] = 16,
    batch_norm: bool = False,
    reduction: Literal["flatten", "average"] = "flatten",
    units: list[PositiveInt] = (4096, 4096),
    dropout: Fraction = 0.5,
    kernel_initializer: Initializer | None = None,
    kernel_regularizer: Regularizer | None = None,
    weights: Weights = "none",
) -> keras.Model:
    """Images (batch, h, w, c) float32 in [0, 1] -> logits (batch, num_classes).

    batch_norm: after each convolution (Ioffe and Szegedy, 2015): from scratch 16 layers and more learn slowly without.
    reduction: how the last map becomes a vector: all of it, as in the paper, or each channel's average.
    units: hidden dense layers of the head. dropout: after each of them.
    kernel_initializer: None: He normal. kernel_regularizer: the paper's weight decay of 5e-4 is {name: L2, l2: 2.5e-4}.
    weights: what it starts from, such as imagenet; training brings them.
    Raises ValueError below 32 x 32 pixels, and where a map of unknown size is flattened.
    """
    del weights
    require_size(image_shape, SMALLEST)
    shared = {"kernel_initializer": kernel_initializer, "kernel_regularizer": kernel_regularizer}
    convolution = partial(conv_norm_activation, batch_norm=batch_norm, **shared)
    inputs = keras.Input(image_shape, name="image")
    x = rescaled(inputs, "caffe")
    for stage, (count, filters) in enumerate(zip(CONVOLUTIONS[depth], FILTERS, strict=True), 1):
        for index in range(1, count):
            x = convolution(x, filters, 3, name=f"stage_{stage}_conv_{index}")
        x = convolution(x, filters, 3, activation=None, name=f"stage_{stage}_conv_{count}")
        x = layers.Activation("relu", name=f"stage_{stage}")(x)
        x = layers.MaxPooling2D(2, name=f"stage_{stage}_pool")(x)
    if reduction == "average":
        x = layers.GlobalAveragePooling2D(name="pool")(x)
    elif None in image_shape:
        raise ValueError("images of varying size can't be flattened: set reduction to average")
    else:
        x = layers.Flatten(name="flatten")(x)  # (batch, features)
    x = dense_stack(x, units, dropout=dropout, **shared)
    return keras.Model(inputs, head(x, num_classes, kernel_regularizer), name=f"vgg_{depth}")
