"""Blocks whose inputs are means, against the same loss written out pair by pair and its gradient by TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from kerasapp.ops import _subword_blocks
from kerasapp.ops._ngrams import Groups, groups
from kerasapp.ops._subword_blocks import subword_blocks_of
from kerasapp.ops._word_losses import SHARED

WINDOW, WORDS, NGRAMS = 3, 40, 30
SEED = tf.constant([3, 4])


def some_groups():
    sizes = np.arange(WORDS) % 4
    members = np.random.default_rng(2).integers(0, NGRAMS, sizes.sum()).astype(np.int32)
    return Groups(np.append(0, np.cumsum(sizes)), members)


def made(cbow, counts=None, of=None, buckets=NGRAMS):
    counts = np.full(WORDS, 10) if counts is None else counts
    return subword_blocks_of(counts, counts, of or some_groups(), buckets, window=WINDOW, negatives=5, cbow=cbow)


def learn_by(blocks, jit_compile=False):
    return tf.function(blocks.learn, jit_compile=jit_compile, autograph=False)


def some(length):
    draw = np.random.default_rng(1)
    stream = draw.integers(0, WORDS, length).astype(np.int32)
    stream[draw.random(length) < 0.1] = -1
    words, ngrams, outputs = (draw.normal(0, 0.3, (rows, 8)).astype(np.float32) for rows in (WORDS, NGRAMS, WORDS))
    return (words, ngrams), outputs, np.append(stream, [-2] * 20)


def windows(stream, reach, size):
    """Each centre's place and the places around it, within a step."""
    for centre in range(min(size, len(stream))):
        around = range(max(0, centre - reach[centre]), min(len(stream), centre + reach[centre] + 1))
        whole = [at for at in around if at != centre and (stream[min(at, centre) : max(at, centre) + 1] >= 0).all()]
        if whole:
            yield centre, whole


@pytest.mark.parametrize("cbow", [False, True])
def test_a_step_goes_down_the_gradient_of_every_pair_and_its_negatives(cbow):
    """A row of a mean gets the whole gradient of the mean, as in the authors' program."""
    blocks, of = made(cbow), some_groups()
    size = blocks.blocks * blocks.width
    inputs, outputs, stream = some(min(size - 20, 120))
    assert 25 < len(stream) <= size, "one step"
    reach = tf.reshape(blocks._reach(SEED + tf.constant([0, 1])), [-1]).numpy()
    drawn = blocks.loss._draw(blocks.blocks, SEED + tf.constant([0, 1])).numpy()
    found, *others = learn_by(blocks)(inputs, outputs, stream, tf.constant([0.1, 0.1]), SEED)
    tables = [tf.Variable(table) for table in (*inputs, outputs)]
    words, ngrams, y = tables

    def mean(group):
        members = np.concatenate([of.members[of.starts[word] : of.starts[word + 1]] for word in group])
        rows = tf.concat([tf.gather(words, group), tf.gather(ngrams, members)], 0)
        still = tf.stop_gradient(rows)
        return tf.reduce_mean(still, 0) + tf.reduce_sum(rows - still, 0)

    with tf.GradientTape() as tape:
        total, count = 0.0, 0
        for centre, around in windows(stream, reach, size):
            noise = tf.gather(y, drawn[centre // blocks.width])
            group, targets = (stream[around], [stream[centre]]) if cbow else ([stream[centre]], stream[around])
            x = mean(group)
            total += tf.reduce_sum(tf.math.softplus(-tf.linalg.matvec(tf.gather(y, targets), x)))
            total += 5 / SHARED * len(targets) * tf.reduce_sum(tf.math.softplus(tf.linalg.matvec(noise, x)))
            count += len(targets)
    damping = blocks.damping[0], blocks.damping[2], blocks.damping[1]
    for got, table, gradient, calm in zip((*found, others[0]), tables, tape.gradient(total, tables), damping,
                                          strict=True):  # fmt: skip
        change = 0.1 * tf.convert_to_tensor(gradient).numpy() * calm[:, None]
        assert np.abs(change).max() > 0.01
        np.testing.assert_allclose(got, table.numpy() - change, atol=2e-5)
    assert float(others[1]) == pytest.approx(float(total), rel=1e-4) and float(others[2]) == count


@pytest.mark.parametrize("cbow", [False, True])
def test_xla_computes_the_same(cbow):
    blocks, given = made(cbow), (*some(150), tf.constant([0.1, 0.05]), SEED)
    plain, compiled = (learn_by(blocks, jit_compile=how)(*given) for how in (False, True))
    for a, b in zip(tf.nest.flatten(plain), tf.nest.flatten(compiled), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cbow", [False, True])
@pytest.mark.parametrize("words", [2, 12, 100])
def test_a_dozen_words_that_share_their_ngrams_do_not_diverge(words, cbow):
    """Without counting what the n-grams' rows receive the loss is NaN after a few steps."""
    draw = np.random.default_rng(0)
    of = groups([f"sameness{number}" for number in range(words)], 3, 6, 64)
    blocks = made(cbow, np.full(words, 100), of, 64)
    tables = (draw.uniform(-0.02, 0.02, (words, 32)).astype(np.float32), np.zeros((64, 32), np.float32))
    outputs = np.zeros((words, 32), np.float32)
    stream = draw.integers(0, max(words // 2, 1), 4096).astype(np.int32)
    stream[2048:] = words - 1 - stream[2048:]  # two topics
    stream[::13] = -1
    learn, losses = learn_by(blocks, jit_compile=True), []
    for step in range(8):
        tables, outputs, loss, count = learn(tables, outputs, stream, tf.constant([0.05, 0.05]), tf.constant([1, step]))
        losses.append(float(loss / count))
    assert max(losses) < 6 * np.log(2) and losses[-1] < 3 and np.abs(tables[1]).max() < 20


def test_rows_of_ngrams_are_damped_by_all_words_that_have_them():
    alone = Groups(np.arange(WORDS + 1), np.arange(WORDS, dtype=np.int32))
    shared = Groups(np.arange(WORDS + 1), np.zeros(WORDS, np.int32))
    assert made(False, of=alone, buckets=WORDS).blocks > made(False, of=shared, buckets=WORDS).blocks
    damping = made(False, of=shared, buckets=WORDS).damping
    assert damping[2][0] < damping[0].min() and damping[2][1:].min() == 1


def test_a_very_long_word_does_not_make_the_table_wide():
    of = groups(["a" * 5000, "bcd", "e"], 3, 6, 50)
    table = made(False, np.full(3, 9), of, 50).members.numpy()
    assert table.shape == (3, _subword_blocks.MOST_NGRAMS)
    assert table[0].tolist() == of.members[: len(table[0])].tolist()
    assert (table[1] >= 0).sum() == of.sizes[1] and table[2].tolist()[:2] == [of.members[of.starts[2]], -1]
