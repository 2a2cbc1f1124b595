"""A network of keras.applications with weights that were learned elsewhere, and a head of one's own.

What is learned further is one of three strategies (Yosinski et al., 2014, arXiv:1411.1792): nothing but the head, the
last convolutions, all. Batch normalisation keeps what it has seen elsewhere, in its statistics and its scale, unless
`batch_norm` says otherwise: a few hundred photographs tell less of them. The head begins at zero (Dosovitskiy et al.,
2020, arXiv:2010.11929, section 3.2): where there are more features than photographs, what random weights say would stay
in it for good. The weights themselves are brought by training (kerasapp/training/_base_weights.py), so that a trained
model is opened without them. Left out: hidden layers in the head, the maximum in place of the mean over the last map.

Layers: `preprocess`, `base` (a model, with the layers that keras.applications gives it), `pool`, `dropout`, `head`.
"""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import keras
from keras import layers

from kerasapp.errors import KerasappError, first_line
from kerasapp.layers.application_input import ApplicationInput
from kerasapp.models._applications import settle
from kerasapp.models._blocks import head
from kerasapp.names import meant
from kerasapp.types import Application, Fraction, PositiveInt, Regularizer, Weights

CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)
OURS = {
    *("include_top", "weights", "input_tensor", "input_shape", "pooling", "classes", "classifier_activation", "name"),
    "include_preprocessing",  # pixels come as the base is to have them
}


def build(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    base: Application,
    base_arguments: dict[str, Any] | None = None,
    weights: Weights = "imagenet",
    safe_mode: bool = True,
    strategy: Literal["frozen", "train_top", "train_all"] = "frozen",
    train_top: PositiveInt = 3,
    batch_norm: Literal["inference", "train"] = "inference",
    views: PositiveInt | None = None,
    dropout: Fraction = 0.0,
    kernel_regularizer: Regularizer | None = None,
) -> keras.Model:
    """Images (batch, h, w, 1 or 3) float32 in [0, 1] -> logits (batch, num_classes).

    base, base_arguments: `MobileNetV2`, and what that function takes besides, such as {alpha: 0.35}.
    weights: `imagenet` (fetched once by Keras), `none`, a file (.weights.h5, .h5, .keras), a run, an exported model.
    safe_mode: false: a .keras file may bring code, such as a Lambda layer's, which is run.
    strategy: frozen: the head alone learns, on features that are computed once where nothing augments the images;
        train_top: the last `train_top` convolutions too, depthwise ones counted; train_all: all of it.
    batch_norm: inference: as it was, in training too; train: it learns as far as what is beside it does.
    views: with a frozen base, so many augmented views of each image go through it once, and an epoch takes one of
        them; None: augmented images go through it anew in every epoch.
    dropout: before the head.
    Raises KerasappError where the base does not take the arguments or has fewer convolutions, ValueError where it does
    not take the images.
    """
    del weights, safe_mode  # training brings them
    network = _base(base, image_shape, base_arguments or {})
    _freeze(network, base, strategy, train_top, batch_norm)
    images = keras.Input(image_shape, name="image")
    x = ApplicationInput(base, name="preprocess")(images)
    x = network(x, training=False) if strategy == "frozen" else network(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)  # (batch, features)
    logits = head(layers.Dropout(dropout, name="dropout")(x), num_classes, kernel_regularizer, initializer="zeros")
    made = Pretrained(images, logits, name="pretrained")
    made.views = views
    made.with_imagenet = partial(_base, base, image_shape, base_arguments or {}, "imagenet")
    return made


@keras.saving.register_keras_serializable("kerasapp")
class Pretrained(keras.Model):
    """A functional model that also takes {"features": (batch, n)}, which go in where `pool` puts them out.

    `with_imagenet()`, where `build` made it, gives the base with ImageNet's weights; Keras fetches them once.
    """

    with_imagenet: Callable[[], keras.Model] | None = None
    views: int | None = None

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> keras.KerasTensor:
        if not isinstance(inputs, dict):
            return super().call(inputs, training=training, mask=mask)
        x = self.get_layer("dropout")(inputs["features"], training=training)
        return self.get_layer("head")(x)

    def features(self, images: keras.KerasTensor) -> keras.KerasTensor:
        """(batch, h, w, c) -> (batch, n), what `pool` puts out when nothing learns; float32 in mixed precision too."""
        x = self.get_layer("base")(self.get_layer("preprocess")(images), training=False)
        return keras.ops.cast(self.get_layer("pool")(x), "float32")

    @property
    def fixed_features(self) -> bool:
        """Whether what `features` gives is the same in every epoch."""
        return not self.get_layer("base").trainable_variables

    def _assert_input_compatibility(self, *given: Any, **named: Any) -> None:
        """Anything: Keras knows of the images alone."""


def _base(
    name: str, image_shape: tuple[int, int, int], given: dict[str, Any], weights: str | None = None
) -> keras.Model:
    """The network without its top, with random weights or `imagenet`. Raises ValueError, KerasappError."""
    make = getattr(keras.applications, name)
    takes = [key for key in inspect.signature(make).parameters if key not in OURS]
    for key in given:
        if key not in takes:
            raise KerasappError(f'model.base_arguments: {name} has no argument "{key}"{meant(key, takes)}')
    try:
        made = make(include_top=False, weights=weights, input_shape=(*image_shape[:2], 3), **given)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name} can't be made for images of {image_shape}: {first_line(error)}") from None
    settle(made)
    made.name = "base"
    return made


def _freeze(network: keras.Model, name: str, strategy: str, train_top: int, batch_norm: str) -> None:
    """Raises KerasappError where there are not so many convolutions."""
    if strategy == "frozen":
        network.trainable = False
        return
    own = list(network._flatten_layers(include_self=False))
    if strategy == "train_top":
        convolutions = [layer for layer in own if isinstance(layer, CONVOLUTIONS)]
        if len(convolutions) < train_top:
            told = f"model.train_top: {name} has {len(convolutions)} convolutions, and {train_top} are to learn"
            raise KerasappError(f"{told}. Ask for fewer, or strategy: train_all")
        first = own.index(convolutions[-train_top])
    else:
        first = 0
    for number, layer in enumerate(own):
        kept = strategy == "train_top" and not isinstance(layer, (*CONVOLUTIONS, layers.BatchNormalization))
        normalises = isinstance(layer, layers.BatchNormalization)
        layer.trainable = number >= first and not kept and (batch_norm == "train" or not normalises)
