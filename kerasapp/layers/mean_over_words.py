"""A text as the mean of its words (Iyyer et al., 2015, "Deep Unordered Composition Rivals Syntactic Methods")."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasapp")
class MeanOverWords(keras.layers.Layer):
    """(batch, words, dimensions) -> (batch, dimensions), without what the mask leaves out; zeros of an empty text.

    Added up in float32: a text of more than 2048 words can't be counted in float16.
    """

    def __init__(self, **keywords):
        super().__init__(**keywords)
        self.supports_masking = True

    def call(self, vectors: keras.KerasTensor, mask: keras.KerasTensor | None = None) -> keras.KerasTensor:
        x = ops.cast(vectors, "float32")
        left = ops.ones_like(x[:, :, :1]) if mask is None else ops.cast(mask, "float32")[:, :, None]
        mean = ops.sum(x * left, axis=1) / ops.maximum(ops.sum(left, axis=1), 1.0)
        return ops.cast(mean, self.compute_dtype)

    def compute_mask(self, vectors: keras.KerasTensor, mask: keras.KerasTensor | None = None) -> None:
        """None: no word is left to mask."""

    def compute_output_shape(self, shape: tuple) -> tuple:
        return shape[0], shape[2]
