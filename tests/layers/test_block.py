"""Blocks as layers of a recipe's graph: checked, trained for a step, saved and loaded, in any precision."""

import keras
import numpy as np
import pytest

from kerasapp import components
from kerasapp.layers._block import Block
from kerasapp.layers.conv_norm_activation import ConvNormActivation
from kerasapp.layers.residual import Residual
from kerasapp.models import graph
from kerasapp.summary import summary
from kerasapp.summary._calls import calls
from kerasapp.summary._receptive_field import fields
from kerasapp.training._depth import rate_shares
from kerasapp.training._optimizer import apply_trainable
from kerasapp.training._stages import Stage, frozen

EVERY = {
    "stem": {"name": "conv_norm_activation", "filters": 8, "kernel_initializer": {"name": "HeNormal", "seed": None}},
    "dilated": {"name": "conv_norm_activation", "filters": 8, "dilation_rate": 2, "activation": None},
    "mixed": {"name": "conv_norm_activation", "filters": 6, "kernel_size": 1, "activation": "gelu"},
    "depthwise": {"name": "depthwise_separable", "filters": 8},
    "spatial": {"name": "spatially_separable", "filters": 8, "kernel_size": 3},
    "weighed": {"name": "squeeze_excitation", "ratio": 4},
    "noise": {"name": "noise_injection", "only_in_training": True},
    "added": {"name": "residual", "filters": 16, "strides": 2, "stochastic_depth": 0.01},
    "beside": {"name": "inception", "one": 4, "three": [2, 4], "five": [2, 4], "pooled": 4},
    "gathered": {"name": "dense_block", "depth": 2, "growth_rate": 4, "kernel_regularizer": {"name": "L2", "l2": 0.1}},
    "pool": {"name": "GlobalAveragePooling2D"},
    "logits": {"name": "Dense", "units": "$num_classes"},
}
IMAGES = np.random.default_rng(0).random((4, 12, 12, 3), "float32")


def network(layers=EVERY) -> keras.Model:
    keras.utils.set_random_seed(0)
    return graph.build(image_shape=(12, 12, 3), num_classes=3, layers=layers)


def trained(model: keras.Model) -> keras.Model:
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    assert np.isfinite(model.train_on_batch(IMAGES, np.array([0, 1, 2, 0])))
    return model


@pytest.fixture
def half():
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy("float32")


def test_every_block_stands_in_the_graph_of_these_tests():
    used = {spec["name"] for spec in EVERY.values()}
    blocks = {name for name in components.names("layers") if issubclass(components.function("layers", name), Block)}
    assert blocks and blocks < used


def test_a_graph_of_blocks_takes_a_step_and_is_loaded_and_made_anew_equal(tmp_path):
    model = network()
    before = {weight.path: weight.numpy() for weight in model.trainable_weights}
    trained(model)
    still = [path for path, old in before.items() if np.array_equal(old, model_weight(model, path))]
    assert not still, "these learned nothing"
    assert len(model.losses) == 4, "a regulariser of each of the dense block's convolutions"
    model.save(tmp_path / "model.keras")
    wanted = model.predict(IMAGES, verbose=0)
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(IMAGES, verbose=0), wanted)
    model.save_weights(tmp_path / "model.weights.h5")
    again = network()
    again.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(again.predict(IMAGES, verbose=0), wanted)


def model_weight(model: keras.Model, path: str) -> np.ndarray:
    return next(weight.numpy() for weight in model.weights if weight.path == path)


def test_two_blocks_of_a_kind_begin_differently():
    twice = {name: EVERY["stem"] | {"filters": 3} for name in ("one", "two")}
    model = network(twice | {"pool": EVERY["pool"], "logits": EVERY["logits"]})
    one, two = (model.get_layer(name).get_weights()[0] for name in ("one", "two"))
    assert one.shape == two.shape and not np.array_equal(one, two)


def test_a_block_has_the_precision_that_is_asked_of_it(half):
    made = {weight.dtype for weight in trained(network()).weights}
    assert made == {"float32"} and network().get_layer("added").compute_dtype == "float16"
    alone = Residual(4, dtype="float32")
    assert alone(IMAGES).dtype == "float32" and keras.config.dtype_policy().name == "mixed_float16"


def test_shapes_are_told_before_and_after_it_is_built():
    layer = Residual(4, "bottleneck", strides=2)
    assert layer.compute_output_shape((None, 12, 12, 3)) == (None, 6, 6, 16)
    assert not layer.built
    assert layer(IMAGES).shape == layer.compute_output_shape(IMAGES.shape) == (4, 6, 6, 16)


def test_images_of_any_size_go_through():
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, Residual(4, strides=2)(ConvNormActivation(6)(inputs)))
    assert model.output_shape == (None, None, None, 4) and model(IMAGES).shape == (4, 6, 6, 4)


def test_a_frozen_block_keeps_its_normalisation_too():
    model = trained(network(EVERY | {"stem": EVERY["stem"] | {"trainable": False}}))
    *_, mean, variance = model.get_layer("stem").get_weights()
    assert not mean.any() and (variance == 1).all()
    assert "stem" in frozen(model) and "added" not in frozen(model)


def test_a_stage_that_names_a_block_trains_all_that_it_is_made_of():
    model = network()
    apply_trainable(model, Stage(None, 1, ("added", "logits")), frozen(model))
    added = model.get_layer("added")
    learning = {weight.path for weight in model.trainable_weights}
    assert learning == {weight.path for weight in (*added.parts.trainable_weights, *model.layers[-1].weights)}
    assert len(added.parts.trainable_weights) == 3 + 2 * 3, "three kernels and what normalises them"


def test_rates_by_depth_count_a_block_by_its_convolutions():
    model = network({"first": {"name": "residual", "filters": 3}, "pool": EVERY["pool"], "logits": EVERY["logits"]})
    shares = [share for variable, share in rate_shares(model, 0.5) if len(variable.shape) > 1]
    assert shares == [0.25, 0.5, 1.0]


def test_a_summary_looks_into_a_block():
    blocks = {"wide": {"name": "spatially_separable", "filters": 4, "kernel_size": 5}, "last": EVERY["dilated"]}
    model = network(blocks | {"pool": EVERY["pool"], "logits": EVERY["logits"]})
    rows = {row.name: row for row in summary(model).rows}
    assert rows["wide"].receptive_field == (5, 5) and rows["last"].receptive_field == (9, 9)
    assert rows["wide"].flops == 2 * 144 * 5 * (3 * 4 + 4 * 4)
    assert len(fields(calls(model))) == len(model.layers)


def test_what_a_shape_does_not_allow_is_one_line_that_names_the_layer():
    layers = {"small": {"name": "conv_norm_activation", "filters": 4, "kernel_size": 13, "padding": "valid"}}
    with pytest.raises(ValueError, match=r'layer "small" .*of input .*13 x 13 pixels does not fit'):
        network(layers | {"pool": EVERY["pool"], "logits": EVERY["logits"]})
