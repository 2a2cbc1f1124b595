"""Blocks against the same loss written out pair by pair, and its gradient by TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from kerasapp.ops import _word_blocks
from kerasapp.ops._word_blocks import SHARED, WIDTH, blocks_of

WINDOW, WORDS = 3, 40
SEED = tf.constant([3, 4])


def made(cbow, counts=None, negatives=5, window=WINDOW):
    return blocks_of(np.full(WORDS, 10) if counts is None else counts, window=window, negatives=negatives, cbow=cbow)


def learn_by(blocks, jit_compile=False):
    return tf.function(blocks.learn, jit_compile=jit_compile, autograph=False)


def some(length=150):
    draw = np.random.default_rng(1)
    stream = draw.integers(0, WORDS, length).astype(np.int32)
    stream[draw.random(length) < 0.1] = -1
    return [draw.normal(0, 0.3, (WORDS, 8)).astype(np.float32) for _ in range(2)], np.append(stream, [-2] * 20)


def pairs(stream, reach, size):
    """(centre's place, neighbour's place) within a step."""
    for centre in range(min(size, len(stream))):
        for other in range(max(0, centre - reach[centre]), min(len(stream), centre + reach[centre] + 1)):
            between = stream[min(centre, other) : max(centre, other) + 1]
            if other != centre and (between >= 0).all():
                yield centre, other


@pytest.mark.parametrize("cbow, window", [(False, WINDOW), (True, WINDOW), (False, 1), (False, WIDTH + 3)])
def test_a_step_goes_down_the_gradient_of_every_pair_and_its_negatives(cbow, window):
    blocks = made(cbow, window=window)
    size = blocks.blocks * blocks.width
    (inputs, outputs), stream = some(min(size - 20, 150))
    assert 50 < len(stream) <= size, "one step"
    reach = tf.random.stateless_uniform([len(stream) + size], SEED, 1, window + 1, tf.int32).numpy()
    drawn = blocks._draw(SEED + tf.constant([0, 1])).numpy()
    found = learn_by(blocks)(inputs, outputs, stream, tf.constant([0.1, 0.1]), SEED)
    around = {}
    for centre, other in pairs(stream, reach, size):
        around.setdefault(centre, []).append(other)
    weight = blocks.negatives / SHARED
    x, y = tf.Variable(inputs), tf.Variable(outputs)
    with tf.GradientTape() as tape:
        total = 0.0
        for centre, others in around.items():
            noise = tf.gather(y, drawn[centre // blocks.width])
            if cbow:
                rows = tf.gather(x, stream[others])
                # each word of a window gets the whole gradient of the mean, as in the authors' program
                mean = tf.reduce_mean(tf.stop_gradient(rows), 0) + tf.reduce_sum(rows - tf.stop_gradient(rows), 0)
                total += tf.math.softplus(-tf.tensordot(mean, y[stream[centre]], 1))
                total += weight * tf.reduce_sum(tf.math.softplus(tf.linalg.matvec(noise, mean)))
                continue
            word = x[stream[centre]]
            total += tf.reduce_sum(tf.math.softplus(-tf.linalg.matvec(tf.gather(y, stream[others]), word)))
            total += weight * len(others) * tf.reduce_sum(tf.math.softplus(tf.linalg.matvec(noise, word)))
    for table, gradient, damping, got in zip((inputs, outputs), tape.gradient(total, [x, y]), blocks.damping, found,
                                             strict=False):  # fmt: skip
        np.testing.assert_allclose(got, table - 0.1 * tf.convert_to_tensor(gradient) * damping[:, None], atol=2e-5)
    assert float(found[2]) == pytest.approx(float(total), rel=1e-4)
    assert float(found[3]) == (len(around) if cbow else sum(map(len, around.values())))


@pytest.mark.parametrize("cbow", [False, True])
def test_xla_computes_the_same(cbow):
    blocks, ((inputs, outputs), stream) = made(cbow), some()
    given = inputs, outputs, stream, tf.constant([0.1, 0.05]), SEED
    for plain, compiled in zip(learn_by(blocks)(*given), learn_by(blocks, jit_compile=True)(*given), strict=True):
        np.testing.assert_allclose(compiled, plain, rtol=1e-4, atol=1e-5)


def test_what_fills_a_stream_up_changes_nothing():
    blocks, ((inputs, outputs), stream) = made(False), some()
    learn = learn_by(blocks)
    rates = tf.constant([0.1, 0.1])
    short = learn(inputs, outputs, stream, rates, SEED)
    again = learn(*short[:2], np.full(3 * blocks.blocks * blocks.width, -2, np.int32), rates, SEED)
    for before, after in zip(short[:2], again[:2], strict=True):
        np.testing.assert_array_equal(before, after)
    assert float(again[3]) == 0


@pytest.mark.parametrize("words", [2, 12, 100])
def test_a_dozen_words_do_not_diverge(words):
    """The plain sum of a step's updates does: 12 words and 8 blocks gave NaN."""
    draw, stream = np.random.default_rng(0), None
    blocks = made(False, np.full(words, 100))
    tables = [draw.uniform(-0.02, 0.02, (words, 32)).astype(np.float32), np.zeros((words, 32), np.float32)]
    stream = draw.integers(0, max(words // 2, 1), 8192).astype(np.int32)
    stream[4096:] = words - 1 - stream[4096:]  # two topics
    stream[::13] = -1
    learn = learn_by(blocks)
    losses = []
    for step in range(15):
        *tables, loss, count = learn(*tables, stream, tf.constant([0.025, 0.025]), tf.constant([1, step]))
        losses.append(float(loss / count))
    assert np.isfinite(losses).all() and losses[-1] < losses[0] and np.abs(tables[0]).max() < 20


def test_blocks_are_fewer_where_words_are_few():
    assert made(False, np.full(12, 100)).blocks < made(False, np.full(200, 100)).blocks <= _word_blocks.MOST
    many = made(False, np.full(50_000, 100))
    assert many.blocks == _word_blocks.MOST and min(map(np.min, many.damping)) == 1
