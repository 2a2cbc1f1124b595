"""Every hyperparameter of a CNN is a recipe value, and the defaults make a small net that fits any image and learns."""

import keras
import numpy as np
import pytest

from kerasapp import components
from kerasapp.models import cnn

DIGITS = {"image_shape": (28, 28, 1), "num_classes": 10}
CHANGED = {
    "stem_filters": 8, "stem_kernel_size": 7, "stem_strides": 1, "blocks": 1, "convolutions": 2, "filters": [4, 8],
    "growth": 1.5, "kernel_size": 5, "strides": 2, "dilation_rate": 2, "padding": "valid", "activation": "tanh",
    "batch_norm": False, "use_bias": True, "pooling": "average", "pool_size": 3, "pool_strides": 1,
    "block_dropout": 0.1, "reduction": "average", "units": [16], "hidden_layers": 2, "dropout": 0.5,
    "kernel_initializer": {"name": "orthogonal", "gain": 1.0, "seed": None},
    "kernel_regularizer": {"name": "L2", "l2": 1e-4},
}  # fmt: skip


def maps(model: keras.Model) -> list[tuple]:
    return [layer.output.shape[1:] for layer in model.layers if len(layer.output.shape) == 4]


@pytest.mark.parametrize("argument", [a.name for a in components.signature("models", "cnn").arguments])
def test_no_argument_is_without_effect(argument):
    if argument in DIGITS:
        return
    base = DIGITS | ({"stem_filters": 4} if argument.startswith("stem_") else {})
    base |= {"units": 16} if argument == "hidden_layers" else {}
    changed = cnn.build(**base | {argument: CHANGED[argument]})
    assert changed.get_config() != cnn.build(**base).get_config()


def test_layer_names_that_others_rely_on_stay():
    model = cnn.build(**DIGITS, stem_filters=4, convolutions=2, block_dropout=0.1, units=[8])
    names = [layer.name for layer in model.layers]
    assert names[:4] == ["image", "stem", "stem_norm", "stem_activation"]
    block = ["conv_1", "norm_1", "activation_1", "conv_2", "norm_2", "activation_2", "pool", "dropout"]
    assert names[4:12] == [f"block_1_{part}" for part in block]
    assert names[-7:] == [
        "flatten",
        "dropout",
        "dense_1",
        "dense_1_norm",
        "dense_1_activation",
        "dense_1_dropout",
        "head",
    ]


def test_parameters_are_those_counted_by_hand():
    # 3 x 3 x 1 x 32; 4 a channel of normalisation; 3 x 3 x 32 x 64; 7 x 7 x 64 x 64; 64 x 10 and 10 biases
    assert cnn.build(**DIGITS).count_params() == 288 + 4 * 32 + 18_432 + 4 * 64 + 200_704 + 4 * 64 + 640 + 10


@pytest.mark.parametrize("size", [8, 9, 12, 16, 28, 32, 48, 64, 96, 127, 128, 224])
def test_the_default_leaves_a_map_that_is_neither_too_small_nor_too_large(size):
    model = cnn.build(image_shape=(size, size + 3, 3), num_classes=10)
    height, width, _ = maps(model)[-1]
    assert 2 <= height <= 7 and 2 <= width <= 8
    assert ("stem" in [layer.name for layer in model.layers]) == (size >= 128)


def test_more_blocks_than_the_map_allows_stop_pooling_instead_of_vanishing():
    assert maps(cnn.build(image_shape=(8, 8, 1), num_classes=3, blocks=5, growth=1.0))[-1][:2] == (2, 2)


def test_overlapping_pooling_is_alexnets():
    model = cnn.build(image_shape=(55, 55, 3), num_classes=3, blocks=1, pool_size=3, pool_strides=2)
    assert model.get_layer("block_1_pool").output.shape[1:3] == (27, 27)  # Krizhevsky et al., 2012


def test_hidden_layers_are_so_many_of_one_width_or_listed():
    def widths(**arguments) -> list[int]:
        model = cnn.build(**DIGITS, filters=4, **arguments)
        return [layer.units for layer in model.layers if isinstance(layer, keras.layers.Dense)][:-1]

    assert widths(units=8, hidden_layers=3) == [8, 8, 8]
    assert widths(units=8) == [8] and widths(units=8, hidden_layers=0) == []
    assert widths(units=[8, 4]) == widths(units=[8, 4], hidden_layers=2) == [8, 4]
    with pytest.raises(ValueError, match="units names 2 hidden layers, hidden_layers 3"):
        widths(units=[8, 4], hidden_layers=3)


def test_filters_grow_or_are_listed():
    def widths(**arguments) -> list[int]:
        model = cnn.build(image_shape=(64, 64, 3), num_classes=3, **arguments)
        return [layer.filters for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]

    assert widths(filters=10, growth=1.5, blocks=3) == [10, 15, 22]
    assert widths(filters=[8, 4]) == [8, 4]
    with pytest.raises(ValueError, match="filters names 2 blocks, blocks 3"):
        widths(filters=[8, 4], blocks=3)


def test_a_kernel_larger_than_the_map_names_the_layer_and_the_way_out():
    with pytest.raises(
        ValueError, match=r"block_2_conv_1: a kernel of 5 x 5 .* map of 2 x 2: fewer blocks, or padding: same"
    ):
        cnn.build(image_shape=(8, 8, 1), num_classes=3, kernel_size=5, padding="valid")


@pytest.mark.parametrize("activation, variance", [("relu", 2 / 576), ("tanh", 2 / (576 + 1152)), ("selu", 1 / 576)])
def test_weights_start_with_the_papers_variance(activation, variance):
    """He et al., 2015: 2 / fan_in; Glorot and Bengio, 2010: 2 / (fan_in + fan_out); fans are 3 x 3 x 64 and 3 x 3 x
    128.
    """
    model = cnn.build(image_shape=(32, 32, 3), num_classes=3, filters=[64, 128], activation=activation)
    assert np.var(model.get_layer("block_2_conv_1").kernel.numpy()) == pytest.approx(variance, rel=0.05)


def test_two_layers_of_one_shape_start_different():
    model = cnn.build(image_shape=(8, 8, 4), num_classes=3, convolutions=2, filters=4, kernel_initializer="he_uniform")
    first, second = (model.get_layer(f"block_1_conv_{number}").kernel.numpy() for number in (1, 2))
    assert not np.array_equal(first, second)


def test_a_bias_stands_only_where_no_normalisation_follows():
    def biased(**arguments) -> set[bool]:
        model = cnn.build(**DIGITS, units=[8], **arguments)
        return {layer.use_bias for layer in model.layers[:-1] if hasattr(layer, "use_bias")}

    assert biased() == {False} and biased(batch_norm=False) == {True} and biased(use_bias=True) == {True}


def test_images_of_varying_size_are_averaged_not_flattened():
    facts = {"image_shape": (None, None, 3), "num_classes": 3}
    model = cnn.build(**facts, reduction="average", blocks=2)
    assert {model(np.zeros((1, *size, 3))).shape for size in ((20, 30), (40, 25))} == {(1, 3)}
    with pytest.raises(ValueError, match="set reduction to average or max"):
        cnn.build(**facts)


def test_after_two_dozen_steps_a_validation_sees_the_net_that_was_trained():
    """With Keras's momentum of .99 the moving statistics would still be four fifths of what they were at the start."""
    keras.utils.set_random_seed(0)
    images = np.random.default_rng(0).random((192, 16, 16, 3), "float32")
    model = cnn.build(image_shape=(16, 16, 3), num_classes=2, dropout=0.0, units=())
    model.compile(keras.optimizers.SGD(0.0), "mse")
    model.fit(images, np.zeros((192, 2)), batch_size=8, verbose=0)
    trained, validated = (model(images, training=training).numpy() for training in (True, False))
    assert np.abs(trained - validated).max() < trained.std()


def test_four_epochs_are_enough_for_sixty_pictures_of_colours():
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    tints = np.array([[200, 40, 40], [40, 40, 200]])[np.arange(60) % 2]
    noise = random.integers(-30, 30, (60, 54, 50, 3))
    images = (tints[:, None, None] + noise).clip(0, 255).astype("float32") / 255
    labels = np.arange(60) % 2
    model = cnn.build(image_shape=(54, 50, 3), num_classes=2)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    model.fit(images[:48], labels[:48], batch_size=8, epochs=4, verbose=0)
    assert model.evaluate(images[48:], labels[48:], verbose=0)[1] >= 0.9


@pytest.mark.slow  # the smoke form of vision/digits_cnn does, too
def test_the_default_learns_handwritten_digits():
    from sklearn.datasets import load_digits

    keras.utils.set_random_seed(0)
    digits = load_digits()
    images = (digits.images / 16).astype("float32")[..., None]
    order = np.random.default_rng(0).permutation(len(images))
    train, test = order[360:], order[:360]
    model = cnn.build(image_shape=(8, 8, 1), num_classes=10)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"], steps_per_execution=16)
    model.fit(images[train], digits.target[train], batch_size=64, epochs=12, verbose=0)
    assert model.evaluate(images[test], digits.target[test], verbose=0)[1] >= 0.96
