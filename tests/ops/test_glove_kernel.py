"""The kernel and the blocks against the authors' update written out pair by pair in NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from kerasapp.ops import _glove_blocks, _glove_kernel
from kerasapp.ops._glove_blocks import Blocks, blocks_of

WORDS, DIMENSIONS = 9, 5
WEIGHED = {"x_max": 4.0, "alpha": 0.6}
RATES = (0.5, 0.25)


def some(length=40, words=WORDS, seed=0):
    """Tables, pairs and counts, of which some are 0."""
    draw = np.random.default_rng(seed)
    shapes = [(words, DIMENSIONS)] * 2 + [(words, 1)] * 2
    tables = [draw.normal(0, 0.5, shape).astype(np.float32) for shape in shapes]
    squares = [draw.uniform(1, 2, shape).astype(np.float32) for shape in shapes]
    counts = draw.uniform(0.1, 9, length).astype(np.float32) * (draw.random(length) < 0.9)
    counts[-5:] = 0
    return tables + squares, draw.integers(0, words, (length, 2)).astype(np.int32), counts


def in_turn(tables, pairs, counts, rates=RATES, clip=np.inf):
    """Each pair as in glove.c, in double precision: tables and the summed loss."""
    tables, total = [table.astype(float) for table in tables], 0.0
    for place, ((i, j), count) in enumerate(zip(pairs, counts, strict=True)):
        if count:
            rate = rates[0] + (rates[1] - rates[0]) * place / len(counts)
            w, c, b, d = (table[row] for table, row in zip(tables, (i, j, i, j), strict=False))
            error = w @ c + b[0] + d[0] - np.log(count)
            pull = min(1, (count / WEIGHED["x_max"]) ** WEIGHED["alpha"]) * error
            total += pull * error / 2
            gradients = pull * c, pull * w, np.array([pull]), np.array([pull])
            steps = [rate * np.clip(gradient, -clip, clip) for gradient in gradients]
            for table, squares, row, step in zip(tables, tables[4:], (i, j, i, j), steps, strict=False):
                table[row] -= step / np.sqrt(squares[row])
                squares[row] += step**2
    return tables, total


def by_kernel(tables, pairs, counts, rates=RATES, threads=1):
    found = [table.copy() for table in tables]
    loss, seen = _glove_kernel.learn(found, pairs, counts, rates, **WEIGHED, threads=threads)
    return found, loss, seen


def by_blocks(tables, pairs, counts, rates=RATES, size=1, jit_compile=False):
    learn = tf.function(Blocks(size, **WEIGHED).learn, jit_compile=jit_compile, autograph=False)
    found, loss, seen = learn([tf.constant(table) for table in tables], pairs, counts, tf.constant(rates))
    return [table.numpy() for table in found], float(loss), float(seen)


@pytest.mark.parametrize("form", [by_kernel, by_blocks])
def test_updates_are_those_of_the_authors_program_pair_by_pair(form):
    given = some()
    expected, total = in_turn(*given)
    found, loss, seen = form(*given)
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_allclose(b, a, atol=2e-5)
    assert loss == pytest.approx(total, rel=1e-4) and seen == (given[2] > 0).sum()


@pytest.mark.parametrize("form", [by_kernel, by_blocks])
def test_a_gradient_is_bounded(form, monkeypatch):
    tables, pairs, counts = some()
    tables[0] *= 30
    expected, _ = in_turn(tables, pairs, counts, clip=_glove_blocks.CLIP)
    with np.errstate(all="ignore"):
        assert not np.allclose(expected[1], in_turn(tables, pairs, counts)[0][1]), "the bound is reached"
    for a, b in zip(expected, form(tables, pairs, counts)[0], strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-3, atol=1e-3)


def test_a_block_s_pairs_see_the_values_of_before_it_and_the_squares_of_the_others():
    tables, pairs, counts = some(16)
    found, _, _ = by_blocks(tables, pairs, counts, (0.5, 0.5), size=16)
    alone = [in_turn(tables, pairs[[row]], counts[[row]], (0.5, 0.5))[0] for row in range(16)]
    for number in range(4):
        gathered = [made[number + 4] - tables[number + 4] for made in alone]
        squares = tables[number + 4] + sum(gathered)
        np.testing.assert_allclose(found[number + 4], squares, rtol=1e-5)
        moved = sum((made[number] - tables[number]) * np.sqrt(tables[number + 4] / (squares - own))
                    for made, own in zip(alone, gathered, strict=True))  # fmt: skip
        np.testing.assert_allclose(found[number], tables[number] + moved, atol=1e-5)


def test_xla_computes_the_same():
    given = some()
    for a, b in zip(by_blocks(*given, size=8)[0], by_blocks(*given, size=8, jit_compile=True)[0], strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("words", [2, 12, 100, 3000])
def test_a_dozen_words_do_not_diverge(words):
    """In blocks that meet a word again and again, and of 3000 words with one that is in every second pair."""
    draw = np.random.default_rng(0)
    tables, pairs, _ = some(16384, words)
    tables = [0.1 * table for table in tables[:4]] + [np.ones_like(table) for table in tables[4:]]
    counts = np.exp(draw.normal(2, 2, len(pairs))).astype(np.float32)
    if words > 100:
        pairs[::2, 0], pairs[1::2, 1] = 0, 0
    size = blocks_of(words, **WEIGHED).size
    learn = tf.function(Blocks(size, **WEIGHED).learn, jit_compile=True, autograph=False)
    losses = []
    for _ in range(15 if words > 12 else 3):
        tables, loss, seen = learn(tables, pairs, counts, tf.constant([0.05, 0.05]))
        losses.append(float(loss / seen))
    exact = [table.numpy() for table in tables]
    assert np.isfinite(losses).all() and losses[-1] < losses[0] and max(np.abs(table).max() for table in exact[:4]) < 20


def test_blocks_are_small_where_words_are_few():
    sizes = [blocks_of(words, **WEIGHED).size for words in (1, 12, 100, 1_000_000)]
    assert sizes == [1, 1, 8, _glove_blocks.MOST]


def test_threads_go_through_all_pairs():
    tables, pairs, counts = some(3000)
    tables[4:] = [np.full_like(table, 50) for table in tables[4:]]
    one, loss, seen = by_kernel(tables, pairs, counts)
    three, again, count = by_kernel(tables, pairs, counts, threads=3)
    assert seen == count == (counts > 0).sum() and again == pytest.approx(loss, rel=0.2)
    for a, b, before in zip(one[:4], three[:4], tables, strict=False):
        assert np.abs(a - b).max() < 0.5 * np.abs(a - before).max()
