"""Local response normalisation (Krizhevsky et al., 2012, "ImageNet Classification with Deep Convolutional Neural
Networks", section 3.3).
"""

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasapp")
class LocalResponseNormalization(keras.layers.Layer):
    """(batch, h, w, c) -> the same: each value over (bias + alpha * sum of squares) ** beta, the sum over the `size`
    channels around its own.

    The defaults are the paper's. Caffe divides alpha by the size and has 1 for the bias. Worked out in float32.
    """

    def __init__(self, size: int = 5, bias: float = 2.0, alpha: float = 1e-4, beta: float = 0.75, **keywords):
        super().__init__(**keywords)
        self.size, self.bias, self.alpha, self.beta = size, bias, alpha, beta

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        values = ops.cast(x, "float32")
        before, channels = self.size // 2, x.shape[-1]
        padded = ops.pad(values * values, [[0, 0], [0, 0], [0, 0], [before, self.size - 1 - before]])
        total = sum(padded[..., start : start + channels] for start in range(self.size))
        return ops.cast(values * (self.bias + self.alpha * total) ** -self.beta, self.compute_dtype)

    def compute_output_shape(self, shape: tuple) -> tuple:
        return shape

    def get_config(self) -> dict:
        own = {"size": self.size, "bias": self.bias, "alpha": self.alpha, "beta": self.beta}
        return {**super().get_config(), **own}
