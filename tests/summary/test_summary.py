"""What the table and its JSON say."""

import json

import keras
import numpy as np
from keras import layers

from kerasapp.models import cnn
from kerasapp.summary import summary

MODEL = cnn.build(image_shape=(28, 28, 1), num_classes=10, units=())


def test_totals_are_keras_own():
    told = summary(MODEL, 60_000)
    assert told.parameters == MODEL.count_params() == sum(row.parameters for row in told.rows)
    assert told.non_trainable == 2 * 32 + 2 * 64
    assert [row.name for row in told.rows] == [layer.name for layer in MODEL.layers]
    assert [row.output for row in told.rows] == [tuple(layer.output.shape[1:]) for layer in MODEL.layers]


def test_it_warns_only_where_parameters_outnumber_examples():
    assert summary(MODEL, 1258).warning.startswith("more parameters than training examples (40 for each)")
    assert summary(MODEL, 60_000).warning is None and summary(MODEL).warning is None
    assert "more parameters" in summary(MODEL, 1258).text() and "more parameters" not in summary(MODEL, 60_000).text()


def test_what_is_frozen_does_not_count_as_learned():
    model = cnn.build(image_shape=(28, 28, 1), num_classes=10, units=())
    model.get_layer("head").trainable = False
    told = summary(model, 20_000)
    assert told.trainable == 50_282 - 31_370 and told.warning is None


def test_the_table_is_aligned_plain_text():
    text = summary(MODEL, 1258).text()
    head, rule, *rows = text.split("\n\n")[0].splitlines()
    assert text.isascii() and "\x1b" not in text
    assert (
        len({head.index("output"), *(row.index(" x ") - len(row.split(" x ")[0].split()[-1]) for row in rows[:9])}) == 1
    )
    assert max(map(len, rows)) <= len(rule)
    assert "50 474 parameters (50 282 trainable, 192 not)" in text
    assert "7.74 M FLOPs an example (2 for a multiply-add)" in text


def test_json_holds_numbers_and_is_json():
    told = json.loads(json.dumps(summary(MODEL, 1258).as_json()))
    first = next(row for row in told["layers"] if row["name"] == "block_1_conv_1")
    assert first == {"name": "block_1_conv_1", "type": "Conv2D", "output": [28, 28, 32], "parameters": 288,
                     "flops": 2 * 28 * 28 * 9 * 32, "receptive_field": [3, 3]}  # fmt: skip
    assert told["trainable"] + told["non_trainable"] == told["parameters"] == 50_474


def test_weights_that_are_used_twice_are_counted_once_and_their_work_twice():
    inputs = keras.Input((4,))
    shared = layers.Dense(4, name="shared")
    told = summary(keras.Model(inputs, shared(shared(inputs))))
    assert [row.parameters for row in told.rows] == [0, 20, 0]
    assert told.flops == 2 * 2 * 4 * 4 and told.parameters == 20


def test_a_model_that_is_no_graph_still_lists_its_layers():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2, name="dense")

        def call(self, x):
            return self.dense(x)

    own = Own()
    own(np.zeros((1, 3)))
    told = summary(own, 3)
    assert [(row.name, row.parameters, row.flops) for row in told.rows] == [("dense", 8, None)]
    assert "dense" in told.text() and told.warning


def test_a_feature_extractor_begins_where_its_input_is():
    inner = MODEL.get_layer("block_1_pool").output
    told = summary(keras.Model(inner, MODEL.get_layer("block_2_pool").output))
    assert told.rows[0].receptive_field == (1, 1) and "block_1_conv_1" not in [row.name for row in told.rows]
