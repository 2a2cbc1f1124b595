"""The parameters that papers and libraries publish, the outputs of keras.applications, and names that others rely
on.
"""

import re

import keras
import numpy as np
import pytest

from kerasapp import components
from kerasapp.models import resnet

CHANGED = {
    "depth": 14, "stem": "imagenet", "shortcut": "padding", "dropout": 0.2,
    "kernel_initializer": {"name": "GlorotUniform", "seed": None}, "kernel_regularizer": {"name": "L2", "l2": 1e-4},
}  # fmt: skip


def learned(model: keras.Model) -> int:
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


@pytest.mark.parametrize("depth, published", [(18, 11_689_512), (34, 21_797_672), (50, 25_557_032)])
def test_imagenet_form_has_the_published_parameters(depth, published):
    """As torchvision's table has them, which counts what is learned."""
    assert learned(resnet.build(image_shape=(224, 224, 3), num_classes=1000, depth=depth)) == published


@pytest.mark.parametrize("depth, millions", [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85), (110, 1.7)])
def test_small_form_has_the_papers_parameters(depth, millions):
    """He et al., 2015, table 6, which has shortcuts without parameters."""
    model = resnet.build(image_shape=(32, 32, 3), num_classes=10, depth=depth, shortcut="padding")
    assert round(learned(model) / 1e6, 1 if depth == 110 else 2) == millions


def test_resnet_50_computes_what_keras_applications_computes():
    theirs = keras.applications.ResNet50(weights=None, classes=5, classifier_activation=None, input_shape=(64, 64, 3))
    random = np.random.default_rng(0)
    for weight in theirs.weights:
        if weight.name in ("bias", "beta", "moving_mean"):
            weight.assign(random.normal(0, 0.1, weight.shape))
    ours = resnet.build(image_shape=(64, 64, 3), num_classes=5, depth=50)
    assert theirs.count_params() - ours.count_params() == sum(
        layer.filters for layer in ours.layers if isinstance(layer, keras.layers.Conv2D)
    ), "they differ by more than the convolutions' biases"
    copy_from_applications(theirs, ours)
    images = random.random((2, 64, 64, 3), "float32")
    np.testing.assert_allclose(ours(images), theirs(images), atol=1e-4)


def copy_from_applications(theirs: keras.Model, ours: keras.Model) -> None:
    """Layer by layer; a convolution's bias goes into the mean that the normalisation behind it takes away."""
    for layer in ours.layers:
        if not layer.weights:
            continue
        source = theirs.get_layer(name_there(layer.name))
        weights = source.get_weights()
        if isinstance(layer, keras.layers.Conv2D):
            weights = weights[:1]
        elif isinstance(layer, keras.layers.BatchNormalization):
            weights[2] = weights[2] - theirs.get_layer(re.sub("_bn$", "_conv", source.name)).get_weights()[1]
        layer.set_weights(weights)


def name_there(name: str) -> str:
    if name in (known := {"stem": "conv1_conv", "stem_norm": "conv1_bn", "head": "predictions"}):
        return known[name]
    stage, block, part = re.fullmatch(r"stage_(\d)_block_(\d+)_(\w+)", name).groups()
    part = part.replace("shortcut_norm", "norm_0").replace("shortcut", "conv_0").replace("norm", "bn")
    kind, number = part.split("_")
    return f"conv{int(stage) + 1}_block{block}_{number}_{kind}"


@pytest.mark.parametrize("depth, size, strides", [(18, 64, (4, 8, 16, 32)), (18, 32, (1, 2, 4, 8)), (8, 32, (1, 2, 4))])
def test_stages_are_found_by_name_at_their_strides(depth, size, strides):
    model = resnet.build(image_shape=(size, size, 3), num_classes=3, depth=depth)
    for stage, stride in enumerate(strides, 1):
        assert model.get_layer(f"stage_{stage}").output.shape[1] == size // stride
    assert {"stem", "stage_1_block_1_conv_1", "stage_2_block_1_shortcut", "head"} <= {x.name for x in model.layers}


@pytest.mark.parametrize("argument", [a.name for a in components.signature("models", "resnet").arguments])
def test_no_argument_is_without_effect(argument):
    facts = {"image_shape": (32, 32, 3), "num_classes": 3}
    if argument not in facts:
        base = {**facts, "depth": 8}
        assert resnet.build(**base | {argument: CHANGED[argument]}).get_config() != resnet.build(**base).get_config()


def test_a_padding_shortcut_takes_every_second_pixel_and_adds_channels_of_zeros():
    model = resnet.build(image_shape=(9, 9, 1), num_classes=3, depth=8, shortcut="padding")
    added = model.get_layer("stage_2_block_1_add")._inbound_nodes[0].input_tensors[0]
    before, after = keras.Model(model.input, [model.get_layer("stage_1").output, added])(np.random.rand(1, 9, 9, 1))
    np.testing.assert_array_equal(after[..., :16], before[:, ::2, ::2])
    assert after.shape == (1, 5, 5, 32) and not np.any(after[..., 16:])


@pytest.mark.parametrize("depth", [8, 18])
def test_any_image_size_goes_through(depth):
    for size in (1, 33, 64):
        model = resnet.build(image_shape=(size, size + 2, 1), num_classes=3, depth=depth)
        assert model(np.zeros((1, size, size + 2, 1))).shape == (1, 3)
