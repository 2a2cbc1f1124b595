"""A layer's name that TensorFlow does not take is told before anything trains, not by the export after it."""

import pytest

from kerasapp.errors import RecipeError
from kerasapp.export import export

NETS = """\
import keras

class _Own(keras.layers.Dense):
    pass

def tower(*, image_shape: tuple[int, int, int], num_classes: int, called: str | None = None) -> keras.Model:
    "A tower."
    inputs = keras.Input(image_shape, name="das Bild")
    x = keras.layers.Flatten(name="1st.flat")(inputs)
    return keras.Model(inputs, _Own(num_classes, name=called)(x), name="tower")
"""


@pytest.fixture
def tower(trained, tmp_path):
    (tmp_path / "nets.py").write_text(NETS)
    return lambda called: trained({"model": {"name": "./nets.py:tower", "called": called}, "train.epochs": 1})


@pytest.mark.parametrize(
    "called, told", [("zwei Wege", "zwei Wege"), ("größe", "größe"), ("_x", "_x"), ("a:b", "a:b"), (None, "__own")]
)
def test_such_a_name_is_refused_with_a_way_out(tower, tmp_path, called, told):
    with pytest.raises(RecipeError, match=f'no layer of the name "{told}".*letters, digits') as error:
        tower(called)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize(
    "called", ["x-1", pytest.param("A_b.c", marks=pytest.mark.slow), pytest.param("1st", marks=pytest.mark.slow)]
)
def test_every_other_trains_and_exports(tower, tmp_path, called):
    assert export(tower(called), root=tmp_path)["verified"]["verified"]
