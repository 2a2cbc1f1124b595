"""Tables that go to a kernel and back."""

import numpy as np
import tensorflow as tf

from kerasapp.models._closed_form import in_numpy
from kerasapp.ops._room import ALIGNED, KEPT, Room


def test_what_somebody_still_holds_is_not_written_over():
    room, first = Room(), np.arange(6.0).reshape(2, 3)
    held = room.copy(first)
    other = room.copy(first + 1)
    np.testing.assert_array_equal(held, first)
    assert held.ctypes.data % ALIGNED == other.ctypes.data % ALIGNED == 0
    address = held.ctypes.data
    del held
    again = room.copy(first + 2)
    assert again.ctypes.data == address, "and what nobody holds is used again"
    assert room.copy(first.astype("float32")).dtype == "float32"


def test_room_is_given_back_that_is_no_longer_of_use():
    """The tables of a step may be of other sizes than those of the one before."""
    room = Room()
    for size in range(1, 50):
        room.copy(np.zeros(size))
    assert len(room._arrays) <= KEPT + 2


def test_a_step_changes_copies_and_what_was_read_before_stays():
    table = tf.Variable(np.zeros((40, 50), "float32"))

    def learn(tables, by):
        tables[0] += by
        return 3.0, 2.0

    @tf.function(autograph=False)
    def step(by):
        before = tf.identity(table)
        changed, loss, count = in_numpy(learn, [table], by)
        table.assign(changed)
        return before, loss / count

    kept = [step(tf.constant(float(number))) for number in range(1, 6)]
    assert [float(before[0, 0]) for before, _ in kept] == [0, 1, 3, 6, 10] and float(kept[0][1]) == 1.5
    assert float(table[0, 0]) == 15
