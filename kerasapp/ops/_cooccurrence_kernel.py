"""Going through running words in machine code and counting which stand near each other: numba compiles it when it is
first called.
"""

import numpy as np
from numba import njit


@njit(nogil=True)
def count(tokens, place, window, words, table, keys, used):
    """Counts the pairs that words from `place` on make with those before them: where it stopped, and how many keys.

    `tokens` are (length,) int32, negative at the end of a sentence. A pair of two of the most frequent words adds
    1/distance to `table` (frequent, frequent) float64, the smaller number first; any other becomes a number in `keys`
    int64, (smaller * words + larger) * window + distance - 1. It stops where `keys` might not hold another word's.
    """
    while place < len(tokens) and used + window <= len(keys):
        word = np.int64(tokens[place])
        if word >= 0:
            for distance in range(1, min(window, place) + 1):
                other = np.int64(tokens[place - distance])
                if other < 0:
                    break
                low, high = min(word, other), max(word, other)
                if high < len(table):
                    table[low, high] += 1.0 / distance
                else:
                    keys[used] = (low * words + high) * window + distance - 1
                    used += 1
        place += 1
    return place, used


@njit(nogil=True)
def summed(keys, window):
    """Ascending keys as `count` makes them -> pairs (pairs,) int64, smaller * words + larger, each once, and the sums
    (pairs,) float64 of 1/distance.
    """
    pairs, sums = np.empty(len(keys), np.int64), np.zeros(len(keys))
    last = -1
    for key in keys:
        pair = key // window
        if last < 0 or pairs[last] != pair:
            last += 1
            pairs[last] = pair
        sums[last] += 1.0 / (key - pair * window + 1)
    return pairs[: last + 1].copy(), sums[: last + 1].copy()
