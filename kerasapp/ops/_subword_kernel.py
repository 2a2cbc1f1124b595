"""fastText's inner loop in machine code: as word2vec's (`_word_kernel`), with inputs that are means of rows.

A word's vector is the mean of its own row and its n-grams', of which each gets the whole gradient, as in the authors'
program. In skip-gram the centre's mean is made once and predicts the words around one after the other; it follows what
its rows will have been given, which they get together at the end.
"""

from collections.abc import Sequence

import numpy as np
from numba import njit

from kerasapp.ops._kernel_threads import in_threads
from kerasapp.ops._ngrams import Groups
from kerasapp.ops._word_kernel import SIGMOID, _add, _end, _fetch, _negatives, _state, _step, _window
from kerasapp.ops._word_streams import Apart


def learn(
    tables: list[np.ndarray],
    stream: np.ndarray,
    groups: Groups,
    noise: tuple[np.ndarray, np.ndarray],
    rates: tuple[float, float],
    seed: int,
    *,
    window: int,
    negatives: int,
    cbow: bool,
    threads: int,
    apart: Apart | None = None,
) -> tuple[float, int]:
    """`_word_kernel.learn` with three tables: (words, dimensions), (n-grams, dimensions) and the outputs (words,
    dimensions). `groups` are the n-grams of each word.
    """

    def through(tables: Sequence[np.ndarray], part: np.ndarray, *of_part: float) -> tuple[float, int]:
        rate, fall, seed, every = of_part
        return _through(part, *tables, *groups, *noise, SIGMOID, rate, fall, window, negatives, cbow, seed, every)

    return in_threads(through, tables, stream, rates, seed, threads, apart)


@njit(nogil=True, fastmath=True)
def _through(stream, words, ngrams, outputs, starts, members, chances, others, sigmoid, rate, fall, window, negatives,
             cbow, seed, every):  # fmt: skip
    """Every word that has others within its window, drawn anew, is the centre of a step."""
    targets, dimensions = np.empty(negatives + 1, np.int64), words.shape[1]
    rows = np.empty((negatives + 1, dimensions), np.float32)
    changes = np.empty((negatives + 1, dimensions), np.float32)
    wanted, steps = np.empty(negatives + 1, np.float32), np.empty(negatives + 1, np.float32)
    gradient, mean = np.empty(dimensions, np.float32), np.empty(dimensions, np.float32)
    total = np.empty(dimensions, np.float32)
    state = _state(seed)
    loss, pairs, begin = 0.0, 0, 0
    while begin < len(stream):
        end = _end(stream, begin)
        for centre in range(begin, end):
            state, first, last = _window(state, window, begin, centre, end)
            if last - first < 2:
                continue
            now, told = rate + fall * np.float32(centre), (state >> np.uint64(40)) % np.uint64(every) == 0
            if cbow:
                _mean(words, ngrams, stream, first, centre, last, starts, members, mean)
                state = _negatives(stream[centre], state, chances, others, targets, wanted)
                _fetch(outputs, targets, rows, changes)
                loss += _step(mean, wanted, rows, changes, steps, gradient, now, sigmoid, told)
                pairs += told
                _add(outputs, targets, changes)
                for place in range(first, last):
                    if place != centre:
                        _teach(words, ngrams, stream[place], starts, members, gradient)
                continue
            _mean(words, ngrams, stream, centre, centre - 1, centre + 1, starts, members, mean)
            for q in range(dimensions):
                total[q] = np.float32(0)
            for place in range(first, last):
                if place != centre:
                    state = _negatives(stream[place], state, chances, others, targets, wanted)
                    _fetch(outputs, targets, rows, changes)
                    loss += _step(mean, wanted, rows, changes, steps, gradient, now, sigmoid, told)
                    pairs += told
                    _add(outputs, targets, changes)
                    for q in range(dimensions):
                        mean[q] += gradient[q]
                        total[q] += gradient[q]
            _teach(words, ngrams, stream[centre], starts, members, total)
        begin = end + 1
    return loss, pairs


@njit(inline="always")
def _mean(words, ngrams, stream, first, without, last, starts, members, mean):
    """Of all rows of the words from `first` to `last`, without those of one place."""
    count = 0
    for q in range(len(mean)):
        mean[q] = np.float32(0)
    for place in range(first, last):
        if place != without:
            word = stream[place]
            row = words[word]
            for q in range(len(mean)):
                mean[q] += row[q]
            for at in range(starts[word], starts[word + 1]):
                row = ngrams[members[at]]
                for q in range(len(mean)):
                    mean[q] += row[q]
            count += 1 + starts[word + 1] - starts[word]
    share = np.float32(1) / np.float32(count)
    for q in range(len(mean)):
        mean[q] *= share


@njit(inline="always")
def _teach(words, ngrams, word, starts, members, change):
    """Adds the change to all rows of a word."""
    row = words[word]
    for q in range(len(change)):
        row[q] += change[q]
    for at in range(starts[word], starts[word + 1]):
        row = ngrams[members[at]]
        for q in range(len(change)):
            row[q] += change[q]
