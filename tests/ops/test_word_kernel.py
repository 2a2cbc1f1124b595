"""The kernel against the same updates written out pair by pair in NumPy."""

import numpy as np
import pytest

from kerasapp.ops import _kernel_threads, _word_kernel
from kerasapp.ops._huffman import tree
from kerasapp.ops._room import Room
from kerasapp.ops._word_streams import Apart

NOISE = 6  # the one word that is drawn as a negative
STREAM = np.array([0, 1, 2, 3, -1, 4, 5, 0, -2, -2], np.int32)
RATES = (0.5, 0.25)
COUNTS = [9, 7, 6, 5, 3, 2, 1]


def tables():
    draw = np.random.default_rng(0)
    return [draw.normal(0, 0.5, (7, 8)).astype(np.float32) for _ in range(2)]


def always(word, words=7):
    """An alias table that gives the same word each time."""
    return np.zeros(words, np.float32), np.full(words, word, np.int32)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def centres():
    """Place, word and the words beside it, of each centre; a sentence's end is no neighbour."""
    for place, word in enumerate(STREAM):
        beside = [STREAM[at] for at in (place - 1, place + 1) if 0 <= at < len(STREAM) and STREAM[at] >= 0]
        if word >= 0 and beside:
            yield place, word, beside


def rate(place):
    return RATES[0] + (RATES[1] - RATES[0]) * place / 8  # words and ends of sentences


def told_by_noise(word, negatives):
    return [(word, 1)] + [(NOISE, 0)] * negatives


def told_by_tree(word, negatives):
    nodes, ways = tree(COUNTS)
    return [(node, 1 - way) for node, way in zip(nodes[word], ways[word], strict=True) if node >= 0]


def skip_gram(inputs, outputs, told, negatives):
    for place, word, beside in centres():
        before, change = outputs.copy(), np.zeros_like(outputs)
        for other in beside:
            x, gradient = inputs[other].copy(), 0
            for target, label in told(word, negatives):
                step = rate(place) * (label - sigmoid(x @ before[target]))
                gradient, change[target] = gradient + step * before[target], change[target] + step * x
            inputs[other] += gradient
        outputs += change


def cbow(inputs, outputs, told, negatives):
    for place, word, beside in centres():
        x, gradient = np.mean([inputs[other] for other in beside], axis=0), 0
        for target, label in told(word, negatives):
            step = rate(place) * (label - sigmoid(x @ outputs[target]))
            gradient = gradient + step * outputs[target]
            outputs[target] += step * x
        for other in beside:
            inputs[other] += gradient


@pytest.mark.parametrize("form", [skip_gram, cbow])
@pytest.mark.parametrize("negatives", [0, 2, None])
def test_updates_are_those_of_the_paper_pair_by_pair(form, negatives):
    """Of negative sampling and, without negatives, of hierarchical softmax."""
    expected, found = tables(), tables()
    told, table = (told_by_tree, tree(COUNTS)) if negatives is None else (told_by_noise, always(NOISE))
    form(*expected, told, negatives)
    _word_kernel.learn(found, STREAM, table, RATES, 1, window=1, negatives=negatives, cbow=form is cbow, threads=1)
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_allclose(b, a, atol=5e-3)  # the sigmoid is read from a table
    assert np.abs(expected[1] - tables()[1]).max() > 0.05


def test_a_negative_that_is_the_word_itself_is_passed_over():
    expected, found = tables(), tables()
    for negatives, made in ((0, expected), (3, found)):
        stream = np.array([0, 0, 0], np.int32)
        _word_kernel.learn(made, stream, always(0), RATES, 1, window=1, negatives=negatives, cbow=False, threads=1)
    np.testing.assert_array_equal(found[0], expected[0])


def test_windows_reach_from_one_to_the_largest_evenly():
    """Each word alone in a sentence of its own kind: which inputs moved tells how far the window reached."""
    reached = np.zeros(4)
    for seed in range(400):
        inputs, outputs = np.zeros((9, 2), np.float32), np.ones((9, 2), np.float32)
        stream = np.array([8, 8, 8, 0, 1, 2, 3, 4], np.int32)
        outputs[[8, 1, 2, 3, 4]] = 0  # only word 0, as a centre, moves its neighbours
        _word_kernel.learn([inputs, outputs], stream, always(8, 9), (0.1, 0.1), seed, window=4, negatives=0,
                           cbow=False, threads=1)  # fmt: skip
        reached[np.flatnonzero(inputs[1:5].any(axis=1)).max()] += 1
    assert (abs(reached / 400 - 0.25) < 0.08).all(), reached


def test_loss_is_that_of_the_pairs_before_they_are_learned():
    inputs, outputs = tables()
    stream = np.array([0, 1], np.int32)
    expected = -sum(
        np.log(sigmoid(inputs[a] @ outputs[b])) + np.log(1 - sigmoid(inputs[a] @ outputs[NOISE]))
        for a, b in ((1, 0), (0, 1))
    )
    loss, pairs = _word_kernel.learn([inputs, outputs], stream, always(NOISE), (1e-6, 1e-6), 1, window=1, negatives=1,
                                     cbow=False, threads=1)  # fmt: skip
    assert pairs == 2 and loss == pytest.approx(expected, abs=0.04)


def test_the_loss_of_a_long_stream_is_that_of_some_of_it_wherever_sentences_end(monkeypatch):
    monkeypatch.setattr(_kernel_threads, "SHORT", 1)
    for length in (7, 16):  # where each sentence ends at the same place of a fixed stride too
        stream = np.resize(np.append(np.arange(length - 1) % 6, -1).astype(np.int32), length * 1024)
        _, pairs = _word_kernel.learn(tables(), stream, always(NOISE), (0.01, 0.01), 1, window=1, negatives=1,
                                      cbow=False, threads=1)  # fmt: skip
        assert 0.8 < pairs / (2 * (length - 2) * 1024 / _kernel_threads.LOSS_OF) < 1.2


def test_any_seed_does_on_any_number_of_cores():
    stream = np.tile(np.array([0, 1, 2, -1], np.int32), 99)
    for seed in (0, 2**62 - 1):
        loss, pairs = _word_kernel.learn(tables(), stream, always(NOISE), RATES, seed, window=2, negatives=1,
                                         cbow=False, threads=64)  # fmt: skip
        assert pairs > 200 and np.isfinite(loss)


@pytest.mark.parametrize("apart, rate", [(None, 0.05), (Apart([np.ones(6, np.float32)] * 2, Room()), 0.002)])
def test_threads_go_through_the_whole_stream(apart, rate):
    stream = np.tile(np.array([0, 1, 2, 3, -1], np.int32), 40)
    made = [tables() for _ in range(3)]
    for threads, found in zip((1, 3, 3), made, strict=True):
        _word_kernel.learn(found, stream, always(NOISE), (rate, rate), 1, window=1, negatives=1, cbow=False,
                           threads=threads, apart=apart)  # fmt: skip
    for one, several, again in zip(*made, strict=True):
        assert 0 < np.abs(one - several).max() < 0.2 * np.abs(one - tables()[0]).max()
        if apart:
            np.testing.assert_array_equal(several, again)


def test_threads_share_what_a_stream_has_without_what_fills_it_up():
    def through(tables, part, *others):
        parts.append(part.tolist())
        return 1.0, 2

    parts: list[list[int]] = []
    stream = np.array([1, 2, 3, -1, 4, 5] + [-2] * 30, np.int32)
    assert _kernel_threads.in_threads(through, [], stream, RATES, 1, 2) == (2.0, 4)
    assert sorted(parts) == [[-1, 4, 5], [1, 2, 3]]


def test_a_row_takes_its_share_of_what_threads_with_tables_of_their_own_added():
    def through(tables, part, *others):
        tables[0][part] += 1
        tables[0][3] += 4
        return 0.0, 0

    table, stream = np.full((4, 2), 5, np.float32), np.array([0, 1, 1, 2, 0, 0], np.int32)
    apart = Apart([np.array([1, 1, 1, 0.5], np.float32)], Room())
    _kernel_threads.in_threads(through, [table], stream, RATES, 1, 2, apart)
    assert table[:, 0].tolist() == [7, 6, 6, 9]
