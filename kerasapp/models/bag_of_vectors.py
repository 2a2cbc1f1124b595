"""A bag of word vectors: their mean, and a linear layer (fastText's classifier; Joulin et al., 2017, arXiv:1607.01759).

The order of the words is lost. Left out: that paper's n-grams, and its hierarchical softmax.

Layers: `embedding`, `mean`, `dropout`, `head`.
"""

import keras
from keras import layers

from kerasapp.layers.mean_over_words import MeanOverWords
from kerasapp.models._blocks import head, word_embedding
from kerasapp.types import Embedding, Fraction, PositiveInt


def build(
    *,
    vocabulary_size: int,
    num_classes: int,
    dimensions: PositiveInt = 100,
    embedding: Embedding | None = None,
    dropout: Fraction = 0.0,
) -> keras.Model:
    """Words' numbers (batch, words) int32, 0 behind the text -> logits (batch, num_classes).

    dimensions: of a word's vector. embedding: the vectors to start from; None: small random ones, trained.
    dropout: of the mean.
    """
    words = keras.Input((None,), dtype="int32", name="words")
    x = word_embedding(vocabulary_size, dimensions, embedding)(words)  # (batch, words, dimensions)
    x = MeanOverWords(name="mean")(x)  # (batch, dimensions)
    if dropout:
        x = layers.Dropout(dropout, name="dropout")(x)
    return keras.Model(words, head(x, num_classes), name="bag_of_vectors")
