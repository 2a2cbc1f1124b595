"""word2vec: a vector for each word, learned from those around it (Mikolov et al., 2013, arXiv:1301.3781, 1310.4546).

Two embeddings: one of words as inputs, which is what is kept; one of words as outputs, against which it is trained.
Left out: hierarchical softmax.
"""

import os
from functools import cached_property
from typing import Any, ClassVar, Literal

import keras
import numpy as np
import tensorflow as tf

from kerasapp.errors import KerasappError
from kerasapp.ops._word_blocks import Blocks, blocks_of
from kerasapp.types import PositiveInt


def build(
    *,
    vocabulary_size: int,
    word_counts: list[int],
    window: int,
    architecture: Literal["skip_gram", "cbow"] = "skip_gram",
    dimensions: PositiveInt = 100,
    negatives: PositiveInt = 5,
    kernel: Literal["auto", "tensorflow", "native"] = "auto",
) -> keras.Model:
    """Words (batch, length) int32 -> their vectors (batch, length, dimensions).

    `architecture`: a word predicts those around it, or the mean of those predicts it. `kernel`: matrix products by XLA,
    or machine code made by numba, which is faster on a CPU; `auto` takes that where it can.
    """
    del vocabulary_size  # as many as there are counts
    return Word2Vec(
        counts=list(word_counts),
        window=window,
        cbow=architecture == "cbow",
        dimensions=dimensions,
        negatives=negatives,
        kernel=kernel,
    )


@keras.saving.register_keras_serializable("kerasapp")
class Word2Vec(keras.Model):
    """Trained by plain gradient descent in closed form, which visits only the rows of the words at hand."""

    REACH: ClassVar[float] = 0.5
    """What the vectors' first numbers reach to, times the dimensions: as in the authors' program."""

    def __init__(self, *, counts: list[int], window: int, cbow: bool, dimensions: int, negatives: int, kernel: str,
                 **given: Any):  # fmt: skip
        super().__init__(**given)
        self._config = {"counts": counts, "window": window, "cbow": cbow, "dimensions": dimensions,
                        "negatives": negatives, "kernel": kernel}  # fmt: skip
        self.embedding = self._embedding(len(counts), "embedding")
        self.context = keras.layers.Embedding(len(counts), dimensions, "zeros", name="context")
        self.seeds = keras.random.SeedGenerator()
        self.loss_mean = keras.metrics.Mean("loss")
        self._native = kernel == "native" or (kernel == "auto" and not tf.config.list_physical_devices("GPU"))
        self.context.build()
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
        return blocks_of(own["counts"], window=own["window"], negatives=own["negatives"], cbow=own["cbow"])

    @cached_property
    def _by_tensorflow(self) -> tf.types.experimental.PolymorphicFunction:
        return tf.function(self._blocks.learn, jit_compile=True, autograph=False)

    def table(self) -> tf.Tensor:
        """(words, dimensions) float32, the vectors of all words."""
        return tf.convert_to_tensor(self.embedding.embeddings)

    def word_vectors(self) -> np.ndarray:
        """`table` as NumPy has it."""
        return self.table().numpy()

    def call(self, words: tf.Tensor | dict[str, tf.Tensor]) -> tf.Tensor:
        """Places of words (...), or these as `words` beside their `letters`; zeros of what is no word."""
        places = words["words"] if isinstance(words, dict) else words
        return tf.where(places[..., None] >= 0, self.embedding(tf.maximum(places, 0)), 0.0)

    def compile(self, optimizer: Any = "SGD", **given: Any) -> None:
        """Raises KerasappError for another optimizer than plain SGD: its update is written out in closed form."""
        super().compile(optimizer=optimizer, **given)
        self.check_optimizer(self.optimizer)

    @staticmethod
    def check_optimizer(optimizer: keras.optimizers.Optimizer) -> None:
        """Raises KerasappError for another than plain SGD."""
        if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            raise KerasappError("train.mixed_precision: the update of word vectors is in float32. Leave it out")
        own = keras.optimizers.SGD().get_config()
        config = optimizer.get_config()
        changed = [key for key in own if key not in ("learning_rate", "name") and config.get(key) != own[key]]
        if not isinstance(optimizer, keras.optimizers.SGD) or changed:
            what = f"SGD with {', '.join(changed)}" if type(optimizer) is keras.optimizers.SGD else None
            told = f"word vectors learn by plain SGD, whose update is in closed form, not {what or optimizer.name}"
            raise KerasappError(f"train.optimizer: {told}. Leave it out, or set its learning_rate alone")

    def get_compile_config(self) -> dict[str, Any] | None:
        return {"optimizer": keras.saving.serialize_keras_object(self.optimizer)} if self.compiled else None

    def compile_from_config(self, config: dict[str, Any]) -> None:
        self.compile(keras.saving.deserialize_keras_object(config["optimizer"]))
        self.optimizer.build(self.trainable_variables)

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return [self.loss_mean]

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        words = keras.utils.unpack_x_y_sample_weight(data)[0]
        stream = tf.reshape(words, [-1])
        rates = tf.stack([self._rate(0), self._rate(1)])
        seed = self.seeds.next()
        layers = self._taught_layers()
        learn = self._by_native if self._native else self._by_tensorflow
        tables = (layer.embeddings.value for layer in layers)
        *tables, loss, pairs = learn(*tables, stream, rates, tf.cast(seed % 2**31, tf.int32))
        for layer, new in zip(layers, tables, strict=True):
            if layer.trainable and isinstance(new, tf.IndexedSlices):
                layer.embeddings.value.scatter_update(new)
            elif layer.trainable:
                layer.embeddings.assign(new)
        self.optimizer.iterations.assign_add(1)
        self.loss_mean.update_state(tf.math.divide_no_nan(loss, pairs), sample_weight=pairs)
        return {"loss": self.loss_mean.result()}

    def _taught_layers(self) -> list[keras.layers.Embedding]:
        """Whose tables a step takes and gives, in this order; or it gives what changed, as IndexedSlices."""
        return [self.embedding, self.context]

    def _rate(self, later: int) -> tf.Tensor:
        """The learning rate of so many steps later."""
        rate = self.optimizer._learning_rate
        if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
            return tf.cast(rate(self.optimizer.iterations + later), tf.float32)
        return tf.cast(self.optimizer.learning_rate, tf.float32)

    def _by_native(self, *given: tf.Tensor) -> list[tf.Tensor]:
        *tables, _, _, _ = given
        shapes = [*(table.shape for table in tables), [], []]
        made = tf.numpy_function(self._learned, given, [tf.float32] * len(shapes))
        for tensor, shape in zip(made, shapes, strict=True):
            tensor.set_shape(shape)
        return made

    def _learned(self, *given):
        from tensorflow.python.util import _pywrap_determinism

        *tables, stream, rates, seed = given
        tables = [np.array(table) for table in tables]
        threads = 1 if _pywrap_determinism.is_enabled() else len(os.sched_getaffinity(0))
        seed = int(seed[0]) * 2**31 + int(seed[1])
        loss, pairs = self._by_kernel(tables, stream, tuple(rates.tolist()), seed, threads)
        return [*tables, np.float32(loss), np.float32(pairs)]

    def _by_kernel(self, tables, stream, rates, seed, threads):
        from kerasapp.ops import _word_kernel

        own = self._config
        return _word_kernel.learn(tables, stream, self._blocks.noise, rates, seed, window=own["window"],
                                  negatives=own["negatives"], cbow=own["cbow"], threads=threads)  # fmt: skip

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._config}
