"""A text as words and punctuation marks, by TensorFlow's own string ops (RE2's classes of Unicode)."""

from collections.abc import Iterator

import tensorflow as tf

from kerasapp.types import Split

WORD = r"[\pL\pN_][\pL\pM\pN_]*"
TOKEN = rf"({WORD}(?:['\x{{2019}}]{WORD})*|[^\s\pZ\pC\pL\pN_]\pM*)"
"""Letters and digits, with an apostrophe within; or one sign. Accents and vowel signs stay with what they stand on."""
BLANKS = r"[\s\pZ\pC]+"
LOCAL = "\u0130\u00cc\u00cd\u0128\u012e"
"""Capitals whose small form TensorFlow's `lower` lets depend on the machine's language (Turkish, Lithuanian)."""


def texts_of(split: Split, at_once: int, size: int | None = None) -> Iterator[tf.Tensor]:
    """The `text` of every example, in order, (at most `at_once`,) string each; fewer where that many come to more than
    `size` bytes.
    """
    first, count = 0, at_once if size is None else 1
    while first < len(split):
        last = min(first + count, len(split))
        yield (texts := split.gather(tf.range(first, last, dtype=tf.int64))["text"])
        if size is not None:
            taken = int(tf.reduce_sum(tf.strings.length(texts)))
            count = min(max(count * size // max(taken, 1), 1), 2 * count, at_once)
        first = last


def words_of(texts: tf.Tensor, lowercase: bool) -> tf.RaggedTensor:
    """(batch,) strings -> (batch, words) strings of valid UTF-8: a byte that is none becomes the sign U+FFFD.

    The same on every machine, whatever its language.
    """
    texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8")
    texts = tf.strings.regex_replace(texts, BLANKS, " ")  # `lower` would end a text at a zero
    if lowercase:
        texts = tf.strings.lower(texts)  # ASCII: a Turkish machine's I
        for capital in LOCAL:
            texts = tf.strings.regex_replace(texts, capital, capital.lower())
        texts = tf.strings.lower(texts, encoding="utf-8")
    return tf.strings.split(tf.strings.regex_replace(texts, TOKEN, r" \1 "))
