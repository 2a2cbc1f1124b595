"""Our architectures compute what keras.applications' compute, with the weights brought over layer by layer."""

from dataclasses import dataclass, field

import keras
import numpy as np
import pytest
from keras import applications

from kerasapp import components
from kerasapp.models import mobilenet_v2, vgg
from kerasapp.models._applications import copy, counterpart, is_caffe
from kerasapp.models._convolutions import DEVIATION, TORCH_MEAN, rescaled

CLASSES = 5


@dataclass(frozen=True)
class Pair:
    """One architecture of ours; its counterpart takes what `package.preprocess_input` makes of bytes."""

    name: str
    package: str
    size: int = 32
    arguments: dict = field(default_factory=dict)

    @property
    def spec(self) -> dict:
        """As a resolved recipe has it, with the stem of ImageNet."""
        told = components.signature("models", self.name).arguments
        defaults = {argument.name: argument.default for argument in told if not argument.required}
        stem = {"stem": "imagenet"} if "stem" in defaults else {}
        return {"name": self.name, **defaults, **stem, **self.arguments}


PAIRS = {
    "resnet 50": Pair("resnet", "resnet", arguments={"depth": 50}),
    "resnet 50 version 2": Pair("resnet", "resnet_v2", arguments={"depth": 50, "version": 2}),
    "vgg 16": Pair("vgg", "vgg16"),
    "densenet 121": Pair("densenet", "densenet"),
    "inception v3": Pair("inception_v3", "inception_v3", 75),
    "xception": Pair("xception", "xception", 71),
    "mobilenet v2": Pair("mobilenet_v2", "mobilenet_v2", 33, {"alpha": 0.35}),
    "mobilenet v3 small": Pair("mobilenet_v3", "mobilenet_v3", 33, {"size": "small"}),
    "mobilenet v3 large": Pair("mobilenet_v3", "mobilenet_v3"),
    "efficientnet b0": Pair("efficientnet", "efficientnet"),
}


def their_model(pair: Pair, head: bool = True) -> keras.Model:
    """Randomly initialised, what starts at 0 or 1 too, so that no weight is without effect."""
    keras.utils.set_random_seed(0)
    shape = (pair.size, pair.size, 3) if head else (None, None, 3)
    model = counterpart(pair.spec, image_shape=shape, num_classes=CLASSES if head else None, weights=None)
    random = np.random.default_rng(0)
    for weight in model.weights:
        if weight.name in ("bias", "beta", "moving_mean"):
            weight.assign(random.normal(0, 0.1, weight.shape))
        elif weight.name in ("gamma", "moving_variance"):
            weight.assign(random.uniform(0.7, 1.3, weight.shape))
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):  # EfficientNet's
            layer.set_weights([np.array(TORCH_MEAN), np.square(DEVIATION), np.array(0)])
            layer.finalize_state()
    return model


def our_model(pair: Pair) -> keras.Model:
    return components.create("models", pair.spec, image_shape=(pair.size, pair.size, 3), num_classes=CLASSES)


def prepared(pair: Pair, images: np.ndarray) -> np.ndarray:
    return getattr(applications, pair.package).preprocess_input(255 * images)


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_outputs_are_those_of_keras_applications_from_the_same_picture(pair):
    theirs, ours = their_model(pair), our_model(pair)
    assert copy(theirs, ours, caffe=is_caffe(pair.spec)) == []
    images = np.random.default_rng(1).random((2, pair.size, pair.size, 3), "float32")
    expected = theirs(prepared(pair, images), training=False).numpy()
    np.testing.assert_allclose(ours(images, training=False), expected, atol=1e-4 * max(1, np.abs(expected).max()))
    assert np.ptp(expected) > 1e-3, "the outputs say nothing"


def test_weights_without_a_head_leave_ours_as_it_was():
    pair = PAIRS["mobilenet v2"]
    ours = our_model(pair)
    before = ours.get_layer("head").get_weights()
    assert copy(their_model(pair, head=False), ours) == ["head"]
    np.testing.assert_array_equal(ours.get_layer("head").get_weights()[0], before[0])


def test_another_width_is_told_by_the_first_layer_that_differs_and_changes_nothing():
    theirs = applications.MobileNetV2(weights=None, input_shape=(32, 32, 3), alpha=0.5)
    ours = mobilenet_v2.build(image_shape=(32, 32, 3), num_classes=1000, alpha=0.35)
    before = [weight.numpy() for weight in ours.weights]
    with pytest.raises(ValueError, match=r"block_1_project \(.* 48 x 16\) does not fit stage_2_block_1_project"):
        copy(theirs, ours)
    for weight, old in zip(ours.weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)


@pytest.mark.parametrize(
    "depth, told", [(13, "vgg_13 has no layer for block5_conv2"), (19, "vgg16 has no layer for stage_5_conv_2")]
)
def test_another_depth_is_told(depth, told):
    theirs = their_model(PAIRS["vgg 16"], head=False)
    with pytest.raises(ValueError, match=told):
        copy(theirs, vgg.build(image_shape=(32, 32, 3), num_classes=3, depth=depth, units=()))


def test_a_normalization_of_pixels_that_is_another_is_an_error():
    theirs = applications.EfficientNetB0(weights=None, classes=CLASSES, input_shape=(32, 32, 3))
    with pytest.raises(ValueError, match=r"Normalization takes away 0, 0, 0 .* 0\.485"):
        copy(theirs, our_model(PAIRS["efficientnet b0"]))


@pytest.mark.parametrize("variance, behind", [
    (DEVIATION, [keras.layers.Rescaling(1 / np.sqrt(DEVIATION))]),  # as `weights="imagenet"` makes it
    (DEVIATION, []),  # as a file of the same weights does
    (np.square(DEVIATION), []),
])  # fmt: skip
def test_published_weights_hold_the_deviation_where_its_square_belongs(variance, behind):
    inputs = keras.Input((8, 8, 3))
    normalization, convolution = keras.layers.Normalization(), keras.layers.Conv2D(4, 3, use_bias=False)
    theirs = keras.Sequential([inputs, keras.layers.Rescaling(1 / 255), normalization, *behind, convolution])
    normalization.set_weights([np.array(TORCH_MEAN), np.array(variance), np.array(0)])
    ours = keras.Model(inputs, keras.layers.Conv2D(4, 3, use_bias=False)(rescaled(inputs, "torch")))
    copy(theirs, ours)
    np.testing.assert_allclose(ours.get_weights()[0], convolution.get_weights()[0], rtol=1e-5)


def test_a_bias_that_has_no_place_is_an_error_and_not_lost():
    theirs = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(16, 3, padding="same")])
    inputs = keras.Input((8, 8, 3))
    ours = keras.Model(inputs, keras.layers.Conv2D(16, 3, padding="same", use_bias=False)(inputs))
    with pytest.raises(ValueError, match="bias"):
        copy(theirs, ours)


@pytest.mark.parametrize("name, given, told", [
    ("resnet", {"depth": 18}, "ResNet18"), ("densenet", {"depth": 40}, "DenseNet40"), ("googlenet", {}, "googlenet"),
])  # fmt: skip
def test_an_architecture_that_is_not_there_is_told(name, given, told):
    with pytest.raises(ValueError, match=f"keras.applications has no {told}, .* weights of it for {name}"):
        counterpart(Pair(name, "", arguments=given).spec)
