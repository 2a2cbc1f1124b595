"""GloVe: a vector for each word, such that products of vectors are the logarithms of how often words stand near each
other (Pennington et al., 2014, https://nlp.stanford.edu/pubs/glove.pdf).

Trained as by the authors' program: AdaGrad, whose squares begin at 1 and gather what was multiplied by the rate. Left
out: windows of one side, and a vector for unknown words.
"""

from typing import Any, Literal

import keras
import tensorflow as tf

from kerasapp.errors import KerasappError
from kerasapp.models._closed_form import ClosedForm, in_numpy, native, threads
from kerasapp.ops._glove_blocks import blocks_of
from kerasapp.types import PositiveFloat, PositiveInt

TRAIN = {
    "epochs": 15,
    "batch_size": 64,  # rows of some thousand pairs
    "optimizer": {"name": "Adagrad", "learning_rate": 0.05, "initial_accumulator_value": 1.0},
}


def build(
    *,
    vocabulary_size: int,
    cooccurrence_window: int,
    dimensions: PositiveInt = 100,
    x_max: PositiveFloat = 100.0,
    alpha: PositiveFloat = 0.75,
    kernel: Literal["auto", "tensorflow", "native"] = "auto",
) -> keras.Model:
    """Words (batch, ...) int32 -> their vectors (batch, ..., dimensions), the sum of the two that each word has.

    A count is weighed by (count / x_max) ** alpha, at most by 1. `kernel`: blocks of pairs by XLA, or machine code made
    by numba, which is faster on a CPU; `auto` takes that where it can.
    """
    del cooccurrence_window  # who asks for it is trained on counts of pairs
    return Glove(words=vocabulary_size, dimensions=dimensions, x_max=x_max, alpha=alpha, kernel=kernel)


@keras.saving.register_keras_serializable("kerasapp")
class Glove(ClosedForm):
    """Trained on {"pairs": (batch, length, 2) int32, "counts": (batch, length) float32}, 0 where there is none."""

    OPTIMIZER = keras.optimizers.Adagrad
    FREE = ("learning_rate", "initial_accumulator_value")

    def __init__(self, *, words: int, dimensions: int, x_max: float, alpha: float, kernel: str, **given: Any):
        super().__init__(**given)
        self._config = {"words": words, "dimensions": dimensions, "x_max": x_max, "alpha": alpha, "kernel": kernel}
        reach = 0.5 / dimensions  # as in the authors' program
        uniform = keras.initializers.RandomUniform(-reach, reach)
        self.embedding = keras.layers.Embedding(words, dimensions, uniform, name="embedding")
        self.context = keras.layers.Embedding(words, dimensions, uniform.clone(), name="context")
        self.embedding_bias = keras.layers.Embedding(words, 1, uniform.clone(), name="embedding_bias")
        self.context_bias = keras.layers.Embedding(words, 1, uniform.clone(), name="context_bias")
        self._blocks = blocks_of(words, x_max=x_max, alpha=alpha)
        self._by_tensorflow = tf.function(self._blocks.learn, jit_compile=True, autograph=False)
        self._native = native(kernel)
        for layer in self._parts():
            layer.build()
        self.built = True

    def table(self) -> tf.Tensor:
        """(words, dimensions) float32: the sum of both, as in section 4.2 of the paper."""
        return tf.convert_to_tensor(self.embedding.embeddings + self.context.embeddings)

    def call(self, words: tf.Tensor | dict[str, tf.Tensor]) -> tf.Tensor:
        """Places of words (...), or these as `words` or `pairs` of a mapping; zeros of what is no word."""
        places = words.get("words", words.get("pairs")) if isinstance(words, dict) else words
        rows = tf.maximum(places, 0)
        return tf.where(places[..., None] >= 0, self.embedding(rows) + self.context(rows), 0.0)

    def check_optimizer(self, optimizer: keras.optimizers.Optimizer) -> None:
        """Raises KerasappError for another than plain Adagrad, and where it begins by dividing by 0."""
        super().check_optimizer(optimizer)
        if not optimizer.initial_accumulator_value > 0:
            told = "steps are divided by the root of initial_accumulator_value, which must be above 0"
            raise KerasappError(f"train.optimizer: {told}. Leave it out: it is 1")

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        inputs = keras.utils.unpack_x_y_sample_weight(data)[0]
        pairs, counts = tf.reshape(inputs["pairs"], [-1, 2]), tf.reshape(inputs["counts"], [-1])
        weights = [layer.embeddings for layer in self._parts()]
        squares = [self.optimizer._accumulators[self.optimizer._get_variable_index(weight)] for weight in weights]
        learn = self._by_native if self._native else self._by_tensorflow
        tables = [tf.convert_to_tensor(variable) for variable in (*weights, *squares)]
        made, loss, count = learn(tables, pairs, counts, self.rates())
        for layer, weight, square, new, gathered in zip(
            self._parts(), weights, squares, made[:4], made[4:], strict=True
        ):
            if layer.trainable:
                weight.assign(new)
                square.assign(gathered)
        return self.stepped(loss, count)

    def _parts(self) -> list[keras.layers.Layer]:
        return [self.embedding, self.context, self.embedding_bias, self.context_bias]

    def _by_native(self, tables: list[tf.Tensor], *given: tf.Tensor) -> tuple:
        *made, loss, count = in_numpy(self._learned, tables, *given)
        return made, loss, count

    def _learned(self, tables, pairs, counts, rates):
        from kerasapp.ops import _glove_kernel

        weighed = {key: self._config[key] for key in ("x_max", "alpha")}
        return _glove_kernel.learn(tables, pairs, counts, tuple(rates.tolist()), **weighed, threads=threads())
