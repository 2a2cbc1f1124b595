"""word2vec's inner loop in machine code, one centre word at a time: numba compiles it when it is first called.

The negatives of a centre, or its way through a tree, are fetched once for all words of its window; a pair is else
updated as in the authors' program.
"""

from collections.abc import Sequence

import numpy as np
from numba import njit

from kerasapp.ops._kernel_threads import in_threads
from kerasapp.ops._word_streams import Apart

SIGMOID_REACH = 6.0  # beyond it the sigmoid is taken for 0 or 1
SIGMOID = (1 / (1 + np.exp(-(np.arange(1200) + 0.5) / 100 + SIGMOID_REACH))).astype(np.float32)
LEFT_OUT = np.float32(-1)
NO_NOISE = (np.empty(0, np.float32), np.empty(0, np.int32))
NO_TREE = (np.empty((0, 0), np.int32), np.empty((0, 0), np.float32))


def learn(
    tables: list[np.ndarray],
    stream: np.ndarray,
    told: tuple[np.ndarray, np.ndarray],
    rates: tuple[float, float],
    seed: int,
    *,
    window: int,
    negatives: int | None,
    cbow: bool,
    threads: int,
    apart: Apart | None = None,
) -> tuple[float, int]:
    """Goes through a stream of words once, and changes the input and the output table (words, dimensions) in place.

    `stream` is (length,) int32, negative at the end of a sentence; the learning rate falls from the first of `rates` to
    the second. `told` is an alias table that so many negatives are drawn by (`_negatives.py`); with None of them it is
    a tree (`_huffman.py`), and the loss hierarchical softmax. Gives the summed loss of the pairs that were looked at,
    and how many. Several threads take a part of the stream each (`_kernel_threads.py`).
    """

    def through(tables: Sequence[np.ndarray], part: np.ndarray, *of_part: float) -> tuple[float, int]:
        rate, fall, seed, every = of_part
        given = (part, *tables, SIGMOID, rate, fall, window, cbow, seed, every)
        if negatives is None:
            return _through(*given, *NO_NOISE, *told, told[0].shape[1])
        return _through(*given, *told, *NO_TREE, negatives + 1)

    return in_threads(through, tables, stream, rates, seed, threads, apart)


@njit(inline="always")
def _random(state):
    """xorshift64 (Marsaglia, 2003)."""
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    return state ^ (state << np.uint64(17))


@njit(inline="always")
def _state(seed):
    """Of a generator that begins; 0 would stay 0."""
    return _random(seed * np.uint64(0x9E3779B97F4A7C15) | np.uint64(1))


@njit(inline="always")
def _end(stream, begin):
    """Where the sentence ends that begins there."""
    end = begin
    while end < len(stream) and stream[end] >= 0:
        end += 1
    return end


@njit(inline="always")
def _window(state, window, begin, centre, end):
    """The generator's next state, and a centre's window, drawn anew, within its sentence."""
    state = _random(state)
    reach = 1 + np.int64((state >> np.uint64(32)) % np.uint64(window))
    return state, max(begin, centre - reach), min(end, centre + reach + 1)


@njit(inline="always")
def _draw(state, chances, others):
    """A word by the alias table."""
    word = np.int64((state >> np.uint64(32)) * np.uint64(len(chances)) >> np.uint64(32))
    return word if np.float32(state & np.uint64(0xFFFFFF)) < chances[word] * np.float32(1 << 24) else others[word]


@njit(inline="always")
def _sigmoid(value, table):
    place = np.int64((value + np.float32(SIGMOID_REACH)) * np.float32(len(table) / (2 * SIGMOID_REACH)))
    return table[min(max(place, 0), len(table) - 1)]


@njit(inline="always")
def _negatives(word, state, chances, others, targets, wanted):
    """The word and those that it is told from; one that is the word itself is LEFT_OUT."""
    targets[0], wanted[0] = word, np.float32(1)
    for k in range(1, len(targets)):
        state = _random(state)
        targets[k] = _draw(state, chances, others)
        wanted[k] = LEFT_OUT if targets[k] == word else np.float32(0)
    return state


@njit(inline="always")
def _way(word, nodes, ways, targets, wanted):
    """The nodes above a word, and which way it lies from each: how many there are."""
    count = 0
    while count < nodes.shape[1] and nodes[word, count] >= 0:
        targets[count], wanted[count] = nodes[word, count], np.float32(1) - ways[word, count]
        count += 1
    return count


@njit(inline="always")
def _fetch(table, targets, rows, changes):
    """Rows beside each other, and zeros for what is to be added to them."""
    for k in range(len(targets)):
        row, change, found = rows[k], changes[k], table[targets[k]]
        for q in range(len(found)):
            row[q] = found[q]
            change[q] = np.float32(0)


@njit(inline="always")
def _step(x, wanted, rows, changes, steps, gradient, rate, sigmoid, told):
    """One input vector against its targets, two at a time: what is to be added to it goes into `gradient`."""
    loss, last = 0.0, len(wanted) - 1
    for k in range(0, last + 1, 2):
        other = min(k + 1, last)
        row, beside = rows[k], rows[other]
        logit, logit_beside = np.float32(0), np.float32(0)
        for q in range(len(gradient)):
            logit += x[q] * row[q]
            logit_beside += x[q] * beside[q]
        steps[k], more = _pull(logit, wanted[k], rate, sigmoid, told)
        loss += more
        if other > k:
            steps[other], more = _pull(logit_beside, wanted[other], rate, sigmoid, told)
            loss += more
    for q in range(len(gradient)):
        gradient[q] = np.float32(0)
    for k in range(0, last, 2):
        row, beside, change, change_beside = rows[k], rows[k + 1], changes[k], changes[k + 1]
        step, step_beside = steps[k], steps[k + 1]
        for q in range(len(gradient)):
            gradient[q] += step * row[q] + step_beside * beside[q]
            change[q] += step * x[q]
            change_beside[q] += step_beside * x[q]
    if last % 2 == 0:
        row, change, step = rows[last], changes[last], steps[last]
        for q in range(len(gradient)):
            gradient[q] += step * row[q]
            change[q] += step * x[q]
    return loss


@njit(inline="always")
def _pull(logit, wanted, rate, sigmoid, told):
    """How far a pair is to move, and its loss where that is told."""
    if wanted == LEFT_OUT:
        return np.float32(0), 0.0
    chance = _sigmoid(logit, sigmoid)
    loss = 0.0
    if told:
        loss = -np.log(chance) if wanted == 1 else -np.log(np.float32(1) - chance)
    return (wanted - chance) * rate, loss


@njit(inline="always")
def _step_in_place(x, wanted, table, targets, gradient, rate, sigmoid, told):
    """As `_step`, for the only input vector of these targets: the rows are changed at once."""
    loss = 0.0
    for q in range(len(gradient)):
        gradient[q] = np.float32(0)
    for k in range(len(wanted)):
        if wanted[k] == LEFT_OUT:
            continue
        row = table[targets[k]]
        logit = np.float32(0)
        for q in range(len(gradient)):
            logit += x[q] * row[q]
        step, more = _pull(logit, wanted[k], rate, sigmoid, told)
        loss += more
        for q in range(len(gradient)):
            gradient[q] += step * row[q]
            row[q] += step * x[q]
    return loss


@njit(inline="always")
def _add(table, words, changes):
    for k in range(len(words)):
        row, change = table[words[k]], changes[k]
        for q in range(len(row)):
            row[q] += change[q]


@njit(nogil=True, fastmath=True)
def _through(
    stream, inputs, outputs, sigmoid, rate, fall, window, cbow, seed, every, chances, others, nodes, ways, most
):
    """Every word that has others within its window, drawn anew, is the centre of a step.

    In skip-gram each word of a window predicts the centre (Mikolov et al., 2013, arXiv:1310.4546, equation 4), in CBOW
    their mean does (arXiv:1301.3781, section 3.1); as in the authors' program, each then gets the whole gradient of it.
    """
    targets, dimensions = np.empty(most, np.int64), inputs.shape[1]
    wanted, steps = np.empty(most, np.float32), np.empty(most, np.float32)
    rows, changes = np.empty((most, dimensions), np.float32), np.empty((most, dimensions), np.float32)
    gradient, mean = np.empty(dimensions, np.float32), np.empty(dimensions, np.float32)
    state = _state(seed)
    loss, pairs, begin, count = 0.0, 0, 0, most
    while begin < len(stream):
        end = _end(stream, begin)
        for centre in range(begin, end):
            state, first, last = _window(state, window, begin, centre, end)
            if last - first < 2:
                continue
            if len(nodes):
                count = _way(stream[centre], nodes, ways, targets, wanted)
            else:
                state = _negatives(stream[centre], state, chances, others, targets, wanted)
            right = wanted[:count]
            now, told = rate + fall * np.float32(centre), (state >> np.uint64(40)) % np.uint64(every) == 0
            if cbow:
                _mean(inputs, stream, first, centre, last, mean)
                loss += _step_in_place(mean, right, outputs, targets, gradient, now, sigmoid, told)
                pairs += told
            else:
                _fetch(outputs, targets[:count], rows, changes)
            for place in range(first, last):
                if place != centre:
                    x = inputs[stream[place]]
                    if not cbow:
                        loss += _step(x, right, rows, changes, steps, gradient, now, sigmoid, told)
                        pairs += told
                    for q in range(dimensions):
                        x[q] += gradient[q]
            if not cbow:
                _add(outputs, targets[:count], changes)
        begin = end + 1
    return loss, pairs


@njit(inline="always")
def _mean(table, stream, first, centre, last, mean):
    """Of the rows of a window's words, without the centre's."""
    share = np.float32(1) / np.float32(last - first - 1)
    for q in range(len(mean)):
        mean[q] = np.float32(0)
    for place in range(first, last):
        if place != centre:
            row = table[stream[place]]
            for q in range(len(mean)):
                mean[q] += share * row[q]
