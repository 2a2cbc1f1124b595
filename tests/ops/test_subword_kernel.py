"""The kernel against the same updates written out pair by pair in NumPy."""

import numpy as np
import pytest

from kerasapp.ops import _subword_kernel
from kerasapp.ops._ngrams import Groups

NOISE = 6  # the one word that is drawn as a negative
STREAM = np.array([0, 1, 2, 3, -1, 4, 5, 0, -2, -2], np.int32)
RATES = (0.5, 0.25)
MEMBERS = [[0, 1], [1, 2, 3], [], [4], [0, 5], [2], [3]]  # n-grams of each word; the third has none
GROUPS = Groups(np.append(0, np.cumsum(list(map(len, MEMBERS)))), np.concatenate(MEMBERS).astype(np.int32))


def tables():
    draw = np.random.default_rng(0)
    return [draw.normal(0, 0.5, (rows, 8)).astype(np.float32) for rows in (7, 6, 7)]


def always(word):
    return np.zeros(7, np.float32), np.full(7, word, np.int32)


def learn(found, stream=STREAM, noise=NOISE, rates=RATES, **given):
    given = {"window": 1, "negatives": 2, "cbow": False, "threads": 1} | given
    return _subword_kernel.learn(found, stream, GROUPS, always(noise), rates, 1, **given)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def centres():
    for place, word in enumerate(STREAM):
        beside = [STREAM[at] for at in (place - 1, place + 1) if 0 <= at < len(STREAM) and STREAM[at] >= 0]
        if word >= 0 and beside:
            yield RATES[0] + (RATES[1] - RATES[0]) * place / 8, word, beside


def rows(words, ngrams, group):
    return [table[row] for word in group for table, row in [(words, word), *((ngrams, n) for n in MEMBERS[word])]]


def pair(words, ngrams, outputs, group, target, rate, negatives):
    """One example of the authors' program: the mean of all rows of a group, of which each gets the whole gradient."""
    found = rows(words, ngrams, group)
    x, before, gradient = np.mean(found, axis=0), outputs.copy(), 0
    for word, label in [(target, 1)] + [(NOISE, 0)] * negatives:
        step = rate * (label - sigmoid(x @ before[word]))
        gradient = gradient + step * before[word]
        outputs[word] += step * x
    for row in found:
        row += gradient


@pytest.mark.parametrize("negatives", [0, 2])
@pytest.mark.parametrize("cbow", [False, True])
def test_updates_are_those_of_the_authors_program_pair_by_pair(cbow, negatives):
    expected, found = tables(), tables()
    for rate, word, beside in centres():
        for group, target in [(beside, word)] if cbow else [([word], other) for other in beside]:
            pair(*expected, group, target, rate, negatives)
    learn(found, cbow=cbow, negatives=negatives)
    for a, b, start in zip(expected, found, tables(), strict=True):
        assert np.abs(a - start).max() > 0.05
        np.testing.assert_allclose(b, a, atol=5e-3)  # the sigmoid is read from a table


def test_an_ngram_that_a_word_has_twice_counts_twice():
    groups = Groups(np.array([0, 2, 2]), np.array([0, 0], np.int32))
    words, ngrams, outputs = np.zeros((2, 4), np.float32), np.zeros((1, 4), np.float32), np.ones((2, 4), np.float32)
    noise = np.ones(2, np.float32), np.zeros(2, np.int32)
    _subword_kernel.learn([words, ngrams, outputs], np.array([0, 1], np.int32), groups, noise, (0.1, 0.1), 1, window=1,
                          negatives=0, cbow=False, threads=1)  # fmt: skip
    np.testing.assert_allclose(ngrams[0], 2 * words[0], rtol=1e-6)
    assert words[0, 0] == pytest.approx(0.05, rel=0.02)


@pytest.mark.parametrize("cbow, pairs", [(False, 10), (True, 7)])
def test_pairs_and_their_loss_are_counted(cbow, pairs):
    loss, counted = learn([np.zeros_like(table) for table in tables()], cbow=cbow)
    assert counted == pairs and loss == pytest.approx(3 * pairs * np.log(2), rel=0.01)


def test_one_thread_gives_the_same_each_time_and_several_go_through_the_whole_stream():
    stream = np.tile(np.array([0, 1, 2, 3, -1], np.int32), 40)
    made = [tables() for _ in range(3)]
    for threads, found in zip((1, 1, 3), made, strict=True):
        learn(found, stream, rates=(0.05, 0.05), threads=threads)
    for one, again, several, start in zip(*made, tables(), strict=True):
        np.testing.assert_array_equal(one, again)
        assert np.abs(one - several).max() < 0.2 * np.abs(one - start).max()
