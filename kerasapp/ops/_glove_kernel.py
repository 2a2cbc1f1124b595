"""GloVe's inner loop in machine code, one counted pair at a time as in the authors' glove.c: numba compiles it when it
is first called.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from kerasapp.ops._glove_blocks import CLIP


def learn(
    tables: list[np.ndarray],
    pairs: np.ndarray,
    counts: np.ndarray,
    rates: tuple[float, float],
    *,
    x_max: float,
    alpha: float,
    threads: int,
) -> tuple[float, int]:
    """Goes through counted pairs once, and changes the tables in place: the summed loss, and of how many.

    `tables`, float32: the vectors of words and of words as context (words, dimensions), the biases of both (words, 1),
    and the squares that each of these has gathered. `pairs` (length, 2) int32, `counts` (length,) float32, 0 of none.
    The learning rate falls from the first of `rates` to the second. Several threads take a part of the pairs each and
    write to the same tables without waiting (Recht et al., 2011, arXiv:1106.5730): what comes out then differs from run
    to run.
    """
    bounds = np.linspace(0, len(counts), threads + 1).astype(int)
    fall = (rates[1] - rates[0]) / max(len(counts), 1)

    def part(number: int) -> tuple[float, int]:
        own = slice(bounds[number], bounds[number + 1])
        rate = np.float32(rates[0] + fall * bounds[number])
        given = rate, np.float32(fall), np.float32(x_max), np.float32(alpha)
        return _through(pairs[own], counts[own], *tables, *given)

    with ThreadPoolExecutor(threads) as pool:
        losses, seen = zip(*pool.map(part, range(threads)), strict=True)
    return sum(losses), sum(seen)


@njit(inline="always")
def _clipped(gradient):
    return min(max(gradient, np.float32(-CLIP)), np.float32(CLIP))


@njit(nogil=True, fastmath=True)
def _through(pairs, counts, words, contexts, word_biases, context_biases, word_squares, context_squares,
             word_bias_squares, context_bias_squares, rate, fall, x_max, alpha):  # fmt: skip
    """Equation 8 of the paper, and equation 9 as its weight; a step is divided by the root of the squares before it."""
    loss, seen = 0.0, 0
    for place in range(len(counts)):
        count = counts[place]
        if count <= 0:
            continue
        i, j, now = pairs[place, 0], pairs[place, 1], rate + fall * np.float32(place)
        word, context, own, other = words[i], contexts[j], word_squares[i], context_squares[j]
        guess = word_biases[i, 0] + context_biases[j, 0]
        for q in range(len(word)):
            guess += word[q] * context[q]
        error = guess - np.log(count)
        pull = error if count >= x_max else error * (count / x_max) ** alpha
        loss += 0.5 * pull * error
        seen += 1
        for q in range(len(word)):
            a, b = word[q], context[q]
            step, back = now * _clipped(pull * b), now * _clipped(pull * a)
            word[q] = a - step / np.sqrt(own[q])
            context[q] = b - back / np.sqrt(other[q])
            own[q] += step * step
            other[q] += back * back
        step = now * _clipped(pull)
        word_biases[i, 0] -= step / np.sqrt(word_bias_squares[i, 0])
        context_biases[j, 0] -= step / np.sqrt(context_bias_squares[j, 0])
        word_bias_squares[i, 0] += step * step
        context_bias_squares[j, 0] += step * step
    return loss, seen
