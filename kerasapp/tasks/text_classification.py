"""A class for each text, which is taken as words and punctuation marks, the same in training and in serving.

All of it is TensorFlow's string ops, in `adapt` as well, so that a SavedModel takes strings as they come. Left out:
parts of words, several texts an example, and bringing Unicode into one form: an accent that is a sign of its own makes
another word than the letter that has it.
"""

import logging
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self

import tensorflow as tf

from kerasapp.errors import DataError
from kerasapp.names import counted
from kerasapp.tasks._base import Raw
from kerasapp.tasks._classification import Classification
from kerasapp.tasks._labels import learn_labels, source
from kerasapp.tasks._vocabulary import positions
from kerasapp.tasks._words import texts_of, words_of
from kerasapp.types import PositiveInt, Split

PADDING, UNKNOWN, FIRST = 0, 1, 2
"""What stands in a text besides words: nothing more, and a word that is not in the vocabulary. Words count from 2."""
AT_ONCE = 1024  # texts
logger = logging.getLogger("kerasapp")


@dataclass(frozen=True, kw_only=True)
class TextClassification(Classification):
    """`text` -> one of the classes. The model's input is int32 (batch, words of the longest): a word's number, PADDING
    behind the text, at least one column.
    """

    FACTS = ("vocabulary", "vocabulary_size", "word_counts", "num_classes")
    INPUT = "text"

    min_count: PositiveInt = 1
    """A word that train has less often counts as unknown."""
    max_words: PositiveInt | None = None
    """A longer text is cut."""
    lowercase: bool = True

    words: list[str] = field(init=False, default=None, repr=False)
    """The vocabulary, the most frequent first; of equally frequent ones in the order of the alphabet."""
    occurrences: list[int] = field(init=False, default=None, repr=False)
    """How often train has each of them, and behind these all that are too rare together."""

    def adapt(self, split: Split) -> Self:
        """Learns classes and vocabulary. Raises DataError."""
        _check_text(split)
        labels = learn_labels(split)
        counts: Counter[bytes] = Counter()
        for texts in texts_of(split, AT_ONCE):
            counts.update(self._words(texts).values.numpy().tolist())
        kept = sorted((-count, word.decode()) for word, count in counts.items() if count >= self.min_count)
        if not kept:
            most = max(counts.values(), default=0)
            told = f"no word occurs {self.min_count} times (task.min_count), the most frequent {most}"
            raise DataError(source(split), f"{told}: lower it" if counts else "its texts have no word")
        occurrences = [-count for count, _ in kept]
        rare = counts.total() - sum(occurrences)
        logger.info("%d different words in %s", len(kept), counted(len(split), "text"))
        return self.learned(**labels, words=[word for _, word in kept], occurrences=[*occurrences, rare])

    def facts(self) -> dict[str, Any]:
        """By a word's number: `vocabulary`, "" for what is no word, and `word_counts` in train."""
        *counts, rare = self.occurrences
        vocabulary = ["", "", *self.words]
        return {
            "vocabulary": vocabulary,
            "vocabulary_size": len(vocabulary),
            "word_counts": [0, rare, *counts],
            "num_classes": len(self.labels),
        }

    def check(self, split: Split, name: str) -> None:
        _check_text(split)
        super().check(split, name)

    def prepare(self, raw: Raw) -> Raw:
        """`tokens` (batch, words of the longest) int32, and `label` where there is one."""
        words = self._words(raw["text"])
        places = positions(words.values[None], [self.words])[0]
        numbers = words.with_values(tf.where(places < 0, UNKNOWN, places + FIRST)).to_tensor(PADDING)
        empty = tf.cast(tf.shape(numbers)[1] == 0, tf.int32)
        tokens = tf.pad(numbers, [[0, 0], [0, empty]], constant_values=PADDING)
        return {"tokens": tf.ensure_shape(tokens, [None, None]), **self.numbered(raw)}

    def encode(self, raw: Raw, keys: tf.Tensor | None = None) -> tuple[tf.Tensor, Raw]:
        return raw["tokens"], {}

    def read(self) -> dict[str, tf.TensorSpec]:
        return {"text": tf.TensorSpec([None], tf.string, name="text")}

    def _words(self, texts: tf.Tensor) -> tf.RaggedTensor:
        words = words_of(texts, self.lowercase)
        return words if self.max_words is None else words[:, : self.max_words]


def _check_text(split: Split) -> None:
    feature = split.features.get("text")
    if feature is None:
        way_out = "Name the column of the texts: data.text"
        raise DataError(source(split), f"the examples have no text, only {', '.join(split.features)}. {way_out}")
    if feature.dtype != "string" or feature.shape:
        raise DataError(source(split), f"text is {feature.dtype} of shape {feature.shape}, and should be one string")
