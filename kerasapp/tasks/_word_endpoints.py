"""What a SavedModel of word vectors is asked besides vectors: neighbours and analogies (3CosAdd), as the verbs are."""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from kerasapp.tasks._base import Raw

STRINGS, COUNT = tf.TensorSpec([None], tf.string), tf.TensorSpec([], tf.int32)


def endpoints(model: keras.Model, vocabulary: Sequence[str], prepare: Callable[[Raw], Raw]) -> dict[str, Callable]:
    """`nearest(words, k)` and `analogy(a, b, c, k)`, what is to c as b is to a: of each the k best, `words`, and their
    cosines, `similarities`, (batch, k).

    `prepare` makes the model's inputs of {"words": strings}. Where one asked with has no vector the answers are empty,
    with 0.
    """
    with tf.init_scope():
        names = tf.constant(vocabulary)

    def best(wanted: tf.Tensor, asked: tf.Tensor, known: tf.Tensor, k: tf.Tensor) -> Raw:
        """Of directions (batch, dimensions), without the words asked with, by their places (batch, some)."""
        scores = tf.matmul(wanted, tf.math.l2_normalize(model.table(), 1), transpose_b=True)
        own = tf.reduce_any(tf.range(len(vocabulary))[None, :, None] == asked[:, None, :], 2)
        left_out = tf.reduce_max(tf.reduce_sum(tf.cast(asked >= 0, tf.int32), 1))
        most = len(vocabulary) - tf.clip_by_value(left_out, 0, len(vocabulary))
        found = tf.math.top_k(tf.where(own, float("-inf"), scores), tf.clip_by_value(k, 0, most))
        return {
            "words": tf.where(known[:, None], tf.gather(names, found.indices), ""),
            "similarities": tf.where(known[:, None], found.values, 0.0),
        }

    @tf.function(input_signature=[STRINGS, COUNT], autograph=False)
    def nearest(words: tf.Tensor, k: tf.Tensor) -> Raw:
        asked = prepare({"words": words})
        vectors = model(asked)
        return best(tf.math.l2_normalize(vectors, 1), asked["words"][:, None], _is_one(vectors), k)

    @tf.function(input_signature=[STRINGS, STRINGS, STRINGS, COUNT], autograph=False)
    def analogy(a: tf.Tensor, b: tf.Tensor, c: tf.Tensor, k: tf.Tensor) -> Raw:
        asked = [prepare({"words": words}) for words in (a, b, c)]
        vectors = [model(each) for each in asked]
        first, second, third = (tf.math.l2_normalize(each, 1) for each in vectors)
        wanted = tf.math.l2_normalize(second - first + third, 1)
        known = tf.reduce_all(tf.stack([_is_one(each) for each in vectors]), 0)
        return best(wanted, tf.stack([each["words"] for each in asked], 1), known, k)

    return {"nearest": nearest, "analogy": analogy}


def _is_one(vectors: tf.Tensor) -> tf.Tensor:
    """(batch, dimensions) -> (batch,) whether it is a vector: zeros stand for none."""
    return tf.reduce_any(vectors != 0, 1)
