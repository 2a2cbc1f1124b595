"""word2vec: a vector for each word, learned from those around it (Mikolov et al., 2013, arXiv:1301.3781, 1310.4546).

Two embeddings: one of words as inputs, which is what is kept; one of outputs, against which it is trained: words, or in
hierarchical softmax the inner nodes of a tree of words. Left out: updates by anything but plain gradient descent.
"""

from functools import cached_property
from typing import Any, ClassVar, Literal

import keras
import numpy as np
import tensorflow as tf

from kerasapp.errors import KerasappError
from kerasapp.models._closed_form import ClosedForm, deterministic, has_gpu, in_numpy, native, threads
from kerasapp.ops._room import Room
from kerasapp.ops._word_blocks import Blocks, blocks_of
from kerasapp.ops._word_losses import NegativeSampling
from kerasapp.ops._word_streams import STREAMS, Apart, in_streams
from kerasapp.types import PositiveInt


def build(
    *,
    vocabulary_size: int,
    word_counts: list[int],
    window: int,
    subsampled_counts: list[float] | None = None,
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
        seen=list(subsampled_counts or word_counts),
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

    REACH: ClassVar[float] = 0.5
    """What the vectors' first numbers reach to, times the dimensions: as in the authors' program."""

    def __init__(self, *, counts: list[int], seen: list[float], window: int, cbow: bool, dimensions: int, loss: str,
                 negatives: int, kernel: str, **given: Any):  # fmt: skip
        super().__init__(**given)
        self._config = {"counts": counts, "seen": seen, "window": window, "cbow": cbow, "dimensions": dimensions,
                        "loss": loss, "negatives": negatives, "kernel": kernel}  # fmt: skip
        outputs = len(counts) - (loss == "hierarchical_softmax")  # a tree has one inner node less than leaves
        self.embedding = self._embedding(len(counts), "embedding")
        self.context = keras.layers.Embedding(outputs, dimensions, "zeros", name="context")
        self.context.build()
        self.seeds = keras.random.SeedGenerator()
        self._native = loss != "full_softmax" and native(kernel)
        self.built = True

    def _embedding(self, rows: int, name: str) -> keras.layers.Embedding:
        reach = self.REACH / self._config["dimensions"]
        uniform = keras.initializers.RandomUniform(-reach, reach)
        layer = keras.layers.Embedding(rows, self._config["dimensions"], uniform, name=name)
        layer.build()
        return layer

    @cached_property
    def _blocks(self) -> Blocks:
        own = self._config
        keys = ("counts", "seen", "window", "loss", "negatives", "cbow")
        return blocks_of(**{key: own[key] for key in keys})

    @cached_property
    def _compiled(self) -> tf.types.experimental.PolymorphicFunction:
        return tf.function(self._blocks.learn, jit_compile=True, autograph=False)

    def _by_tensorflow(self, inputs: Any, outputs: tf.Variable, stream: tf.Tensor, *others: tf.Tensor) -> tuple:
        if self._config["loss"] == "full_softmax" or has_gpu():  # one keeps all busy
            return self._compiled(inputs, outputs, stream, *others)
        shares = self._blocks.shares(tf.size(stream) / STREAMS)
        return in_streams(self._compiled, shares, inputs, outputs, stream, *others)

    def table(self) -> tf.Tensor:
        """(words, dimensions) float32, the vectors of all words."""
        return tf.convert_to_tensor(self.embedding.embeddings)

    def call(self, words: tf.Tensor | dict[str, tf.Tensor]) -> tf.Tensor:
        """Places of words (...), or these as `words` beside their `letters`; zeros of what is no word."""
        places = words["words"] if isinstance(words, dict) else words
        return tf.where(places[..., None] >= 0, self.embedding(tf.maximum(places, 0)), 0.0)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        words = keras.utils.unpack_x_y_sample_weight(data)[0]
        stream = tf.reshape(words, [-1])
        count = tf.cast(self.seeds.next() % 2**31, tf.int32)
        seed = tf.random.stateless_uniform([2], count, None, None, tf.int32)  # blocks count on from it, by step
        layers = self._taught_layers()
        learn = self._by_native if self._native else self._by_tensorflow
        tables = (layer.embeddings.value for layer in layers)
        *tables, loss, pairs = learn(*tables, stream, self.rates(), seed)
        for layer, new in zip(layers, tables, strict=True):
            if layer.trainable and isinstance(new, tf.IndexedSlices):
                layer.embeddings.value.scatter_update(new)
            elif layer.trainable:
                layer.embeddings.assign(new)
        return self.stepped(loss, pairs)

    def _taught_layers(self) -> list[keras.layers.Embedding]:
        """Whose tables a step takes and gives, in this order; or it gives what changed, as IndexedSlices."""
        return [self.embedding, self.context]

    def _by_native(self, *given: tf.Tensor) -> list[tf.Tensor]:
        *tables, stream, rates, seed = given
        return in_numpy(self._learned, tables, stream, rates, seed)

    def _learned(self, tables, stream, rates, seed, *more):
        rates, seed = tuple(rates.tolist()), int(seed[0]) * 2**31 + int(seed[1])
        return self._by_kernel(tables, stream, rates, seed, *more)

    @cached_property
    def _room(self) -> Room:
        return Room()

    @cached_property
    def _known_shares(self) -> dict[int, list[np.ndarray]]:
        return {}

    def _threads(self, stream: np.ndarray) -> dict[str, Any]:
        """What a kernel is told: where the result is to be the same each time, each thread has tables of its own."""
        if not deterministic():
            return {"threads": threads()}
        if stream.size not in self._known_shares:
            shares = tf.nest.flatten(self._blocks.shares(tf.constant(stream.size / STREAMS, tf.float32)))
            self._known_shares[stream.size] = [each.numpy()[:, 0] for each in shares]
        return {"threads": STREAMS, "apart": Apart(self._known_shares[stream.size], self._room)}

    def _by_kernel(self, tables, stream, rates, seed):
        from kerasapp.ops import _word_kernel

        own, by = self._config, self._blocks.loss
        told, negatives = (by.noise, by.negatives) if isinstance(by, NegativeSampling) else (by.tree, None)
        return _word_kernel.learn(tables, stream, told, rates, seed, window=own["window"], negatives=negatives,
                                  cbow=own["cbow"], **self._threads(stream))  # fmt: skip
