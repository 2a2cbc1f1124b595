"""Words from running text, for models that learn a vector for each from its neighbours (Mikolov et al., 2013,
arXiv:1301.3781 and 1310.4546).

A line of text is a sentence, and a window does not cross it. Words that are rarer than `min_count` are left out before
windows are laid, and so are, by chance and anew in each epoch, very frequent ones (`subsample`), as in the authors' own
program.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

import keras
import numpy as np
import tensorflow as tf

from kerasapp.errors import DataError, WorkError
from kerasapp.tasks._base import Raw, Task
from kerasapp.tasks._cooccurrences import cooccurrences
from kerasapp.tasks._corpus import Corpus, corpus_of, kept_corpus
from kerasapp.tasks._losses import own_loss
from kerasapp.tasks._phrases import join
from kerasapp.tasks._rows import GONE, SENTENCE_END, Rows, places_of
from kerasapp.tasks._triples import Triples
from kerasapp.tasks._vocabulary import positions
from kerasapp.tasks._word_endpoints import endpoints
from kerasapp.types import NonNegativeFloat, PositiveFloat, PositiveInt, Spec, Split
from kerasapp.vectors import FILE, Vectors, write

ASKED = 253  # known words that an export is checked with
UNSEEN = "\u00fc\u20ac\0".encode()  # letters of two and of three bytes, and a zero


@dataclass(frozen=True, kw_only=True)
class Word2Vec(Task):
    """`text` -> rows of running words. The model learns from words within `window` of each other.

    `subsample` is the share of the text from which on a word is left out more often than not (Mikolov et al., 2013,
    arXiv:1310.4546, section 2.3, in the form of the authors' program); 0 leaves none out. A model that asks for
    `cooccurrence_window` is trained on counts of the words within it, in which none is left out. `tokens`: `words` are
    letters and digits with an apostrophe within, `spaces` takes whatever stands between spaces. `phrases` joins two
    words that stand together with a score above it, `new_york`: 100 as in the authors' word2phrase, more for fewer.
    """

    FACTS = ("vocabulary", "vocabulary_size", "word_counts", "subsampled_counts", "window", "cooccurrence_window")
    METRICS = ("loss", "analogy_accuracy")
    SPLIT = None
    TRAIN = {  # noqa: RUF012 - read as a literal
        "epochs": 5,
        "batch_size": 1,
        "optimizer": {
            "name": "SGD",
            "learning_rate": {"name": "PolynomialDecay", "initial_learning_rate": 0.025, "end_learning_rate": 1e-4},
        },
        "monitor": {"metric": "loss", "mode": "min"},
        "keep": "last",
        "steps_per_execution": 1,
    }
    INPUT = "text"
    EVALUATION = "words"

    cache = None  # the folder where corpora are kept, where there is one
    known = None  # the training split, and its corpus

    min_count: PositiveInt = 5
    subsample: NonNegativeFloat = 1e-3
    window: PositiveInt = 5
    phrases: PositiveFloat | None = None
    lowercase: bool = True
    tokens: Literal["words", "spaces"] = "words"

    words: list[str] = field(init=False, default=None, repr=False)
    counts: list[int] = field(init=False, default=None, repr=False)
    text_words: int = field(init=False, default=None, repr=False)
    """How many words the text has, with those that are too rare."""

    def caching_in(self, folder: Path) -> Self:
        return self.learned(cache=folder)

    def adapt(self, split: Split) -> Self:
        """Learns the vocabulary, the most frequent word first. Raises DataError."""
        corpus = self._corpus(split)
        order = np.argsort(-corpus.counts[1:], kind="stable") + 1
        order = order[corpus.counts[order] >= self.min_count]
        if len(order) < 2:
            raise DataError(split.ids[0], _too_few(corpus, len(order), self.min_count))
        words = [corpus.words[number] for number in order]
        total = int(corpus.counts[1:].sum())
        return self.learned(words=words, counts=corpus.counts[order].tolist(), text_words=total, known=(split, corpus))

    def check(self, split: Split, name: str) -> None:
        """Raises DataError for any text but that of training."""
        if name == "train":
            return
        told = "word vectors are not measured by other text. Give tests that people made: --analogies, --similarity"
        if name in ("validation", "test"):
            told = f"word vectors learn from all of the text and have no use for a {name} split"
            told += f": leave data.{name}, data.split and folds out"
        raise DataError(split.ids[0] if len(split) else name, told)

    def cut(self, split: Split, asked: Collection[str] = ()) -> Rows | Triples:
        """Rows of running words; of counts of words near each other, where the model asks for `cooccurrence_window`.

        Raises DataError where no word has a neighbour.
        """
        corpus = self._corpus(split)
        if "cooccurrence_window" not in asked:
            return Rows(corpus, self.words)
        counted = cooccurrences(corpus, places_of(corpus, self.words), self.window, self.cache)
        if not counted.length:
            told = f"no two of the {len(self.words)} words that occur {self.min_count} times stand on one line"
            raise DataError(split.ids[0], f"{told}: a window does not cross its end. Take longer lines")
        return Triples(counted)

    def amount(self, split: Split) -> tuple[int, str]:
        """All words of the text, as others count them: with those that are too rare or passed over; or all pairs."""
        return (split.pairs, "pairs") if isinstance(split, Triples) else (self.text_words, "words")

    def facts(self) -> dict[str, Any]:
        return {
            "vocabulary": self.words,
            "vocabulary_size": len(self.words),
            "word_counts": self.counts,
            "subsampled_counts": (self._chances() * self.counts).tolist() if self.subsample else self.counts,
            "window": self.window,
            "cooccurrence_window": self.window,
        }

    def encode(self, raw: Raw, keys: tf.Tensor | None = None) -> tuple[tf.Tensor | Raw, Raw]:
        """(batch, length) int32 -> (batch, length + 1): what is left, one after the other, and then only GONE.

        Sentences end with SENTENCE_END, and so does each row. Counted pairs are passed on, `pairs` (batch, length, 2)
        int32 and `counts` (batch, length) float32, 0 where there is none. In serving (batch,) each, {"words": places,
        "letters": strings}: a model may have vectors for words that are not in the vocabulary.
        """
        if "words" in raw or "pairs" in raw:
            return raw, {}
        tokens = tf.pad(raw["tokens"], [[0, 0], [0, 1]], constant_values=SENTENCE_END)
        left = tokens != GONE
        if keys is not None and self.subsample:
            chances = tf.gather(self._chances(), tf.maximum(tokens, 0))
            left &= (tokens < 0) | (tf.random.stateless_uniform(tf.shape(tokens), keys[0]) < chances)
        kept = tf.boolean_mask(tokens, left)
        filled = tf.pad(kept, [[0, tf.size(tokens) - tf.size(kept)]], constant_values=GONE)
        return tf.ensure_shape(tf.reshape(filled, tf.shape(tokens)), tokens.shape), {}

    def elements(self, raw: Raw, keys: tf.Tensor | None = None) -> tuple:
        return (self.encode(raw, keys)[0],)

    def target(self, raw: Raw, context: Raw) -> None:
        """None: the words are their own targets."""

    def loss(self, chosen: Spec | None = None, label_smoothing: float = 0.0) -> None:
        """None: the model computes it. Raises KerasappError for one that is asked for."""
        own_loss(chosen, label_smoothing)

    def metrics(self) -> list[keras.metrics.Metric]:
        return []

    def decode(self, outputs: tf.Tensor, context: Raw) -> Raw:
        """`vector` (batch, dimensions), zeros of a word that the model has none for."""
        return {"vector": outputs}

    def result(self, model: keras.Model) -> Vectors:
        """Raises WorkError where training has diverged, which the loss of a kernel need not show."""
        of_ngrams, matrix = getattr(model, "ngram_rows", None), model.word_vectors()
        if bad := int((~np.isfinite(matrix).all(axis=1)).sum()):
            told = f"{bad} of {len(matrix)} vectors are NaN or infinite"
            raise WorkError(f"training diverged: {told}. Lower train.optimizer.learning_rate, and start anew")
        return Vectors(self.words, matrix, np.asarray(self.counts), of_ngrams() if of_ngrams else None)

    def keep(self, result: Vectors, folder: Path) -> None:
        """vectors.npz, for `nearest`, `analogy` and `evaluate`."""
        write(folder / FILE, result)

    def read(self) -> dict[str, tf.TensorSpec]:
        return {"words": tf.TensorSpec([None], tf.string)}

    def asked(self, examples: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Words from all over the vocabulary, and some that are not in it."""
        places = np.linspace(0, len(self.words) - 1, min(ASKED, len(self.words))).astype(int)
        words = [self.words[place].encode() for place in places]
        return {"words": np.array([*words, 2 * words[0], words[0] + UNSEEN, b"\0"], object)}

    def signatures(self, model: keras.Model) -> dict[str, Callable]:
        """`serving_default` and `embed`: words to vectors; `nearest` and `analogy` (3CosAdd) as the verbs have them."""
        embed = super().signatures(model)["serving_default"]
        return {"serving_default": embed, "embed": embed, **endpoints(model, self.words, self.prepare)}

    def prepare(self, raw: Raw) -> Raw:
        """In serving the place of each word, -1 where it is not known, beside its letters."""
        if "words" not in raw:
            return raw
        return {"words": positions(raw["words"][None], [self.words])[0], "letters": raw["words"]}

    def _corpus(self, split: Split) -> Corpus:
        if self.known and self.known[0] is split:
            return self.known[1]
        corpus = corpus_of(split, tokens=self.tokens, lowercase=self.lowercase, cache=self.cache)
        if self.phrases is None:
            return corpus
        key = f"{corpus.key} {self.phrases} {self.min_count}"
        return kept_corpus(self.cache, key, lambda folder: join(corpus, folder, self.phrases, self.min_count))

    def _chances(self) -> np.ndarray:
        """(words,) float32: how likely each occurrence is to be kept."""
        shares = np.asarray(self.counts) / np.sum(self.counts) / self.subsample
        return np.minimum((np.sqrt(shares) + 1) / shares, 1).astype(np.float32)


def _too_few(corpus: Corpus, left: int, min_count: int) -> str:
    distinct = len(corpus.words) - 1
    if distinct < 2:
        told = f'the text has one word, "{corpus.words[1]}", again and again' if distinct else "the text has no word"
        return f"{told}: vectors need words beside others"
    first = int(np.argmax(corpus.counts[1:])) + 1
    most = f'the most frequent, "{corpus.words[first]}", {corpus.counts[first]} times'
    told = f"{left or 'none'} of {distinct} words occurs {min_count} times (task.min_count), {most}"
    return f"{told}. Lower it, or take more text"
