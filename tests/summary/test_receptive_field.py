"""Receptive fields against the gradient's support, and against the figures of Araujo, Norris and Sim (2019)."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from kerasapp.models import resnet
from kerasapp.summary import summary
from kerasapp.summary._calls import calls
from kerasapp.summary._receptive_field import fields


def seen(model: keras.Model, row: int, column: int) -> tuple[int, int, int, int]:
    """First and last row and column of the input that one place of the output depends on."""
    for weight in model.weights:
        weight.assign(np.ones(weight.shape) / 10)
    image = tf.random.stateless_uniform((1, *model.input_shape[1:]), (0, 1))
    with tf.GradientTape() as tape:
        tape.watch(image)
        place = tf.reduce_sum(model(image)[0, row, column])
    support = np.argwhere(np.abs(tape.gradient(place, image)[0].numpy()).sum(-1))
    return *support.min(0), *support.max(0)


def averaging(size: int, strides: int = 1, padding: str = "same") -> keras.Layer:
    """Averages, because a maximum passes a gradient to one of its pixels only."""
    return layers.AveragePooling2D(size, strides, padding)


def branched() -> keras.Model:
    inputs = keras.Input((64, 61, 1))
    x = layers.Conv2D(2, 3, 2, "same")(inputs)
    short = layers.Conv2D(2, 1, 2, "valid")(x)
    long = layers.Conv2D(2, 5, 2, "same", dilation_rate=1)(x)
    long = layers.Conv2D(2, 3, padding="same", dilation_rate=2)(layers.BatchNormalization()(long))
    return keras.Model(inputs, layers.Add()([short, long]))


NETS = {
    "branched": branched(),
    "strided": keras.Sequential(
        [layers.Input((63, 64, 1)), layers.Conv2D(2, (5, 3), (2, 1), "same"), averaging(2, 2), layers.Conv2D(2, 3)]
    ),
    "padded": keras.Sequential(
        [
            layers.Input((64, 64, 1)),
            layers.ZeroPadding2D(((3, 1), (2, 2))),
            layers.Conv2D(2, 7, 2),
            averaging(3, 2, "valid"),
        ]
    ),
    "even": keras.Sequential(
        [layers.Input((64, 64, 1)), layers.Conv2D(1, 4, 2, "same"), layers.Conv2D(1, 2, padding="same")]
    ),
}


@pytest.mark.parametrize("name", NETS)
def test_the_field_is_what_the_gradient_reaches(name):
    model = NETS[name]
    _, rows, columns, _ = model.output_shape
    (vertical, horizontal) = fields(calls(model))[-1]
    row, column = rows // 2, columns // 2
    assert seen(model, row, column) == (
        vertical.low + row * vertical.step, horizontal.low + column * horizontal.step,
        vertical.high + row * vertical.step, horizontal.high + column * horizontal.step,
    )  # fmt: skip


def test_published_fields_of_vgg_16_and_resnet_50():
    """The table of Araujo, Norris and Sim: vgg_16 212, resnet_v1_50 483."""
    vgg = keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3))
    assert summary(vgg).rows[-1].receptive_field == (212, 212)
    rows = {row.name: row for row in summary(resnet.build(image_shape=(224, 224, 3), num_classes=2, depth=50)).rows}
    assert rows["stage_4"].receptive_field == (483, 483)
    assert rows["pool"].receptive_field == rows["head"].receptive_field == "all"


def test_no_size_is_claimed_where_none_is_right():
    inputs = keras.Input((16, 16, 1))
    up = layers.UpSampling2D(2)(layers.Conv2D(2, 3, 2, "same")(inputs))
    rows = summary(keras.Model(inputs, layers.Concatenate()([up, inputs]))).rows
    assert [row.receptive_field for row in rows] == [(1, 1), (3, 3), None, None]
    table = keras.Sequential([layers.Input((5,)), layers.Dense(3)])
    assert summary(table).rows[-1].receptive_field is None


def test_steps_of_a_causal_convolution_see_backwards_only():
    model = keras.Sequential([layers.Input((20, 1)), layers.Conv1D(1, 3, padding="causal", dilation_rate=2)])
    (axis,) = fields(calls(model))[-1]
    assert (axis.low, axis.high) == (-4, 0)
