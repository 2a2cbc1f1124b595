"""A graph from a recipe is the net that one would write by hand, and each way to get it wrong names the layer."""

import keras
import numpy as np
import pytest

from kerasapp.models import graph

IMAGE = {"image_shape": (8, 8, 3), "num_classes": 4}
CONV = {"name": "Conv2D", "filters": 6, "kernel_size": 3, "padding": "same", "activation": "relu"}
FLAT = {"name": "Flatten"}
LOGITS = {"name": "Dense", "units": "$num_classes"}


def test_a_branched_graph_equals_the_same_net_written_by_hand():
    made = graph.build(
        **IMAGE,
        layers={
            "stem": CONV,
            "body": CONV | {"kernel_initializer": {"name": "HeNormal", "seed": None}},
            "join": {"name": "Add", "inputs": ["stem", "body"]},
            "side": {"name": "MaxPooling2D", "pool_size": 8, "inputs": "stem"},
            "main": {"name": "MaxPooling2D", "pool_size": [8, 8], "inputs": ["join"]},
            "both": {"name": "Concatenate", "inputs": ["main", "side"]},
            "flat": FLAT,
            "logits": LOGITS,
        },
    )
    inputs = keras.Input((8, 8, 3))
    stem = keras.layers.Conv2D(6, 3, padding="same", activation="relu")(inputs)
    body = keras.layers.Conv2D(6, 3, padding="same", activation="relu")(stem)
    pooled = [keras.layers.MaxPooling2D(8)(x) for x in (keras.layers.Add()([stem, body]), stem)]
    flat = keras.layers.Flatten()(keras.layers.Concatenate()(pooled))
    byhand = keras.Model(inputs, keras.layers.Dense(4)(flat))
    assert made.count_params() == byhand.count_params() == 28 * 6 + 55 * 6 + 13 * 4
    byhand.set_weights(made.get_weights())
    images = np.random.default_rng(0).random((3, 8, 8, 3), "float32")
    np.testing.assert_allclose(made(images), byhand(images), rtol=1e-6)
    assert [layer.name for layer in made.layers][:2] == ["input", "stem"]


def test_a_table_with_both_kinds_of_columns_is_joined_by_name():
    model = graph.build(
        num_numeric=3, category_sizes=(5,), num_targets=1,
        layers={
            "codes": {"name": "Embedding", "input_dim": 5, "output_dim": 2, "inputs": "categorical"},
            "flat": FLAT,
            "all": {"name": "Concatenate", "inputs": ["numeric", "flat"]},
            "value": {"name": "Dense", "units": "$num_targets"},
        },
    )  # fmt: skip
    rows = {"numeric": np.zeros((2, 3), "float32"), "categorical": np.zeros((2, 1), "int32")}
    assert model(rows).shape == (2, 1)


def test_attention_takes_its_query_and_value_apart():
    model = graph.build(
        **IMAGE,
        layers={
            "tokens": {"name": "Reshape", "target_shape": [64, 3]},
            "attended": {"name": "MultiHeadAttention", "num_heads": 2, "key_dim": 4, "inputs": ["tokens", "tokens"]},
            "mean": {"name": "GlobalAveragePooling1D"},
            "logits": LOGITS,
        },
    )
    assert model.output_shape == (None, 4)


def test_specs_within_a_layer_are_made():
    model = graph.build(
        **IMAGE,
        layers={
            "rows": {"name": "Reshape", "target_shape": [8, 24]},
            "read": {"name": "Bidirectional", "layer": {"name": "LSTM", "units": 5, "dropout": None}},
            "logits": LOGITS | {"kernel_regularizer": {"name": "l2", "l2": 0.5}, "bias_initializer": "ones"},
        },
    )
    assert model.get_layer("read").output.shape == (None, 10)
    assert model.get_layer("logits").kernel_regularizer.l2 == 0.5
    np.testing.assert_array_equal(model.get_layer("logits").bias.numpy(), 1)


def test_arguments_that_the_checked_recipe_fills_with_null_are_left_to_keras():
    model = graph.build(**IMAGE, layers={"flat": FLAT, "logits": LOGITS | {"trainable": None, "autocast": None}})
    assert model.get_layer("logits").trainable and model.get_layer("logits").autocast


@pytest.mark.parametrize("layers, message", [
    ({}, "there are none"),
    ({"input": FLAT}, 'layer "input": the input is called so'),
    ({"a": FLAT, "b": LOGITS | {"inputs": ["c"]}}, 'layer "b": its inputs name "c", .* There are input, a'),
    ({"a": FLAT | {"inputs": "a"}}, 'layer "a": its inputs name itself'),
    ({"a": FLAT, "b": FLAT | {"inputs": "input"}, "c": LOGITS}, 'layer "a": no other takes it as input'),
    ({"a": CONV, "b": {"name": "Add", "inputs": ["input", "a"]}}, r'"b" \(Add of input .*3\), a .*6\)\): .*shapes'),
    ({"a": CONV | {"kernel_size": 9, "padding": "valid"}}, r'"a" \(Conv2D of input \(None, 8, 8, 3\)\): .*zero'),
    ({"a": {"name": "MaxPooling2D", "pool_size": 9}}, r'layer "a" \(MaxPooling2D of .*\): Computed output size'),
    ({"a": {"name": "LSTM", "units": 3}}, 'layer "a" .* expected ndim=3'),
    ({"a": LOGITS | {"units": "$num_targets"}}, 'layer "a" .*no fact "num_targets". There are image_shape'),
    ({"a": FLAT | {"wrong": 1}}, 'layer "a"'),
    ({"a": FLAT, "b": LOGITS | {"inputs": ["a", "a"]}}, 'layer "b"'),
    ({"a/b": FLAT}, 'layer "a/b"'),
    ({"a": FLAT, "b": LOGITS | {"kernel_initializer": {"name": "HeNormall"}}}, 'layer "b" .* HeNormall'),
])  # fmt: skip
def test_a_fault_is_one_line_that_names_the_layer(layers, message):
    with pytest.raises(ValueError, match=message) as raised:
        graph.build(**IMAGE, layers=layers)
    assert "\n" not in str(raised.value) and "\x1b" not in str(raised.value)


def test_a_first_layer_must_say_which_of_two_inputs_it_takes():
    with pytest.raises(ValueError, match=r'layer "a": .* inputs: \[numeric, categorical\]'):
        graph.build(num_numeric=3, category_sizes=(5,), num_classes=2, layers={"a": LOGITS})
