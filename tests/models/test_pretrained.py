import keras
import numpy as np
import pytest

from kerasapp.errors import KerasappError
from kerasapp.models.pretrained import CONVOLUTIONS, Pretrained, build

SHAPE = (32, 32, 3)


def made(**given):
    keras.utils.set_random_seed(0)
    own = {"image_shape": SHAPE, "num_classes": 3, "base": "MobileNetV2", "base_arguments": {"alpha": 0.35}}
    model = build(**own | given)
    kernel = model.get_layer("head").kernel
    kernel.assign(np.random.default_rng(1).normal(0, 0.04, kernel.shape))  # it begins at zero
    return model


def images(count=4, channels=3):
    return np.random.default_rng(0).random((count, *SHAPE[:2], channels)).astype("float32")


def test_pixels_come_to_each_base_as_it_was_trained_on_them():
    pixels = images()
    for base, wanted in (
        ("MobileNetV2", keras.applications.mobilenet_v2.preprocess_input(255 * pixels)),
        ("ResNet50", keras.applications.resnet.preprocess_input(255 * pixels)),
        ("DenseNet121", keras.applications.densenet.preprocess_input(255 * pixels)),
        ("EfficientNetB0", 255 * pixels),
    ):
        layer = made(base=base, base_arguments=None).get_layer("preprocess")
        np.testing.assert_allclose(layer(pixels), wanted, atol=1e-4, err_msg=base)


def test_grey_is_three_times_the_same():
    model = made(image_shape=(32, 32, 1))
    grey = images(channels=1)
    np.testing.assert_allclose(model(grey), made()(np.repeat(grey, 3, -1)), atol=1e-5)


def test_before_training_no_class_is_preferred():
    model = build(image_shape=SHAPE, num_classes=3, base="MobileNetV2", weights="none")
    np.testing.assert_array_equal(model(images()), 0)


def test_frozen_nothing_but_the_head_learns():
    model = made()
    assert [v.path for v in model.trainable_variables] == ["head/kernel", "head/bias"] and model.fixed_features
    np.testing.assert_allclose(model({"features": model.features(images())}), model(images()), atol=1e-6)


def test_features_can_be_kept_in_mixed_precision_too():
    policy = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        inputs = keras.Input(SHAPE)
        x = keras.layers.Rescaling(2.0, name="preprocess")(inputs)
        x = keras.Sequential([keras.Input(SHAPE), keras.layers.Conv2D(4, 3)], name="base")(x)
        x = keras.layers.Dropout(0.0, name="dropout")(keras.layers.GlobalAveragePooling2D(name="pool")(x))
        model = Pretrained(inputs, keras.layers.Dense(3, dtype="float32", name="head")(x))
        features = model.features(images())
        assert features.dtype == "float32"
        np.testing.assert_allclose(model({"features": features}), model(images()), atol=1e-6)
    finally:
        keras.mixed_precision.set_global_policy(policy)


def test_the_last_convolutions_learn_depthwise_ones_counted_and_no_normalisation():
    model = made(strategy="train_top", train_top=3)
    learning = [v.path for v in model.trainable_variables]
    assert learning == ["block_16_depthwise/kernel", "block_16_project/kernel", "Conv_1/kernel", *learning[3:]]
    assert learning[3:] == ["head/kernel", "head/bias"] and not model.fixed_features


@pytest.mark.parametrize("batch_norm", ["inference", "train"])
def test_normalisation_keeps_what_it_has_unless_it_is_to_learn(batch_norm):
    model = made(strategy="train_all", batch_norm=batch_norm)
    norm = model.get_layer("base").get_layer("bn_Conv1")
    model.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True), run_eagerly=True)
    before = [weight.numpy() for weight in norm.weights]
    model.train_on_batch(images(), np.eye(3, dtype="float32")[[0, 1, 2, 0]])
    same = [np.array_equal(old, new.numpy()) for old, new in zip(before, norm.weights, strict=True)]
    assert same == [batch_norm == "inference"] * 4


@pytest.mark.parametrize("given, told", [
    ({"base_arguments": {"alfa": 1.0}}, 'MobileNetV2 has no argument "alfa": did you mean "alpha"'),
    ({"base": "MobileNetV3Small", "base_arguments": {"include_preprocessing": False}}, "has no argument"),
    ({"strategy": "train_top", "train_top": 200}, "MobileNetV2 has 52 convolutions, and 200 are to learn"),
    ({"base": "InceptionV3", "base_arguments": None}, "at least 75x75"),
])  # fmt: skip
def test_what_a_base_can_not_be_is_said(given, told):
    with pytest.raises((ValueError, KerasappError), match=told):
        made(**given)


def test_saved_and_loaded_it_gives_the_same(tmp_path):
    model = made()
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again(images()), model(images()), atol=1e-6)
    assert sum(isinstance(layer, CONVOLUTIONS) for layer in again.get_layer("base").layers) == 52
