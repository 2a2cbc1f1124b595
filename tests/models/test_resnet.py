"""The parameters that papers and libraries publish, and names that others rely on; test_applications.py holds the
outputs against keras.applications'.
"""

import keras
import numpy as np
import pytest

from kerasapp import components
from kerasapp.models import resnet

CHANGED = {
    "depth": 14, "version": 2, "stem": "imagenet", "shortcut": "padding", "stochastic_depth": 0.5, "dropout": 0.2,
    "kernel_initializer": {"name": "GlorotUniform", "seed": None}, "kernel_regularizer": {"name": "L2", "l2": 1e-4},
}  # fmt: skip


def learned(model: keras.Model) -> int:
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


@pytest.mark.parametrize("depth, published", [
    (18, 11_689_512), (34, 21_797_672), (50, 25_557_032),
    pytest.param(101, 44_549_160, marks=pytest.mark.slow), pytest.param(152, 60_192_808, marks=pytest.mark.slow),
])  # fmt: skip
def test_imagenet_form_has_the_published_parameters(depth, published):
    """As torchvision's table has them, which counts what is learned."""
    assert learned(resnet.build(image_shape=(224, 224, 3), num_classes=1000, depth=depth)) == published


@pytest.mark.parametrize("depth, millions", [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85), (110, 1.7)])
def test_small_form_has_the_papers_parameters(depth, millions):
    """He et al., 2015, table 6, which has shortcuts without parameters."""
    model = resnet.build(image_shape=(32, 32, 3), num_classes=10, depth=depth, shortcut="padding")
    assert round(learned(model) / 1e6, 1 if depth == 110 else 2) == millions


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("depth, size, strides", [(18, 64, (4, 8, 16, 32)), (18, 32, (1, 2, 4, 8)), (8, 32, (1, 2, 4))])
def test_stages_are_found_by_name_at_their_strides(depth, size, strides, version):
    model = resnet.build(image_shape=(size, size, 3), num_classes=3, depth=depth, version=version)
    for stage, stride in enumerate(strides, 1):
        assert model.get_layer(f"stage_{stage}").output.shape[1] == size // stride
    assert {"stem", "stage_1_block_1_conv_1", "stage_2_block_1_shortcut", "head"} <= {x.name for x in model.layers}


@pytest.mark.parametrize("argument", [a.name for a in components.signature("models", "resnet").arguments])
def test_no_argument_is_without_effect(argument):
    facts = {"image_shape": (32, 32, 3), "num_classes": 3}
    if argument not in (*facts, "weights"):  # those are brought by training
        base = {**facts, "depth": 8}
        assert resnet.build(**base | {argument: CHANGED[argument]}).get_config() != resnet.build(**base).get_config()


def test_a_padding_shortcut_takes_every_second_pixel_and_adds_channels_of_zeros():
    model = resnet.build(image_shape=(9, 9, 1), num_classes=3, depth=8, shortcut="padding")
    added = model.get_layer("stage_2_block_1_add")._inbound_nodes[0].input_tensors[0]
    before, after = keras.Model(model.input, [model.get_layer("stage_1").output, added])(np.random.rand(1, 9, 9, 1))
    np.testing.assert_array_equal(after[..., :16], before[:, ::2, ::2])
    assert after.shape == (1, 5, 5, 32) and not np.any(after[..., 16:])


@pytest.mark.parametrize("depth", [8, 18])
def test_any_image_size_from_the_last_stride_goes_through(depth):
    least = 4 if depth == 8 else 8
    for stem, smallest in (("cifar", least), ("imagenet", 4 * least)):
        with pytest.raises(ValueError, match=rf"{smallest} x {smallest} and more"):
            resnet.build(image_shape=(smallest - 1, 90, 1), num_classes=3, depth=depth, stem=stem)
        resnet.build(image_shape=(smallest, 90, 1), num_classes=3, depth=depth, stem=stem)
    for size in (least, 33, 64):
        model = resnet.build(image_shape=(size, size + 2, 1), num_classes=3, depth=depth)
        assert model(np.zeros((1, size, size + 2, 1))).shape == (1, 3)
