"""word2vec: a vector for each word, learned from those around it (Mikolov et al., 2013, arXiv:1301.3781, 1310.4546).

Two embeddings: one of words as inputs, which is what is kept; one of outputs, against which it is trained: words, or in
hierarchical softmax the inner nodes of a tree of words.
"""

from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from kerasapp.errors import KerasappError
from kerasapp.models._closed_form import ClosedForm, native, threads
from kerasapp.ops._word_blocks import blocks_of
from kerasapp.ops._word_losses import NegativeSampling
from kerasapp.types import PositiveInt


def build(
    *,
    vocabulary_size: int,
    word_counts: list[int],
    window: int,
    architecture: Literal["skip_gram", "cbow"] = "skip_gram",
    dimensions: PositiveInt = 100,
    loss: Literal["negative_sampling", "hierarchical_softmax", "full_softmax"] = "negative_sampling",
    negatives: PositiveInt = 5,
    kernel: Literal["auto", "tensorflow", "native"] = "auto",
) -> keras.Model:
    """Words (batch, length) int32 -> their vectors (batch, length, dimensions).

    `architecture`: a word predicts those around it, or the mean of those predicts it. `loss`: each word against
    `negatives` drawn by chance; by its way through a binary tree; or against all words, which is slow where there are
    more than a few thousand. `kernel`: matrix products by XLA, or machine code made by numba, which is faster on a CPU;
    `auto` takes that where it can. Raises KerasappError for full softmax by numba.
    """
    del vocabulary_size  # as many as there are counts
    if kernel == "native" and loss == "full_softmax":
        raise KerasappError("model.kernel: full_softmax is all matrix products, and has no native form. Leave it out")
    return Word2Vec(
        counts=list(word_counts),
        window=window,
        cbow=architecture == "cbow",
        dimensions=dimensions,
        loss=loss,
        negatives=negatives,
        kernel=kernel,
    )


@keras.saving.register_keras_serializable("kerasapp")
class Word2Vec(ClosedForm):
    """Trained by plain gradient descent in closed form, which visits only the rows of the words at hand."""

    def __init__(self, *, counts: list[int], window: int, cbow: bool, dimensions: int, loss: str, negatives: int,
                 kernel: str, **given: Any):  # fmt: skip
        super().__init__(**given)
        self._config = {"counts": counts, "window": window, "cbow": cbow, "dimensions": dimensions,
                        "loss": loss, "negatives": negatives, "kernel": kernel}  # fmt: skip
        reach = 0.5 / dimensions  # as in the authors' program
        uniform = keras.initializers.RandomUniform(-reach, reach)
        self._blocks = blocks_of(counts, window=window, loss=loss, negatives=negatives, cbow=cbow)
        self.embedding = keras.layers.Embedding(len(counts), dimensions, uniform, name="embedding")
        self.context = keras.layers.Embedding(len(self._blocks.damping[1]), dimensions, "zeros", name="context")
        self.seeds = keras.random.SeedGenerator()
        self._by_tensorflow = tf.function(self._blocks.learn, jit_compile=True, autograph=False)
        self._native = loss != "full_softmax" and native(kernel)
        self.embedding.build()
        self.context.build()
        self.built = True

    def word_vectors(self) -> np.ndarray:
        """(words, dimensions) float32."""
        return keras.ops.convert_to_numpy(self.embedding.embeddings)

    def call(self, words: tf.Tensor) -> tf.Tensor:
        return self.embedding(tf.maximum(words, 0))

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        words = keras.utils.unpack_x_y_sample_weight(data)[0]
        stream = tf.reshape(words, [-1])
        seed = self.seeds.next()
        inputs, outputs = self.embedding.embeddings, self.context.embeddings
        learn = self._by_native if self._native else self._by_tensorflow
        made = learn(inputs.value, outputs.value, stream, self.rates(), tf.cast(seed % 2**31, tf.int32))
        for table, new, layer in zip((inputs, outputs), made, (self.embedding, self.context), strict=False):
            if layer.trainable:
                table.assign(new)
        return self.stepped(*made[2:])

    def _by_native(self, *given: tf.Tensor) -> list[tf.Tensor]:
        made = tf.numpy_function(self._learned, given, [tf.float32] * 4)
        for tensor, like in zip(made, given[:2], strict=False):
            tensor.set_shape(like.shape)
        return [*made[:2], tf.reshape(made[2], []), tf.reshape(made[3], [])]

    def _learned(self, inputs, outputs, stream, rates, seed):
        from kerasapp.ops import _word_kernel

        tables = [np.array(inputs), np.array(outputs)]
        own, by = self._config, self._blocks.loss
        told, negatives = (by.noise, by.negatives) if isinstance(by, NegativeSampling) else (by.tree, None)
        loss, pairs = _word_kernel.learn(
            tables, stream, told, tuple(rates.tolist()), int(seed[0]) * 2**31 + int(seed[1]),
            window=own["window"], negatives=negatives, cbow=own["cbow"], threads=threads(),
        )  # fmt: skip
        return [*tables, np.float32(loss), np.float32(pairs)]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._config}
