"""Tables: what is learned comes from train alone, is plain JSON, and gives the same numbers in training and serving."""

import json
import logging

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasapp.errors import DataError, KerasappError, RunError
from kerasapp.tasks._base import argument_names
from kerasapp.tasks.tabular_classification import TabularClassification

AGE = np.array([20, 40, 60, 80], np.int64)
INCOME = np.array([1.0, np.nan, 4.0, 7.0], np.float32)
CITY = ["Rome", "", "Oslo", "Rome"]


@pytest.fixture
def table(examples):
    return examples(age=AGE, income=INCOME, city=CITY, label=["no", "yes", "no", "yes"])


def encoded(task, split):
    return task.encode(task.prepare(split.gather(tf.range(len(split), dtype=tf.int64))))[0]


def test_numbers_are_standardised_by_train_and_missing_ones_are_flagged(table, examples):
    task = TabularClassification().adapt(table)
    test = examples(
        age=[50, 50], income=np.array([np.nan, np.inf], np.float32), city=["Oslo", "Bern"], label=["no", "no"]
    )
    known = INCOME[[0, 2, 3]]
    income = (np.nan_to_num(INCOME, nan=known.mean()) - known.mean()) / known.std()
    assert encoded(task, table)["numeric"].numpy() == pytest.approx(
        np.stack([(AGE - 50) / AGE.std(), income, [0, 1, 0, 0]], axis=1), abs=1e-6
    )
    assert encoded(task, test)["numeric"].numpy().tolist() == [[0, 0, 1], [0, 0, 1]]
    assert encoded(task, test)["categorical"].numpy().tolist() == [[2], [0]]
    assert task.facts() == {"num_numeric": 3, "category_sizes": (3,), "num_classes": 2}


def test_categories_are_numbered_from_the_most_common_and_zero_is_a_missing_or_rare_one(examples):
    city = ["b", "a", "", "b", "c10", "c2", "c10", "c2"]
    split = examples(city=city, label=["x", "y"] * 4)
    task = TabularClassification().adapt(split)
    assert task.category_columns[0]["vocabulary"] == ["b", "c2", "c10", "a"]
    assert encoded(task, split)["categorical"].numpy()[:, 0].tolist() == [1, 4, 0, 1, 3, 2, 3, 2]
    assert set(encoded(task, split)) == {"categorical"}
    rare = TabularClassification(min_count=2).adapt(split)
    assert encoded(rare, split)["categorical"].numpy()[:, 0].tolist() == [1, 0, 0, 1, 3, 2, 3, 2]
    assert rare.facts()["category_sizes"] == (4,)


def test_one_hot_gives_each_category_a_numeric_column(table):
    task = TabularClassification(categorical="one_hot").adapt(table)
    inputs = encoded(task, table)
    assert set(inputs) == {"numeric"}
    assert inputs["numeric"].numpy()[:, 3:].tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert task.facts() == {"num_numeric": 6, "category_sizes": (), "num_classes": 2}


def test_numbered_categories_with_names_are_categories(examples):
    split = examples(kind=np.array([2, 0, 2]), label=["a", "b", "a"], names={"kind": ("x", "y", "z")})
    task = TabularClassification().adapt(split)
    assert task.category_columns == [{"name": "kind", "dtype": "int64", "vocabulary": ["2", "0"]}]
    assert encoded(task, split)["categorical"].numpy().tolist() == [[1], [2], [1]]


def test_constant_and_large_numbers_lose_nothing(examples):
    seconds = 1.7e9 + np.array([0.5, 1.5, 2.5, 3.5])
    split = examples(constant=np.full(4, 0.1), seconds=seconds, label=["a", "b"] * 2)
    task = TabularClassification().adapt(split)
    numeric = encoded(task, split)["numeric"].numpy()
    assert numeric[:, 0] == pytest.approx(np.zeros(4), abs=1e-7)
    assert numeric[:, 1] == pytest.approx((seconds - seconds.mean()) / seconds.std(), abs=1e-6)
    assert [spec.dtype for spec in task.read().values()] == [tf.float32, tf.float64]


def test_ids_and_empty_columns_are_left_out_and_said(examples, caplog):
    caplog.set_level(logging.INFO, "kerasapp")
    names = [f"person {number}" for number in range(40)]
    towns = [f"town {number % 30}" for number in range(80)]
    split = examples(x=np.arange(80.0), name=names * 2, town=towns, empty=np.full(80, np.nan), label=["a", "b"] * 40)
    task = TabularClassification(max_categories=35).adapt(split)
    assert list(task.read()) == ["x", "town"]
    assert '"name" is not used: 40 distinct strings, more than' in caplog.text and '"empty" is not used' in caplog.text
    caplog.clear()
    unique = examples(x=np.arange(40.0), name=names, label=["a", "b"] * 20)
    assert list(TabularClassification().adapt(unique).read()) == ["x"]
    assert '"name" is not used: 40 distinct strings in 40 rows' in caplog.text


def test_ignored_columns_are_not_read_and_an_unknown_one_is_an_error(table, examples):
    assert list(TabularClassification(ignore=["age", "city"]).adapt(table).read()) == ["income"]
    with pytest.raises(KerasappError, match=r'^task.ignore: no column "aeg": did you mean "age"'):
        TabularClassification(ignore=["aeg"]).adapt(table)
    with pytest.raises(DataError, match=r"^table.csv: no column that can be learned from"):
        TabularClassification(ignore=["age", "city", "income"]).adapt(table)
    with pytest.raises(DataError, match=r'"pixels" has the shape \(3,\)'):
        TabularClassification().adapt(examples(pixels=np.zeros((2, 3)), label=["a", "b"]))


def test_a_split_that_lacks_a_column_or_has_another_kind_or_label_is_refused(table, examples):
    task = TabularClassification().adapt(table)
    good = {"age": [1], "income": [1.0], "city": ["Rome"], "label": ["no"]}
    task.check(examples(**good), "test")
    task.check(examples(**{key: value for key, value in good.items() if key != "label"}), "test")
    for change, message in [
        ({"age": ["old"]}, '"age" is text, and numbers in train'),
        ({"city": [3]}, '"city" is numbers, and text in train'),
        ({"label": ["maybe"]}, 'table.csv:2: label "maybe"'),
    ]:
        with pytest.raises(DataError, match=message):
            task.check(examples(**good | change), "test")
    with pytest.raises(DataError, match='"income" is missing'):
        task.check(examples(age=[1], city=["Rome"], label=["no"]), "test")


@pytest.mark.parametrize("categorical", ["embedding", "one_hot"])
def test_a_task_from_its_file_gives_equal_inputs_and_targets(categorical, table, reopened):
    task = TabularClassification(categorical=categorical).adapt(table)
    again = reopened(task, categorical=categorical)
    raw = table.gather(tf.range(4, dtype=tf.int64))
    for one, other in zip(
        tf.nest.flatten(task.elements(task.prepare(raw))),
        tf.nest.flatten(again.elements(again.prepare(raw))),
        strict=True,
    ):
        assert one.dtype == other.dtype and np.array_equal(one, other)
    assert again.facts() == task.facts() and again.read() == task.read() and again.state() == task.state()
    with pytest.raises(RunError, match="lacks counts"):
        task.restore({key: value for key, value in task.state().items() if key != "counts"})


def test_targets_are_one_hot_whatever_the_labels_are(examples):
    for label, names in [
        (["b", "a", "b"], None),
        (np.array([5, -2, 5]), None),
        (np.array([1.0, 0.0, 1.0]), None),
        (np.array([1, 0, 1], np.uint8), {"label": ("a", "b")}),
    ]:
        split = examples(x=[1.0, 2.0, 3.0], label=label, names=names)
        task = TabularClassification().adapt(split)
        y = task.target(task.prepare(split.gather(tf.range(3, dtype=tf.int64))), {})
        assert y.dtype == tf.float32 and y.numpy().tolist() == [[0, 1], [1, 0], [0, 1]]
        assert task.targets(split).tolist() == [1, 0, 1]


def test_accuracy_is_streamed_and_the_first_five_only_where_there_are_more(examples):
    few = TabularClassification().adapt(examples(x=np.arange(5.0), label=np.arange(5)))
    many = TabularClassification().adapt(examples(x=np.arange(9.0), label=np.arange(9)))
    assert [metric.name for metric in few.metrics()] == ["accuracy"]
    accuracy, top = many.metrics()
    logits, y = np.tile(np.arange(9, dtype="float32"), (3, 1)), np.eye(9, dtype="float32")[[8, 4, 3]]
    accuracy.update_state(y, logits), top.update_state(y, logits)
    assert float(accuracy.result()) == pytest.approx(1 / 3) and float(top.result()) == pytest.approx(2 / 3)
    assert {metric.name for metric in many.metrics()} < set(TabularClassification.METRICS)


def test_class_weights_reach_the_loss_through_one_hot_targets(examples):
    split = examples(x=np.zeros(4), label=["a", "a", "a", "b"])
    task = TabularClassification().adapt(split)
    assert task.class_weight(None) is None
    assert task.class_weight("balanced") == pytest.approx({0: 4 / 6, 1: 2})
    assert task.class_weight({"b": 5}) == {0: 1.0, 1: 5.0}
    with pytest.raises(KerasappError, match=r'^train.class_weight: no class "B"'):
        task.class_weight({"B": 5})
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2, use_bias=False, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.0), task.loss())
    rows = tf.data.Dataset.range(4).batch(3).map(split.gather)
    batches = rows.map(lambda raw: task.elements(task.prepare(raw))).map(lambda inputs, y: (inputs["numeric"], y))
    weighted = model.fit(batches, class_weight=task.class_weight({"b": 5}), verbose=0).history["loss"][0]
    assert weighted == pytest.approx(np.log(2) * 8 / 4, rel=1e-5)


def test_a_columns_name_becomes_an_argument_and_no_two_the_same():
    names = [
        "age",
        "city, state",
        "city_ state",
        'Zürich "old"',
        "1st",
        "größe/m",
        "größe m",
        "年",
        "_a",
        "a.b",
        "class",
        "self",
    ]
    given = argument_names(names)
    assert given["age"] == "age" and given["city, state"] == "city__state" and given["1st"] == "arg_1st"
    assert len(set(given.values())) == len(names)
    assert all(name.isascii() and name.isidentifier() and name[0] != "_" for name in given.values())
    assert not {"class", "self"} & set(given.values())


@pytest.mark.parametrize("categorical", ["embedding", "one_hot"])
def test_strings_in_give_the_same_probabilities_from_a_saved_model(categorical, examples, tmp_path):
    columns = {"age": AGE, "in come": INCOME, "city, state": CITY, "city  state": CITY[::-1]}
    split = examples(**columns, label=["no", "yes", "no", "yes"])
    task = TabularClassification(categorical=categorical).adapt(split)
    model = network(task)
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serving_default", task.signatures(model)["serving_default"])
    archive.write_out(str(tmp_path), verbose=False)
    served = tf.saved_model.load(str(tmp_path)).signatures["serving_default"]
    raw = split.gather(tf.constant([3, 0, 1], tf.int64))
    raw["city, state"] = tf.constant(["Rome", "Nowhere", ""])
    names = argument_names(task.read())
    given = served(**{names[key]: raw[key] for key in task.read()})
    expected = task.decode(model(task.encode(task.prepare(raw))[0]), {})
    assert given["probabilities"].numpy() == pytest.approx(expected["probabilities"].numpy(), abs=1e-6)
    assert given["label"].numpy().tolist() == expected["label"].numpy().tolist()
    assert given["classes"].numpy().tolist() == [[b"no", b"yes"]] * 3
    assert given["probabilities"].numpy().sum(axis=1) == pytest.approx(np.ones(3))


def network(task):
    facts, inputs, parts = task.facts(), {}, []
    if facts["num_numeric"]:
        inputs["numeric"] = keras.Input((facts["num_numeric"],), name="numeric")
        parts.append(inputs["numeric"])
    if facts["category_sizes"]:
        inputs["categorical"] = keras.Input((len(facts["category_sizes"]),), dtype="int32", name="categorical")
        embedded = keras.layers.Embedding(max(facts["category_sizes"]), 3)(inputs["categorical"])
        parts.append(keras.layers.Flatten()(embedded))
    joined = parts[0] if len(parts) == 1 else keras.layers.Concatenate()(parts)
    return keras.Model(inputs, keras.layers.Dense(2)(joined))


def test_the_census_is_read_whole(real_data):
    from kerasapp.data import csv

    splits = csv.load(path=str(real_data("tabular") / "adult.csv"), label="income")
    train = next(iter(splits.values()))
    task = TabularClassification().adapt(train)
    assert task.labels == ["<=50K", ">50K"] and sum(task.counts) == 32_561
    assert task.facts() == {"num_numeric": 6, "category_sizes": (9, 17, 8, 15, 7, 6, 3, 42), "num_classes": 2}
    inputs = encoded(task, train)
    assert inputs["numeric"].numpy().mean(axis=0) == pytest.approx(np.zeros(6), abs=1e-4)
    assert inputs["numeric"].numpy().std(axis=0) == pytest.approx(np.ones(6), abs=1e-4)
    json.dumps(task.state(), allow_nan=False)


@pytest.mark.filterwarnings("error")
def test_a_number_beyond_float32_is_an_error_that_names_it_in_every_split(examples):
    huge = examples(age=[1.5, 1e308, 3.0, 2.0], label=["no", "yes", "no", "yes"])
    with pytest.raises(DataError, match=r"age is 1e\+308, too large for float32"):
        TabularClassification().adapt(huge)
    task = TabularClassification().adapt(examples(age=[1.5, 1.0, 3.0, 2.0], label=["no", "yes", "no", "yes"]))
    with pytest.raises(DataError, match="too large for float32"):
        task.check(huge, "test")


def test_a_table_of_texts_alone_says_which_columns_are_left_out_and_why(examples):
    texts = [f"a message of its own, number {row}" for row in range(40)]
    with pytest.raises(DataError) as told:
        TabularClassification().adapt(examples(text=texts, void=[""] * 40, label=["spam", "ham"] * 20))
    assert 'learned from: "text" (40 distinct strings in 40 rows' in str(told.value)
    assert '"void" (no value in train). Add columns of numbers or categories; task text_classification' in str(
        told.value
    )
