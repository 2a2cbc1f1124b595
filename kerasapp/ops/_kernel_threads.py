"""Threads that machine code runs in, each on a part of a stream of words.

They write to the same tables without waiting for each other (Recht et al., 2011, arXiv:1106.5730), and what comes out
differs from run to run. Or each has tables of its own, and what they added is put together as in `_word_streams.py`.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from kerasapp.ops._word_streams import Apart

LOSS_OF, SHORT = 16, 2**16  # the loss is that of one centre in 16, of all in a stream that is shorter than this


def in_threads(
    through: Callable[..., tuple[float, int]],
    tables: Sequence[np.ndarray],
    stream: np.ndarray,
    rates: tuple[float, float],
    seed: int,
    threads: int,
    apart: Apart | None = None,
) -> tuple[float, int]:
    """Calls `through(tables, part of the stream, rate at its begin, its fall by word, seed, every)` in each thread.

    One centre in `every` adds to the loss. Gives the summed loss and how many pairs it is of.
    """
    there = stream >= 0  # what fills a stream up stands at its end
    length = len(stream) - int(np.argmax(there[::-1])) if there.any() else 0
    bounds = np.linspace(0, length, threads + 1).astype(int)
    fall = (rates[1] - rates[0]) / max(length, 1)
    every = 1 if len(stream) < SHORT else LOSS_OF
    before, *others = [[apart.room.copy(table) for table in tables] if apart else tables for _ in range(threads)]

    def part(number: int) -> tuple[float, int]:
        first, last = bounds[number], bounds[number + 1]
        own = np.uint64((seed * threads + number) % 2**64)
        begin = np.float32(rates[0] + fall * first)
        return through([tables, *others][number], stream[first:last], begin, np.float32(fall), own, every)

    def put_together(number: int) -> None:
        for place, table in enumerate(tables):
            first, last = (len(table) * (number + more) // threads for more in (0, 1))
            for other in others:
                _add_up(table[first:last], other[place][first:last], before[place][first:last])
            _take(table[first:last], before[place][first:last], apart.shares[place][first:last])

    with ThreadPoolExecutor(threads) as pool:
        losses, pairs = zip(*pool.map(part, range(threads)), strict=True)
        if apart and others:
            list(pool.map(put_together, range(threads)))
    return sum(losses), sum(pairs)


@njit(nogil=True)
def _add_up(table, other, before):
    for row in range(len(table)):
        for q in range(table.shape[1]):
            table[row, q] += other[row, q] - before[row, q]


@njit(nogil=True)
def _take(table, before, shares):
    for row in range(len(table)):
        if shares[row] != 1:
            for q in range(table.shape[1]):
                table[row, q] = before[row, q] + shares[row] * (table[row, q] - before[row, q])
