"""GoogLeNet, the first Inception (Szegedy et al., 2014, arXiv:1409.4842), with its two auxiliary heads.

They are there in training alone, where their losses are added to the network's own by `auxiliary_weight` (.3, section
5); what is predicted, evaluated and exported is the last head. Without normalisation or with the paper's local one it
has 6 998 552 parameters for 1000 classes, and 13 378 280 with the auxiliary heads (224 x 224). Batch normalisation, the
default, came a year later (Ioffe and Szegedy, 2015, arXiv:1502.03167) and makes it learn from scratch in a fraction of
the steps. Left out: the average over several networks and crops, Polyak's average (train.optimizer.use_ema). Pixels
come less the mean of ImageNet's (`rescaling`, mode "caffe").

Layers: `stem`; `stage_1` ... `stage_4` are the last maps before each halving (4, 8, 16, 32 pixels a step; 1, 2, 4, 8
with the small stem), `stage_2_block_1`, ... the other inception blocks, with `stage_2_block_1_branch_1_conv_1`, ...;
`auxiliary_1_conv`, `auxiliary_1_dense`, `auxiliary_1_head`; `head`.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import keras
from keras import layers

from kerasapp.layers._parts import made
from kerasapp.layers.conv_norm_activation import conv_norm_activation
from kerasapp.layers.inception import inception
from kerasapp.layers.local_response_normalization import LocalResponseNormalization
from kerasapp.models._blocks import head
from kerasapp.models._convolutions import is_small, require_size, rescaled
from kerasapp.types import Fraction, Initializer, NonNegativeFloat, Regularizer

STAGES = (  # table 1: 1x1; 3x3 and 5x5, each behind a 1x1; the 1x1 behind the pool
    ((64, (96, 128), (16, 32), 32), (128, (128, 192), (32, 96), 64)),
    ((192, (96, 208), (16, 48), 64), (160, (112, 224), (24, 64), 64), (128, (128, 256), (24, 64), 64),
     (112, (144, 288), (32, 64), 64), (256, (160, 320), (32, 128), 128)),
    ((256, (160, 320), (32, 128), 128), (384, (192, 384), (48, 128), 128)),
)  # fmt: skip
AUXILIARY = ("stage_3_block_1", "stage_3_block_4")  # 4a and 4d, section 5
AUXILIARY_POOL, AUXILIARY_UNITS, AUXILIARY_DROPOUT = (5, 3), (128, 1024), 0.7


def build(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    stem: Literal["auto", "imagenet", "cifar"] = "auto",
    normalization: Literal["batch", "response", "none"] = "batch",
    auxiliary_weight: NonNegativeFloat = 0.3,
    dropout: Fraction = 0.4,
    kernel_initializer: Initializer | None = None,
    kernel_regularizer: Regularizer | None = None,
) -> keras.Model:
    """Images (batch, h, w, c) float32 in [0, 1] -> logits (batch, num_classes).

    stem: "imagenet" 7x7 by strides of 2, then a 3x3 max-pool by 2; "cifar" 3x3 alone; "auto": cifar below 64 pixels a
        side.
    normalization: "batch": after every convolution; "response": the paper's local one, twice before the first block.
    auxiliary_weight: of the loss of each auxiliary head; 0: there are none.
    dropout: before the head; the auxiliary ones have .7.
    kernel_initializer: None: He normal. kernel_regularizer: such as {name: L2, l2: 1e-4}.
    Raises ValueError below 32 x 32 pixels, its last stride; 8 x 8 with the small stem.
    """
    arguments = dict(locals())
    convolution = partial(conv_norm_activation, batch_norm=normalization == "batch",
                          kernel_initializer=kernel_initializer, kernel_regularizer=kernel_regularizer)  # fmt: skip
    small = is_small(image_shape, stem)
    require_size(image_shape, 8 if small else 32)
    inputs = keras.Input(image_shape, name="image")
    x = _stem(rescaled(inputs, "caffe"), convolution, small, normalization == "response")
    heads = []
    for stage, blocks in enumerate(STAGES, 2):
        x = layers.MaxPooling2D(3, 2, "same", name=f"stage_{stage - 1}_pool")(x)
        for block, widths in enumerate(blocks, 1):
            within = f"stage_{stage}_block_{block}"
            x = inception(x, convolution, widths, within, within if block < len(blocks) else f"stage_{stage}")
            if auxiliary_weight and within in AUXILIARY:
                name = f"auxiliary_{len(heads) + 1}"
                heads.append(_auxiliary(x, convolution, num_classes, kernel_regularizer, name))
    x = layers.GlobalAveragePooling2D(name="pool")(x)  # (batch, features)
    if dropout:
        x = layers.Dropout(dropout, name="dropout")(x)
    return GoogLeNet(inputs, head(x, num_classes, kernel_regularizer), heads, arguments)


@keras.saving.register_keras_serializable("kerasapp")
class GoogLeNet(keras.Model):
    """Images -> the last head's logits; in training those of the auxiliary heads beside them, for the loss alone."""

    def __init__(self, inputs: Any, outputs: Any, heads: list, arguments: dict[str, Any]):
        super().__init__(inputs=inputs, outputs=outputs, name="googlenet")
        self._arguments = arguments
        self.in_training = keras.Model(inputs, [outputs, *heads], name="in_training") if heads else None

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if training and self.in_training is not None:
            return self.in_training(inputs, training=True)
        return super().call(inputs, training=training, mask=mask)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The last head's loss and the regularisers', and `auxiliary_weight` times that of each auxiliary head."""
        last, *others = y_pred if isinstance(y_pred, (list, tuple)) else [y_pred]
        loss = super().compute_loss(x, y, last, sample_weight, training)
        for logits in others:
            loss = loss + self._arguments["auxiliary_weight"] * self._compile_loss(y, logits, sample_weight)
        return loss

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        last = y_pred[0] if isinstance(y_pred, (list, tuple)) else y_pred
        return super().compute_metrics(x, y, last, sample_weight)

    def get_config(self) -> dict[str, Any]:
        """What `build` took."""
        return self._arguments

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> keras.Model:
        return build(**config)


def _stem(x: keras.KerasTensor, convolution: Callable, small: bool, response: bool) -> keras.KerasTensor:
    if small:
        x = convolution(x, 64, 3, name="stem")
    else:
        x = convolution(x, 64, 7, strides=2, name="stem")
        x = layers.MaxPooling2D(3, 2, "same", name="stem_pool")(x)
    if response:
        x = LocalResponseNormalization(name="stem_response")(x)
    x = convolution(x, 64, 1, name="stage_1_conv_1")
    x = convolution(x, 192, 3, activation=None, name="stage_1_conv_2")
    x = layers.Activation("relu", name="stage_1")(x)
    return LocalResponseNormalization(name="stage_1_response")(x) if response else x


def _auxiliary(
    x: keras.KerasTensor, convolution: Callable, num_classes: int, regularizer: Any, name: str
) -> keras.KerasTensor:
    """(batch, h, w, c) -> logits (batch, num_classes), section 5; maps below 5 x 5 are averaged whole."""
    size, strides = AUXILIARY_POOL
    if all(side is not None and side >= size for side in x.shape[1:3]):
        x = layers.AveragePooling2D(size, strides, name=f"{name}_pool")(x)
    else:
        x = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_pool")(x)
    x = convolution(x, AUXILIARY_UNITS[0], 1, name=f"{name}_conv")
    x = layers.Flatten(name=f"{name}_flatten")(x)
    x = layers.Dense(AUXILIARY_UNITS[1], "relu", kernel_initializer=keras.initializers.HeNormal(),
                     kernel_regularizer=made(keras.regularizers, regularizer), name=f"{name}_dense")(x)  # fmt: skip
    x = layers.Dropout(AUXILIARY_DROPOUT, name=f"{name}_dropout")(x)
    return head(x, num_classes, regularizer, name=f"{name}_head")
