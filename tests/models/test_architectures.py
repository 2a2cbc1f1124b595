"""What the architectures of photographs have in common: published parameters, stages by name, images too small for
them, arguments that do something. test_applications.py holds their outputs against keras.applications'.
"""

import keras
import numpy as np
import pytest

from kerasapp import components
from kerasapp.summary import summary

FACTS = {"image_shape": (32, 32, 3), "num_classes": 3}
INITIALIZER = {"name": "Zeros"}  # counted, not run: quicker to make
VGG_HEAD = 123_642_856  # parameters of VGG's dense layers: (7 * 7 * 512 + 1) * 4096 + 4097 * 4096 + 4097 * 1000
SLOW = pytest.mark.slow
# Learned parameters for 1000 classes: torchvision's table, keras.io's for Xception and Inception; Caffe's model zoo for
# AlexNet and GoogLeNet.
PUBLISHED = {
    "alexnet": ({"groups": 1}, 62_378_344),
    "alexnet in two halves": ({"groups": 2}, 60_965_224),
    "googlenet": ({"normalization": "none", "auxiliary_weight": 0.0}, 6_998_552),
    "googlenet in training": ({"normalization": "response"}, 13_378_280),
    "inception_v3": ({}, 23_817_352),
    "densenet": ({}, 7_978_856),
    "densenet 169": ({"depth": 169}, 14_149_480, SLOW),
    "densenet 201": ({"depth": 201}, 20_013_928, SLOW),
    "mobilenet_v2": ({}, 3_504_872),
    "mobilenet_v3": ({}, 5_483_032),
    "mobilenet_v3 small": ({"size": "small"}, 2_542_856),
    "xception": ({}, 22_855_952),
    "resnet 50 version 2": ({"depth": 50, "version": 2}, 25_568_360),
    "efficientnet": ({}, 5_288_548),
    "efficientnet 1": ({"variant": "B1"}, 7_794_184, SLOW),
    "efficientnet 2": ({"variant": "B2"}, 9_109_994, SLOW),
    "efficientnet 3": ({"variant": "B3"}, 12_233_232, SLOW),
    "efficientnet 4": ({"variant": "B4"}, 19_341_616, SLOW),
    "efficientnet 5": ({"variant": "B5"}, 30_389_784, SLOW),
    "efficientnet 6": ({"variant": "B6"}, 43_040_704, SLOW),
    "efficientnet 7": ({"variant": "B7"}, 66_347_960, SLOW),
}
# Billions, for 224 x 224: table 4 of MobileNetV2, table 3 of MobileNetV3, table 2 of EfficientNet.
MULTIPLY_ADDS = {"mobilenet_v2": 0.3, "mobilenet_v3": 0.219, "mobilenet_v3 small": 0.056, "efficientnet": 0.39}
# Pixels of one step of stage_1, stage_2, ... with the stem of ImageNet, and how much the small stem divides less.
STRIDES = {
    "alexnet": (8, 16), "vgg": (1, 2, 4, 8, 16), "googlenet": (4, 8, 16, 32), "inception_v3": (8, 16, 32),
    "densenet": (4, 8, 16, 32), "mobilenet_v2": (2, 4, 8, 16, 32), "mobilenet_v3": (2, 4, 8, 16, 32),
    "xception": (4, 8, 16, 32), "efficientnet": (2, 4, 8, 16, 32),
}  # fmt: skip
UNPADDED = {"alexnet": 2, "inception_v3": 4, "xception": 4}  # places that borders may cost
LARGE = ("densenet", "efficientnet", "googlenet", "inception_v3", "xception")  # to build twice
SMALLEST = {
    "alexnet": (63, 15), "inception_v3": (75, 21), "xception": (7, 5), "densenet": (29, 8), "vgg": (32, 32),
    "googlenet": (32, 8), "mobilenet_v2": (32, 8), "mobilenet_v3": (32, 8), "efficientnet": (32, 8),
}  # fmt: skip
REGULARIZER = {"name": "L2", "l2": 1e-4}
QUICK = {"alexnet": {"units": [4]}, "vgg": {"units": [4]}, "densenet": {"depth": 40}, "mobilenet_v3": {"size": "small"}}


def build(name: str, **given) -> keras.Model:
    return components.create("models", {"name": name, **given}, **FACTS | given)


def learned(model: keras.Model) -> int:
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def test_every_architecture_of_images_is_here():
    """But for those with a file of their own."""
    asked = {n for n in components.names("models") if "image_shape" in {a.name for a in signature(n)}}
    generative = {"autoencoder", "dcgan", "vae"}
    assert asked - generative - {"cnn", "resnet", "mlp", "graph", "pretrained"} == STRIDES.keys()


def signature(name: str) -> list:
    return components.signature("models", name).arguments


@pytest.mark.parametrize(
    "case, arguments, published", [pytest.param(k, *v[:2], marks=v[2:], id=k) for k, v in PUBLISHED.items()]
)
def test_parameters_and_multiply_adds_are_the_published_ones(case, arguments, published):
    size = 299 if case in ("inception_v3", "xception") else 224
    facts = {"image_shape": (size, size, 3), "num_classes": 1000}
    model = build(case.split()[0], kernel_initializer=INITIALIZER, **arguments, **facts)
    assert learned(model) == published
    if case in MULTIPLY_ADDS:
        assert summary(model).flops / 2e9 == pytest.approx(MULTIPLY_ADDS[case], rel=0.02)


@pytest.mark.parametrize(
    "depth, published", [(11, 132_863_336), (13, 133_047_848), (16, 138_357_544), (19, 143_667_240)]
)
def test_vgg_has_the_published_parameters(depth, published):
    """Its convolutions; the dense layers, half a gigabyte, are counted by hand."""
    model = build("vgg", depth=depth, units=[], num_classes=1, kernel_initializer=INITIALIZER)
    assert learned(model) - (512 + 1) + VGG_HEAD == published


@pytest.mark.parametrize("depth, published", [(40, 176_122), pytest.param(100, 769_162, marks=SLOW)])
def test_small_densenets_have_the_published_parameters(depth, published):
    assert learned(build("densenet", depth=depth, growth_rate=12, num_classes=10)) == published


@pytest.mark.parametrize("name, strides", STRIDES.items())
@pytest.mark.parametrize("stem, size", [("imagenet", 96), ("cifar", 32)])
def test_stages_are_found_by_name_at_their_strides_and_arguments_reach_all_layers(name, strides, stem, size):
    model = build(name, image_shape=(size, size, 1), dropout=0.25, kernel_regularizer=REGULARIZER,
                  kernel_initializer=INITIALIZER, **QUICK.get(name, {}))  # fmt: skip
    kernels = [w for w in model.weights if w.name.endswith("kernel") and "auxiliary" not in w.path]
    assert all(weight.regularizer is not None for weight in kernels)
    assert [weight.path for weight in kernels if np.any(weight)] == ["head/kernel"]
    assert 0.25 in [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    less = 4 if stem == "cifar" and name != "vgg" else 1
    for stage, stride in enumerate(strides[:3] if name == "densenet" else strides, 1):  # the small one has three
        places = model.get_layer(f"stage_{stage}").output.shape[1]
        assert 0 <= -(-size // max(1, stride // less)) - places <= UNPADDED.get(name, 0)


@pytest.mark.parametrize(
    "name, smallest", [pytest.param(*row, marks=SLOW if row[0] in LARGE else ()) for row in SMALLEST.items()]
)
def test_an_image_too_small_is_told_with_the_size_that_would_do(name, smallest):
    for stem, least in zip(("imagenet", "cifar"), smallest, strict=True):
        given = QUICK.get(name, {}) | ({"stem": stem} if name != "vgg" else {})
        given |= {"depth": 121} if name == "densenet" else {}
        told = rf"images of {least - 1} x 90 .* {least} x {least} and more. Set task.image_size: \[{least}, {least}\]"
        with pytest.raises(ValueError, match=told):
            build(name, image_shape=(least - 1, 90, 3), **given)
        model = build(name, image_shape=(least, least, 3), **given)
        assert min(model.get_layer("stage_2").output.shape[1:3]) >= 1


def test_eight_pixels_are_refused_by_inception_whatever_the_stem():
    with pytest.raises(ValueError, match="8 x 8"):
        build("inception_v3", image_shape=(8, 8, 3))
