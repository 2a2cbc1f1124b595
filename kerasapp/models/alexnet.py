"""AlexNet: five convolutions, overlapping max-pooling, two dense layers with dropout (Krizhevsky et al., 2012).

Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks".
`groups: 2` cuts the second, fourth and fifth convolution in two halves of the channels, as the paper's two GPUs did
(60 965 224 parameters for 1000 classes of 224 x 224); the default is of one piece (62 378 344), and starts faster. Left
out: biases that start at 1, He initialisation in place of a deviation of .01, the noise on principal components.
Pixels come less the mean of ImageNet's (`rescaling`, mode "caffe").

Layers: `stem`, `stem_pool`; `stage_1_conv_1`, `stage_2_conv_1` ... `stage_2_conv_3`; `stage_1` and `stage_2` are what
each stage puts out, before `stage_1_pool` and `stage_2_pool` halve it (8 and 16 pixels a step; 2 and 4 with the small
stem); `dense_1`, `dense_2`; `head`.
"""

from functools import partial
from typing import Literal

import keras
from keras import layers

from kerasapp.layers._parts import beside
from kerasapp.layers.conv_norm_activation import conv_norm_activation
from kerasapp.layers.local_response_normalization import LocalResponseNormalization
from kerasapp.models._blocks import dense_stack, head
from kerasapp.models._convolutions import is_small, require_size, rescaled
from kerasapp.types import Fraction, Initializer, PositiveInt, Regularizer

STAGES = ((256,), (384, 384, 256))  # kernels: section 3.5
SMALLEST = {"imagenet": 63, "cifar": 15}  # pixels a side that leave one


def build(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    stem: Literal["auto", "imagenet", "cifar"] = "auto",
    normalization: Literal["response", "batch", "none"] = "response",
    groups: Literal[1, 2] = 1,
    units: list[PositiveInt] = (4096, 4096),
    dropout: Fraction = 0.5,
    kernel_initializer: Initializer | None = None,
    kernel_regularizer: Regularizer | None = None,
) -> keras.Model:
    """Images (batch, h, w, c) float32 in [0, 1] -> logits (batch, num_classes).

    stem: "imagenet" 11x11 by strides of 4; "cifar" 5x5 alone, as in Krizhevsky's own networks for CIFAR-10; "auto":
        cifar below 64 pixels a side.
    normalization: "response": the paper's local one, after the first two activations; "batch": after every convolution.
    groups: 2: as the paper divides channels between two GPUs.
    units: hidden dense layers of the head. dropout: after each of them.
    kernel_initializer: None: He normal. kernel_regularizer: the paper's weight decay of 5e-4 is {name: L2, l2: 2.5e-4}.
    Raises ValueError below 63 x 63 pixels, 15 x 15 with the small stem, and for images of varying size.
    """
    small = is_small(image_shape, stem)
    require_size(image_shape, SMALLEST["cifar" if small else "imagenet"])
    if None in image_shape:
        raise ValueError("images of varying size can't be flattened: set task.image_size")
    shared = {"kernel_initializer": kernel_initializer, "kernel_regularizer": kernel_regularizer}
    convolution = partial(conv_norm_activation, batch_norm=normalization == "batch", **shared)
    inputs = keras.Input(image_shape, name="image")
    x = rescaled(inputs, "caffe")
    if small:
        x = convolution(x, 96, 5, name="stem")
    else:
        x = layers.ZeroPadding2D(2, name="stem_pad")(x)  # so that 224 and 227 pixels both end in 6 x 6
        x = convolution(x, 96, 11, strides=4, padding="valid", name="stem")
    x = _pool(x, normalization == "response", "stem")
    for stage, widths in enumerate(STAGES, 1):
        for index, filters in enumerate(widths, 1):
            apart = 1 if (stage, index) == (2, 1) else groups  # the third convolution sees both halves
            size = 5 if stage == 1 else 3
            x = convolution(x, filters, size, groups=apart, activation=None, name=f"stage_{stage}_conv_{index}")
            last = index == len(widths)
            x = layers.Activation("relu", name=_activation_of(stage, index, last))(x)
        x = _pool(x, normalization == "response" and stage == 1, f"stage_{stage}")
    x = dense_stack(layers.Flatten(name="flatten")(x), units, dropout=dropout, **shared)
    return keras.Model(inputs, head(x, num_classes, kernel_regularizer), name="alexnet")


def _activation_of(stage: int, index: int, last: bool) -> str:
    return f"stage_{stage}" if last else beside(f"stage_{stage}_conv_{index}", "activation")


def _pool(x: keras.KerasTensor, response: bool, name: str) -> keras.KerasTensor:
    """Windows of 3 by strides of 2, which overlap (section 3.4), after local response normalisation."""
    if response:
        x = LocalResponseNormalization(name=f"{name}_response")(x)
    return layers.MaxPooling2D(3, 2, name=f"{name}_pool")(x)
