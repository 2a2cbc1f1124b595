"""Noise between convolutions, each channel as much as it learns to want (Karras et al., 2018, arXiv:1812.04948, "B" of
figure 1b).
"""

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasapp")
class NoiseInjection(keras.layers.Layer):
    """(batch, h, w, c) -> the same, plus one map of standard normal noise an image, times a weight a channel.

    The weights start at 0, so that it begins as nothing. There is noise in use too, as a generator needs it;
    `only_in_training` makes it a regulariser.
    """

    def __init__(self, only_in_training: bool = False, seed: int | None = None, **keywords):
        super().__init__(**keywords)
        self.only_in_training, self.seed = only_in_training, seed
        self.seeds = keras.random.SeedGenerator(seed)

    def build(self, shape: tuple) -> None:
        self.strength = self.add_weight((shape[-1],), "zeros", name="strength")

    def call(self, x: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        if self.only_in_training and not training:
            return x
        batch, height, width, _ = ops.shape(x)
        noise = keras.random.normal((batch, height, width, 1), dtype=self.compute_dtype, seed=self.seeds)
        return x + noise * ops.cast(self.strength, self.compute_dtype)

    def compute_output_shape(self, shape: tuple) -> tuple:
        return shape

    def get_config(self) -> dict:
        return {**super().get_config(), "only_in_training": self.only_in_training, "seed": self.seed}
