"""Images in [0, 1] as one of keras.applications was trained on them."""

import importlib

import keras

from kerasapp import keras_names
from kerasapp.types import Application


@keras.saving.register_keras_serializable("kerasapp")
class ApplicationInput(keras.layers.Layer):
    """(batch, h, w, 1 or 3) in [0, 1] -> (batch, h, w, 3) as the network `base` takes it.

    Its own `preprocess_input`: -1 to 1 (MobileNetV2), BGR less ImageNet's mean (ResNet50, VGG16), ImageNet's mean and
    deviation (DenseNet121), or 0 to 255 where the network itself scales (EfficientNetB0). Grey becomes three times the
    same.
    """

    def __init__(self, base: Application, **keywords):
        super().__init__(**{**keywords, "trainable": False})
        self.base = base
        self._prepared = importlib.import_module(keras_names.names("applications")[base][0]).preprocess_input

    def call(self, images: keras.KerasTensor) -> keras.KerasTensor:
        if images.shape[-1] == 1:
            images = keras.ops.repeat(images, 3, axis=-1)
        return self._prepared(images * 255.0, data_format="channels_last")

    def compute_output_shape(self, shape: tuple) -> tuple:
        return *shape[:-1], 3

    def get_config(self) -> dict:
        config = super().get_config()
        config.pop("trainable", None)
        return {**config, "base": self.base}
