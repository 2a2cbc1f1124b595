"""Blocks against the same loss written out pair by pair, and its gradient by TensorFlow."""

from functools import partial

import numpy as np
import pytest
import tensorflow as tf

from kerasapp.ops import _word_blocks
from kerasapp.ops._word_blocks import WIDTH, blocks_of
from kerasapp.ops._word_losses import SCORES, SHARED
from kerasapp.ops._word_streams import STREAMS, in_streams

WINDOW, WORDS = 3, 40
SEED = tf.constant([3, 4])


LOSSES = ["negative_sampling", "hierarchical_softmax", "full_softmax"]
ONE_LOSS = [LOSSES[0], *(pytest.param(loss, marks=pytest.mark.slow) for loss in LOSSES[1:])]


def made(cbow, counts=None, negatives=5, window=WINDOW, loss="negative_sampling", seen=None):
    counts = np.arange(WORDS + 10, 10, -1) if counts is None else counts
    return blocks_of(counts, counts if seen is None else seen, window=window, loss=loss, negatives=negatives, cbow=cbow)


def learn_by(blocks, jit_compile=False):
    return tf.function(blocks.learn, jit_compile=jit_compile, autograph=False)


def some(length=150, rows=WORDS):
    draw = np.random.default_rng(1)
    stream = draw.integers(0, WORDS, length).astype(np.int32)
    stream[draw.random(length) < 0.1] = -1
    tables = [draw.normal(0, 0.3, (rows, 8)).astype(np.float32) for rows in (WORDS, rows)]
    return tables, np.append(stream, [-2] * 20)


def pairs(stream, reach, size):
    """(centre's place, neighbour's place) within a step."""
    for centre in range(min(size, len(stream))):
        for other in range(max(0, centre - reach[centre]), min(len(stream), centre + reach[centre] + 1)):
            between = stream[min(centre, other) : max(centre, other) + 1]
            if other != centre and (between >= 0).all():
                yield centre, other


def of_pair(blocks, outputs, vector, word, drawn):
    """The loss of a vector that predicts a word, as the paper has it."""
    by = blocks.loss
    scores = tf.linalg.matvec(outputs, vector)
    if hasattr(by, "negatives"):
        away = tf.reduce_sum(tf.math.softplus(tf.gather(scores, drawn))) * by.negatives / SHARED
        return tf.math.softplus(-scores[word]) + away
    if hasattr(by, "tree"):
        nodes, ways = (part[word] for part in by.tree)
        signs = np.where(ways > 0, -1, 1)[nodes >= 0]
        return tf.reduce_sum(tf.math.softplus(-signs * tf.gather(scores, nodes[nodes >= 0])))
    return tf.reduce_logsumexp(scores) - scores[word]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    "cbow, window",
    [(False, WINDOW), (True, WINDOW), (False, 1), pytest.param(False, WIDTH + 3, marks=pytest.mark.slow)],
)
def test_a_step_goes_down_the_gradient_of_every_pair(cbow, window, loss):
    blocks = made(cbow, window=window, loss=loss)
    size = blocks.blocks * blocks.width
    (inputs, outputs), stream = some(min(size, 150), rows=len(blocks.damping[1]))
    stream = stream[:size]  # one step
    own = SEED + tf.constant([0, 1])
    reach = tf.reshape(blocks._reach(own), [-1]).numpy()
    drawn = by._draw(blocks.blocks, own).numpy() if hasattr(by := blocks.loss, "noise") else None
    found = learn_by(blocks)(inputs, outputs, stream, tf.constant([0.1, 0.1]), SEED)
    around = {}
    for centre, other in pairs(stream, reach, size):
        around.setdefault(centre, []).append(other)
    x, y = tf.Variable(inputs), tf.Variable(outputs)
    with tf.GradientTape() as tape:
        total = 0.0
        for centre, others in around.items():
            noise, table = drawn is not None and drawn[centre // blocks.width], tf.convert_to_tensor(y)
            if cbow:
                rows = tf.gather(x, stream[others])
                # each word of a window gets the whole gradient of the mean, as in the authors' program
                mean = tf.reduce_mean(tf.stop_gradient(rows), 0) + tf.reduce_sum(rows - tf.stop_gradient(rows), 0)
                total += of_pair(blocks, table, mean, stream[centre], noise)
                continue
            total += sum(of_pair(blocks, table, x[stream[centre]], stream[other], noise) for other in others)
    for table, gradient, damping, got in zip((inputs, outputs), tape.gradient(total, [x, y]), blocks.damping, found,
                                             strict=False):  # fmt: skip
        np.testing.assert_allclose(got, table - 0.1 * tf.convert_to_tensor(gradient) * damping[:, None], atol=2e-5)
    assert float(found[2]) == pytest.approx(float(total), rel=1e-4)
    assert float(found[3]) == (len(around) if cbow else sum(map(len, around.values()))) > 20


@pytest.mark.parametrize("loss", ONE_LOSS)
@pytest.mark.parametrize("cbow", [False, True])
def test_xla_computes_the_same(cbow, loss):
    blocks = made(cbow, np.full(WORDS, 10), loss=loss)  # XLA draws other random numbers; of equal counts it matters not
    (inputs, outputs), stream = some(rows=len(blocks.damping[1]))
    given = inputs, outputs, stream, tf.constant([0.1, 0.05]), SEED
    for plain, compiled in zip(learn_by(blocks)(*given), learn_by(blocks, jit_compile=True)(*given), strict=True):
        np.testing.assert_allclose(compiled, plain, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cbow", [False, True])
def test_no_step_copies_a_table(cbow):
    """XLA does where two scatters change it: a step of a large vocabulary took twice as long."""
    (inputs, outputs), stream = some()
    given = [tf.constant(value) for value in (inputs, outputs, stream, np.float32([0.1, 0.1]), SEED, [0, 1])]
    text = learn_by(made(cbow), jit_compile=True).experimental_get_compiler_ir(*given)(stage="optimized_hlo")
    copies = [line for line in text.splitlines() if f" = f32[{WORDS},8]" in line and " copy(" in line]
    assert len(copies) <= 2, "each once, before the loop"


def test_what_fills_a_stream_up_changes_nothing():
    blocks, ((inputs, outputs), stream) = made(False), some()
    learn = learn_by(blocks)
    rates = tf.constant([0.1, 0.1])
    short = learn(inputs, outputs, stream, rates, SEED)
    again = learn(*short[:2], np.full(3 * blocks.blocks * blocks.width, -2, np.int32), rates, SEED)
    for before, after in zip(short[:2], again[:2], strict=True):
        np.testing.assert_array_equal(before, after)
    assert float(again[3]) == 0


@pytest.mark.parametrize("cbow", [False, True])
def test_parts_one_after_the_other_are_the_whole(cbow):
    (inputs, outputs), stream = some(3000)
    learn, rates = learn_by(made(cbow, np.full(WORDS, 100))), tf.constant([0.1, 0.02])
    *whole, loss, count = learn(inputs, outputs, stream, rates, SEED)
    *tables, first, began = learn(inputs, outputs, stream, rates, SEED, tf.constant([0, 2]))
    *tables, second, ended = learn(*tables, stream, rates, SEED, tf.constant([1, 2]))
    assert began > 0 and ended > 0 and began + ended == count
    np.testing.assert_allclose(first + second, loss, rtol=1e-5)
    for one, other in zip(tables, whole, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("loss", ONE_LOSS)
@pytest.mark.parametrize("words", [2, 12, 100])
def test_a_dozen_words_do_not_diverge(words, loss, streams):
    """The plain sum of a step's updates does: 12 words and 8 blocks gave NaN."""
    draw, stream = np.random.default_rng(0), None
    blocks = made(False, np.full(words, 100), loss=loss)
    rows = len(blocks.damping[1])
    tables = [draw.uniform(-0.02, 0.02, (words, 32)).astype(np.float32), np.zeros((rows, 32), np.float32)]
    stream = draw.integers(0, max(words // 2, 1), 8192).astype(np.int32)
    stream[4096:] = words - 1 - stream[4096:]  # two topics
    stream[::13] = -1
    learn = learn_by(blocks)
    if streams:
        learn = partial(in_streams, learn, blocks.shares(tf.size(stream) / STREAMS))
    losses = []
    for step in range(15):
        *tables, loss, count = learn(*tables, stream, tf.constant([0.025, 0.025]), tf.constant([1, step]))
        losses.append(float(loss / count))
    assert np.isfinite(losses).all() and min(losses[1:]) < losses[0] and np.abs(tables[0]).max() < 20


def test_blocks_are_fewer_where_words_are_few():
    assert made(False, np.full(12, 100)).blocks < made(False, np.full(200, 100)).blocks <= _word_blocks.MOST
    many = made(False, np.full(50_000, 100))
    assert many.blocks == _word_blocks.MOST and min(map(np.min, many.damping)) == 1


def test_words_that_are_passed_over_are_met_less_and_so_damped_less():
    counts = 1e6 / np.arange(1, 5001)
    thinned = np.minimum(counts, 2e4)
    every, fewer = made(False, counts), made(False, counts, seen=thinned)
    assert fewer.blocks > 2 * every.blocks and fewer.damping[0].min() > every.damping[0].min()
    np.testing.assert_array_equal(fewer.loss.noise[0], every.loss.noise[0], "negatives are drawn by all of the text")


def test_full_softmax_holds_no_more_scores_than_memory_allows():
    many = made(False, np.full(200_000, 100), loss="full_softmax")
    assert 1 <= many.blocks <= max(SCORES / (200_000 * WIDTH), 1) < _word_blocks.MOST


def test_the_root_of_a_tree_is_met_by_every_pair_and_bounds_the_blocks():
    """Its updates are damped to as many as count in full."""
    blocks = made(False, np.full(5000, 100), loss="hierarchical_softmax")
    assert blocks.blocks < made(False, np.full(5000, 100)).blocks
    assert np.argmin(blocks.damping[1]) == 5000 - 2 and blocks.damping[1].min() < 1 == blocks.damping[1].max()
