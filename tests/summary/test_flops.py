"""FLOPs against TensorFlow's own profiler, and against published figures."""

import keras
import pytest
import tensorflow as tf
from keras import layers

from kerasapp.models import cnn, resnet
from kerasapp.summary import summary


def profiled(model: keras.Model) -> int:
    """What TensorFlow counts for one example in its convolutions and matrix products, 2 for a multiply-add."""
    graph = (
        tf.function(lambda x: model(x, training=False))
        .get_concrete_function(tf.TensorSpec((1, *model.input_shape[1:]), model.inputs[0].dtype))
        .graph
    )
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options |= {
        "output": "none",
        "account_type_regexes": ["Conv2D", "Depthwise.*", "Conv2DBackpropInput", "MatMul", "Einsum"],
    }
    with graph.as_default():
        return tf.compat.v1.profiler.profile(graph, options=options).total_float_ops


@pytest.mark.parametrize("model", [
    keras.Sequential([
        layers.Input((17, 12, 3)),
        layers.Conv2D(8, 3, 2, "same"),
        layers.Conv2D(8, (3, 1), padding="valid"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(5, "relu"),
    ]),
    keras.Sequential([
        layers.Input((9, 9, 4)), layers.DepthwiseConv2D(3, depth_multiplier=2), layers.SeparableConv2D(6, 3),
    ]),
    cnn.build(image_shape=(28, 28, 1), num_classes=10, units=()),
], ids=["sequential", "depthwise", "cnn"])  # fmt: skip
def test_flops_are_what_tensorflow_counts(model):
    assert summary(model).flops == profiled(model)


def test_a_grouped_convolution_sees_its_group_alone_and_dilation_costs_nothing():
    """By hand; TensorFlow's profiler skips what Keras compiles for groups, and counts what dilation pads."""
    model = keras.Sequential([layers.Input((5, 5, 4)), layers.Conv2D(8, 3, padding="same", groups=2)])
    assert summary(model).flops == 2 * 5 * 5 * 3 * 3 * (4 // 2) * 8
    dilated = keras.Sequential([layers.Input((5, 5, 4)), layers.Conv2D(8, 3, dilation_rate=2)])
    assert summary(dilated).flops == 2 * 1 * 1 * 3 * 3 * 4 * 8


def test_a_transposed_convolution_is_counted_at_its_inputs():
    model = keras.Sequential([layers.Input((5, 5, 4)), layers.Conv2DTranspose(6, 3, 2, "same")])
    assert summary(model).flops == 2 * 5 * 5 * 3 * 3 * 4 * 6


@pytest.mark.parametrize("depth, billions", [(18, 1.8), (34, 3.6), (50, 3.8)])
def test_resnets_have_the_papers_multiply_adds(depth, billions):
    """He et al., 2015, table 1, which counts a multiply-add once and leaves the smallest layers out."""
    model = resnet.build(image_shape=(224, 224, 3), num_classes=1000, depth=depth)
    assert summary(model).flops / 2e9 == pytest.approx(billions, rel=0.02)


@pytest.mark.parametrize("layer, by_hand", [
    (layers.LSTM(5), 7 * (3 + 5) * 5 * 4),
    (layers.GRU(5, return_sequences=True), 7 * (3 + 5) * 5 * 3),
    (layers.Bidirectional(layers.LSTM(5)), 2 * 7 * (3 + 5) * 5 * 4),
    (layers.TimeDistributed(layers.Dense(4)), 7 * 3 * 4),
    (layers.Dense(4), 7 * 3 * 4),
    (layers.EinsumDense("bcw,cwd->bcd", (7, 2)), 7 * 3 * 2),
    (layers.Conv1D(4, 3, padding="same"), 7 * 3 * 3 * 4),
])  # fmt: skip
def test_layers_over_steps_are_counted_at_each_step(layer, by_hand):
    model = keras.Sequential([layers.Input((7, 3)), layer])
    assert summary(model).flops == 2 * by_hand


def test_a_network_within_a_network_counts_all_its_layers():
    inner = keras.Sequential([layers.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(2)])
    inputs = keras.Input((8, 8, 3))
    assert summary(keras.Model(inputs, inner(inputs))).flops == summary(inner).flops > 0


def test_what_cannot_be_counted_is_not_counted_as_nothing():
    inputs = keras.Input((6, 4))
    model = keras.Model(inputs, layers.MultiHeadAttention(2, 4)(inputs, inputs))
    told = summary(model)
    assert told.rows[-1].flops is None
    assert "?" in told.text() and "at least 0 FLOPs" in told.text()
