"""The model sees standardised targets; people see the label's own units."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasapp.errors import DataError
from kerasapp.tasks.tabular_regression import MeanAbsoluteError, RootMeanSquaredError, TabularRegression

PRICE = np.array([100.0, 300.0, 500.0, 1100.0])


@pytest.fixture
def table(examples):
    return examples(x=np.arange(4.0), label=PRICE)


def test_decoding_the_target_gives_the_label_back(table, reopened):
    task = reopened(TabularRegression().adapt(table))
    y = task.target(task.prepare(table.gather(tf.range(4, dtype=tf.int64))), {})
    assert y.dtype == tf.float32 and y.shape == (4, 1)
    assert float(np.mean(y)) == pytest.approx(0, abs=1e-6) and float(np.std(y)) == pytest.approx(1, rel=1e-6)
    value = task.decode(y, {})["value"]
    assert value.dtype == tf.float32 and value.shape == (4,) and value.numpy() == pytest.approx(PRICE, rel=1e-6)
    assert task.facts() == {"num_numeric": 1, "category_sizes": (), "num_targets": 1}


def test_streamed_metrics_are_in_the_labels_units(table):
    task = TabularRegression().adapt(table)
    absolute, root = task.metrics()
    made = np.array([[0.1], [0.0], [-0.4], [2.0]], "float32")
    y = task.target(task.prepare(table.gather(tf.range(4, dtype=tf.int64))), {})
    for part in (slice(0, 3), slice(3, 4)):
        absolute.update_state(y[part], made[part]), root.update_state(y[part], made[part])
    error = task.decode(tf.constant(made), {})["value"].numpy() - PRICE
    assert float(absolute.result()) == pytest.approx(np.abs(error).mean(), rel=1e-5)
    assert float(root.result()) == pytest.approx(np.sqrt((error**2).mean()), rel=1e-5)
    assert {absolute.name, root.name, "loss"} == set(TabularRegression.METRICS)
    again = type(root).from_config(root.get_config())
    again.update_state(y, made)
    assert float(again.result()) == pytest.approx(float(root.result()), rel=1e-6)


def test_fit_logs_the_labels_units_and_saving_keeps_them(table, tmp_path):
    task = TabularRegression().adapt(table)
    inputs = {"numeric": keras.Input((1,), name="numeric")}
    model = keras.Model(inputs, keras.layers.Dense(1, kernel_initializer="zeros")(inputs["numeric"]))
    model.compile(keras.optimizers.SGD(0.0), task.loss(), metrics=task.metrics())
    batches = tf.data.Dataset.range(4).batch(3).map(table.gather).map(task.prepare).map(task.elements)
    logs = model.fit(batches, verbose=0).history
    assert logs["mean_absolute_error"][0] == pytest.approx(np.abs(PRICE - 500).mean(), rel=1e-5)
    assert logs["loss"][0] == pytest.approx(1.0, rel=1e-5)
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras").evaluate(batches, verbose=0, return_dict=True)
    assert again["root_mean_squared_error"] == pytest.approx(PRICE.std(), rel=1e-5)


def test_a_constant_target_does_not_divide_by_zero(examples):
    task = TabularRegression().adapt(examples(x=np.arange(3.0), label=np.full(3, 0.1)))
    assert task.decode(tf.zeros((1, 1)), {})["value"].numpy() == pytest.approx([0.1])
    assert task.label_deviation == 1


def test_a_missing_or_textual_target_is_refused_by_row(table, examples):
    missing = examples(x=np.arange(3.0), label=np.array([1.0, np.nan, np.inf]))
    with pytest.raises(DataError, match=r"^table.csv:3: the label is missing \(and in 1 more"):
        TabularRegression().adapt(missing)
    with pytest.raises(DataError, match=r"^table.csv:3: "):
        TabularRegression().adapt(table).check(missing, "test")
    with pytest.raises(DataError, match=r"^table.csv: the label is text.*tabular_classification"):
        TabularRegression().adapt(examples(x=[1.0, 2.0], label=["dear", "cheap"]))
    with pytest.raises(DataError, match=r"^table.csv: the rows have no label"):
        TabularRegression().adapt(examples(x=[1.0, 2.0]))


@pytest.mark.parametrize("metric", [MeanAbsoluteError, RootMeanSquaredError])
def test_a_metric_keeps_its_scale_through_keras_own_saving(metric):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric(3.0)))
    again.update_state([0.0, 0.0], [1.0, -1.0])
    assert type(again) is metric and float(again.result()) == 3.0
