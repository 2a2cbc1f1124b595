"""What is wrong with labels is said, by the name of the example."""

import numpy as np
import pytest

from kerasapp.errors import DataError
from kerasapp.tasks._labels import label_numbers, learn_labels, source


def refused(split, *words):
    with pytest.raises(DataError) as caught:
        learn_labels(split)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message, message


def test_named_classes_keep_the_sources_order_and_strings_come_in_natural_order(examples):
    named = learn_labels(examples(label=np.array([2, 0, 1, 0]), names={"label": ("c", "b", "a")}))
    assert named == {"labels": ["c", "b", "a"], "label_values": [0, 1, 2], "counts": [2, 1, 1]}
    words = learn_labels(examples(label=["s10", "s2", "s10", "s1"]))
    assert words == {"labels": ["s1", "s2", "s10"], "label_values": None, "counts": [1, 1, 2]}
    numbers = learn_labels(examples(label=np.array([10, -1, 10, 2])))
    assert numbers == {"labels": ["-1", "2", "10"], "label_values": [-1, 2, 10], "counts": [1, 1, 2]}


def test_whole_numbers_with_a_decimal_point_are_classes_and_measures_are_not(examples):
    assert learn_labels(examples(label=np.array([1.0, 3.0])))["labels"] == ["1", "3"]
    refused(examples(label=np.array([1.0, 2.5])), "table.csv:3", "2.5", "tabular_regression")


def test_a_missing_label_is_named(examples):
    refused(examples(label=["yes", "", "no", ""]), "table.csv:3", "missing", "1 more")
    refused(examples(label=np.array([1.0, 0.0, np.nan])), "table.csv:4", "missing")


def test_a_number_beyond_the_class_names_is_named(examples):
    for wrong in (3, -1):
        refused(
            examples(label=np.array([0, 1, 2, wrong]), names={"label": ("a", "b", "c")}),
            "table.csv:5",
            str(wrong),
            "0 to 2",
        )


def test_examples_without_labels_or_of_one_class_are_refused(examples):
    refused(examples(ids="photos/{}.jpg", image=["a", "b"]), "photos", "no label")
    refused(
        examples(ids="photos/red/{}.jpg", label=np.array([0, 0]), names={"label": ("red",)}), "photos", "red", "two"
    )
    refused(examples(label=np.eye(2)), "table.csv", "shape (2,)")


def test_an_empty_class_is_named_by_its_folder(examples):
    ids = ["photos/blue/1.jpg", "photos/blue/2.jpg", "photos/red/1.jpg"]
    refused(
        examples(ids=ids, label=np.array([0, 0, 2]), names={"label": ("blue", "green", "red")}),
        "photos/green:",
        '"green"',
    )


def test_a_label_that_train_never_saw_is_named_with_those_it_has(examples):
    test = examples(ids="x_test[{}]", label=["a", "b", "z", "z"])
    assert label_numbers(examples(label=["b", "a"]), ["a", "b"], None).tolist() == [1, 0]
    with pytest.raises(DataError, match=r'x_test\[4\]: label "z" is none that train has \(a, b\) \(and in 1 more'):
        label_numbers(test, ["a", "b"], None)
    with pytest.raises(DataError, match=r"table.csv:3: label 7 "):
        label_numbers(examples(label=np.array([5, 7])), ["1", "5"], [1, 5])


@pytest.mark.parametrize(
    "ids, place",
    [
        (["a/adult.csv:17", "a/adult.csv:18"], "a/adult.csv"),
        (["a/adult.csv:17", "a/adult.csv:217"], "a/adult.csv"),
        (["photos/red/1.jpg", "photos/rose/1.jpg"], "photos"),
        (["x_train[0]", "x_train[1]"], "x_train"),
        (["x_train[3]"], "x_train"),
    ],
)
def test_the_place_of_examples_is_what_their_names_share(ids, place, examples):
    assert source(examples(ids=ids, label=np.zeros(len(ids), int))) == place
