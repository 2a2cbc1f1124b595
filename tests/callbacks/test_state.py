"""What a saved state holds, and that a reader always finds a whole one."""

import keras
import numpy as np
import pytest

from kerasapp.callbacks._state import Position, State, optimizers_of, read_state, values_of, write_state
from kerasapp.callbacks.save_state import SaveState
from kerasapp.errors import RunError


class Two(keras.Model):
    """Two optimizers, in the way that adversarial models hold them."""

    def __init__(self, held):
        super().__init__()
        self.dense = keras.layers.Dense(2)
        held(self, keras.optimizers.Adam(), keras.optimizers.SGD())


def as_attributes(model, first, second):
    model.generator_optimizer, model.discriminator_optimizer = first, second


def as_mapping(model, first, second):
    model.optimizers = {"generator": first, "discriminator": second}


def as_list(model, first, second):
    model.optimizers = [first, second]


@pytest.mark.parametrize("held", [as_attributes, as_mapping, as_list])
def test_every_optimizer_of_a_model_is_found(held):
    model = Two(held)
    assert sorted(type(one).__name__ for one in optimizers_of(model)) == ["Adam", "SGD"]
    model.compile("rmsprop")
    assert len(optimizers_of(model)) == 3 and type(optimizers_of(model)[0]).__name__ == "RMSprop"


def test_values_come_back_in_their_types_and_shapes(tmp_path):
    made = [np.float32(1.5), np.zeros((2, 0), "int64"), np.ones((3, 2), "bool"), np.asarray([1, -2], "bfloat16")]
    state = State(
        Position(1, 2, 3, 4),
        {"best": {"value": 0.1}},
        {"model": made, "optimizer": [], "seed": [], "metrics": made[:1]},
    )
    write_state(tmp_path / "state.npz", state)
    found = read_state(tmp_path / "state.npz")
    assert found.position == state.position and found.callbacks == state.callbacks
    for a, b in zip([*made, made[0]], [*found.values["model"], *found.values["metrics"]], strict=True):
        assert np.asarray(a).dtype == b.dtype and np.array_equal(a, b)


@pytest.mark.parametrize(
    "harm", [lambda data: data[:-40], lambda data: b"", lambda data: data[:300] + bytes(50) + data[350:]]
)
def test_a_damaged_file_is_one_line(tmp_path, harm):
    path = tmp_path / "state.npz"
    write_state(path, State(Position(), {}, {"model": [np.ones(100)], "optimizer": [], "seed": [], "metrics": []}))
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(RunError, match=r"state\.npz: can't be read.*Start anew"):
        read_state(path)


def test_weights_that_are_nan_are_not_saved_over_good_ones(tiny, tmp_path):
    model, state = tiny(), SaveState(tmp_path / "state.npz", seconds=None, steps=1)
    state.set_model(model)
    state.save(Position(epoch=1))
    model.get_layer("d").bias.assign([1.0, np.nan, 0.0])
    state.save(Position(epoch=2))
    assert read_state(tmp_path / "state.npz").position.epoch == 1


def test_it_is_saved_every_so_many_steps_but_for_the_last_of_an_epoch(tiny, data, tmp_path):
    places = []
    state = SaveState(tmp_path / "state.npz", seconds=None, steps=4, saved=lambda: places.append(state.place))
    tiny().fit(*data, batch_size=4, epochs=2, callbacks=[state], verbose=0)
    assert [(place.epoch, place.step) for place in places] == [(0, 0), (0, 4), (0, 8), (1, 2), (1, 6), (2, 0)]


def test_all_that_a_step_changes_is_among_the_values(tiny, data):
    model = tiny(optimizer=keras.optimizers.Adam(use_ema=True, gradient_accumulation_steps=2))
    model.fit(*data, batch_size=4, verbose=0)
    before = values_of(model)
    model.fit(*data, batch_size=4, verbose=0)
    changed = {
        part: any(not np.array_equal(a, b) for a, b in zip(before[part], now, strict=True))
        for part, now in values_of(model).items()
    }
    assert changed["model"] and changed["optimizer"] and changed["metrics"]
    assert sum("gradient_accumulator" in variable.path for variable in model.optimizer.variables) == 2
