"""What is read of Keras's files must be what Keras is."""

import inspect

import keras
import pytest

from kerasapp import keras_names

CLASSES = [
    (part, name) for part in keras_names.PARTS if part not in keras_names.FUNCTIONS for name in keras_names.names(part)
]


def module(part):
    found = keras
    for step in part.split("."):
        found = getattr(found, step)
    return found


@pytest.mark.parametrize("part", keras_names.PARTS)
def test_every_name_is_there(part):
    assert [name for name in keras_names.names(part) if not hasattr(module(part), name)] == []


def test_the_arguments_are_those_of_the_constructor():
    wrong = []
    for part, name in CLASSES:
        signature = inspect.signature(getattr(module(part), name).__init__)
        real = {key for key, p in signature.parameters.items() if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)} - {
            "self",
            "name",
        }
        found = {argument.name for argument in keras_names.arguments(part, name)}
        extra = set(keras_names.LAYER_KEYWORDS) if part == "layers" else set()
        if found - extra != real - extra:
            wrong.append((name, found ^ real))
    assert wrong == []


def test_a_default_is_keras_own():
    told = {argument.name: argument.default for argument in keras_names.arguments("optimizers", "Adam")}
    real = inspect.signature(keras.optimizers.Adam.__init__).parameters
    assert {key: real[key].default for key in told} == told
