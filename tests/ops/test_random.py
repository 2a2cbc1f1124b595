"""Random numbers by key: known answers, statistics, and independence of everything but the key."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from kerasapp.ops._random import example_keys, fold_in, threefry, uniform


@pytest.mark.parametrize(
    ("key", "counter", "answer"),
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_threefry_gives_the_known_answers_of_random123(key, counter, answer):
    words = [tuple(tf.constant(word, tf.uint32) for word in pair) for pair in (key, counter)]
    assert tuple(int(word) for word in threefry(*words)) == answer


def test_a_key_gives_the_same_numbers_in_any_batch_and_in_a_graph():
    keys = example_keys(7, 3, tf.range(100, dtype=tf.int64))
    numbers = uniform(keys, 5, 4)
    chosen = tf.constant([42, 3, 42])
    assert np.array_equal(uniform(tf.gather(keys, chosen), 5, 4), tf.gather(numbers, chosen))
    graph = tf.function(lambda epoch, indices: uniform(example_keys(7, epoch, indices), 5, 4))
    assert np.array_equal(graph(tf.constant(3, tf.int64), tf.range(100, dtype=tf.int64)), numbers)
    assert numbers.dtype == tf.float32 and np.all((numbers >= 0) & (numbers < 1))


def test_more_numbers_begin_with_the_fewer():
    keys = example_keys(0, 0, tf.range(3))
    assert np.array_equal(uniform(keys, 1, 9)[:, :4], uniform(keys, 1, 4))


def test_seed_epoch_index_step_and_salt_each_change_the_numbers():
    def first(seed=0, epoch=0, index=0, step=0, salt=0):
        return float(uniform(fold_in(example_keys(seed, epoch, tf.constant([index])), step), salt, 1)[0, 0])

    others = [first(**{name: value}) for name in ("seed", "epoch", "index", "step", "salt") for value in (1, 2, 1000)]
    assert len({first(), *others, first(seed=-1), first(seed=2**40 + 5)}) == 18


@pytest.fixture(scope="module")
def table():
    """(epochs, indices, salts, numbers): neighbours along each axis."""
    indices = tf.range(500)
    return np.array(
        [[uniform(fold_in(example_keys(1, epoch, indices), 0), salt, 4) for salt in range(3)] for epoch in range(12)]
    ).transpose(0, 2, 1, 3)


def test_numbers_are_uniform(table):
    assert scipy.stats.kstest(table.ravel(), "uniform").pvalue > 0.001
    assert scipy.stats.chisquare(np.histogram(table, bins=256, range=(0, 1))[0]).pvalue > 0.001


@pytest.mark.parametrize("axis", range(4), ids=["epochs", "indices", "salts", "numbers"])
def test_neighbours_are_not_correlated_and_fill_the_square_evenly(table, axis):
    a = np.take(table, range(table.shape[axis] - 1), axis).ravel()
    b = np.take(table, range(1, table.shape[axis]), axis).ravel()
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(len(a))
    squares = np.histogram2d(a, b, bins=16, range=((0, 1), (0, 1)))[0]
    assert scipy.stats.chisquare(squares.ravel()).pvalue > 0.001


def test_keys_of_a_large_set_and_of_its_steps_do_not_meet():
    keys = example_keys(0, 0, tf.range(50_000))
    everything = np.concatenate([keys, fold_in(keys, 0), fold_in(keys, 1)])
    assert len(np.unique(everything, axis=0)) == 150_000
