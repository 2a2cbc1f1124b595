"""n-grams against gensim's, which are fastText's; and TensorFlow's against NumPy's."""

import numpy as np
import pytest
import tensorflow as tf
from gensim.models.fasttext import compute_ngrams_bytes, ft_ngram_hashes

from kerasapp.ops import _ngrams
from kerasapp.ops._ngram_ops import ngrams
from kerasapp.ops._ngrams import Groups, groups

WORDS = ["", "a", "ab", "whale", "banana", "don't", "naïve", "straße", "Москва", "हिन्दी", "東京都", "שלום", "a\u0301e",
         "🐋🐋x🐋", "<b>", "long" * 900, "новости" * 40, "z"]  # fmt: skip
LENGTHS = [(3, 6), (1, 1), (1, 3), (2, 2), (5, 9)]


def of(found, number):
    return found.members[found.starts[number] : found.starts[number + 1]].tolist()


@pytest.mark.parametrize("min_n, max_n", LENGTHS)
@pytest.mark.parametrize("buckets", [7, 2**18, 2**31 - 1])
def test_rows_are_those_of_fasttext(min_n, max_n, buckets):
    found = groups(WORDS, min_n, max_n, buckets)
    for number, word in enumerate(WORDS):
        assert sorted(of(found, number)) == sorted(ft_ngram_hashes(word, min_n, max_n, buckets)), word
    assert found.sizes.tolist() == [len(compute_ngrams_bytes(word, min_n, max_n)) for word in WORDS]


def test_a_byte_from_128_on_is_negative_in_the_hash():
    """By hand, 32 bits: h = (h ^ int8(byte)) * 16777619, as `Dictionary::hash` of the authors' program."""
    value = 2166136261
    for byte in "<é>".encode():
        value = (value ^ (byte - 256 if byte > 127 else byte)) * 16777619 % 2**32
    assert of(groups(["é"], 3, 3, 2**31 - 1), 0) == [value % (2**31 - 1)]


@pytest.mark.parametrize("min_n, max_n", LENGTHS)
def test_tensorflow_has_the_same_in_the_same_order(min_n, max_n):
    expected = groups(WORDS, min_n, max_n, 1000)
    found = tf.function(lambda words: ngrams(words, min_n, max_n, 1000))(tf.constant(WORDS))
    assert found.row_splits.numpy().tolist() == expected.starts.tolist()
    assert found.values.numpy().tolist() == expected.members.tolist()


def test_bytes_that_are_no_utf8_have_some_rows_in_a_saved_model():
    found = ngrams(tf.constant([b"\xff\xfeab", b"\x80" * 50, b"a\0b"]), 3, 6, 1000)
    assert found.row_lengths().numpy().min() >= 0 and found[2].shape[0] == 6


def test_no_words_have_no_ngrams():
    assert groups([], 3, 6, 10).starts.tolist() == [0]
    assert ngrams(tf.constant([], tf.string), 3, 6, 10).shape[0] == 0


def test_a_table_of_some_rows_alone_is_met_at_the_same_ngrams():
    whole = groups(["whale", "ship", "whaling", "Москва"], 3, 6, 500)
    words = np.array([2, -1, 0, 2, -2])
    rows = whole.rows(words)
    assert rows.tolist() == sorted({*of(whole, 0), *of(whole, 2)})
    part = whole.renumbered(rows)
    for word in (0, 2):
        assert rows[of(part, word)].tolist() == of(whole, word)


@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_sums_count_an_ngram_as_often_as_a_word_has_it(at_once, monkeypatch):
    monkeypatch.setattr(_ngrams, "AT_ONCE", at_once)
    table = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    found = Groups(np.array([0, 3, 3, 4]), np.array([1, 1, 4, 0], np.int32)).sums(table)
    np.testing.assert_allclose(found, [2 * table[1] + table[4], np.zeros(3), table[0]], rtol=1e-6)
    assert found.dtype == np.float32
