"""Numbers as waves: sines and cosines of learned frequencies (Gorishniy et al., 2022, arXiv:2203.05556, section
3.3).
"""

import math

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasapp")
class PeriodicFeatures(keras.layers.Layer):
    """(batch, columns) float -> (batch, columns, 2 * frequencies): cos(2 pi c x), then sin(2 pi c x), each column its
    own c.

    The frequencies c are trained from a normal distribution of deviation `scale`, in waves a unit of x.
    """

    def __init__(self, frequencies: int, scale: float, **keywords):
        super().__init__(**keywords)
        self.frequencies, self.scale = frequencies, scale

    def build(self, shape: tuple) -> None:
        start = keras.initializers.RandomNormal(stddev=self.scale)
        self.waves = self.add_weight((shape[-1], self.frequencies), start, name="waves")

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        angles = 2 * math.pi * ops.expand_dims(x, -1) * self.waves
        return ops.concatenate([ops.cos(angles), ops.sin(angles)], axis=-1)

    def get_config(self) -> dict:
        return {**super().get_config(), "frequencies": self.frequencies, "scale": self.scale}
