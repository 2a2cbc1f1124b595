import numpy as np
import pytest

from kerasapp.preflight.labels import of_classes, of_measures, unlabelled


def above_notes(found):
    return [one for one in found if one.severity != "note"]


def classes(brought=("train",), **splits):
    return list(of_classes(splits, set(brought)))


def test_whole_labels_give_notes_only(split):
    assert above_notes(classes(train=split(label=["cat", "dog"] * 20))) == []


@pytest.mark.parametrize(
    "wrong, right",
    [("Cat", "cat"), ("cat ", "cat"), ("ice-cream", "ice cream"), ("icecream", "ice_cream"), ("yes.", "yes"),
     ("tigr", "tiger"), ("tigger", "tiger"), ("tigre", "tiger"), ("tyger", "tiger")],
)  # fmt: skip
def test_a_misspelt_label_is_named_with_the_common_one(split, brief, wrong, right):
    found = above_notes(classes(train=split(label=[right] * 300 + ["other name"] * 300 + [wrong] * 10)))
    assert brief(found) == [("label_typo", "warning", wrong)] and f'"{right}" (300)' in found[0].message


@pytest.mark.parametrize(
    "one, other",
    [("<=50K", ">50K"), ("a", "A"), ("C", "C-"), ("s1", "s2"), ("class_1", "class_2"), ("1", "-1"), ("cat", "bat"),
     ("red wine", "white wine")],
)  # fmt: skip
def test_labels_that_differ_in_meaning_are_no_misspelling(split, one, other):
    assert above_notes(classes(train=split(label=[one] * 300 + [other] * 12))) == []


def test_two_common_names_a_letter_apart_are_two_classes(split):
    assert above_notes(classes(train=split(label=["tiger", "tuger"] * 40))) == []


def test_missing_labels_and_those_outside_are_named_by_row(split, brief):
    texts = classes(train=split(label=["x", "", "y"] * 10, size=range(30)))
    assert brief(above_notes(texts))[0] == ("unlabelled", "error", "row 1")
    numbers = classes(train=split(names=("a", "b"), label=[0, 1, 2, -1] * 12))
    assert {one.where for one in numbers if one.kind == "label_out_of_range"} == {
        f"row {4 * k + 2}" for k in range(12)
    } | {f"row {4 * k + 3}" for k in range(12)}
    floats = classes(train=split(label=[0.0, 1.0, np.nan, 0.5] * 12))
    kinds = {one.where: one.kind for one in floats if one.severity == "error"}
    assert kinds["row 2"] == "unlabelled" and kinds["row 3"] == "label_out_of_range"


def test_empty_tiny_and_single_classes_are_told(split, brief):
    named = classes(train=split(names=("a", "b", "c"), label=[0] * 20 + [1] * 4))
    assert brief(above_notes(named)) == [("empty_class", "error", "c"), ("tiny_class", "warning", "b")]
    assert brief(classes(train=split(label=["a"] * 20))) == [("one_class", "error", "a")]


def test_a_label_in_one_split_only_weighs_as_what_it_does(split, brief):
    """Unknown to train the run refuses it; unknown to test it can't be measured, which a division anew may mend."""
    train, test = split(label=["a", "b", "c"] * 12), split(label=["a", "b", "d"] * 12)
    kinds = {(one.severity, one.where) for one in classes(("train", "test"), train=train, test=test)
             if one.kind == "label_in_one_split"}  # fmt: skip
    assert kinds == {("error", "row 2"), ("warning", "c")}
    made_here = classes(("train",), train=train, test=split(label=["a", "b"] * 12))
    assert ("label_in_one_split", "note", "c") in brief(made_here)


def test_a_split_without_labels_is_an_error_in_training_and_a_warning_in_test(split, brief):
    plain = split(size=[1.0, 2.0])
    found = list(unlabelled({"train": plain, "validation": plain, "test": plain}))
    assert [one.severity for one in found] == ["error", "error", "warning"]
    assert "report will be on validation" in found[2].message


def test_a_measure_that_is_constant_missing_or_far_off_is_told(split, brief):
    values = np.random.default_rng(0).normal(size=100)
    assert list(of_measures({"train": split(label=values)})) == []
    values[3], values[7] = np.nan, 1e6
    found = brief(of_measures({"train": split(label=values)}))
    assert found == [("far_label", "note", "row 7"), ("unlabelled", "error", "row 3")]
    assert brief(of_measures({"train": split(label=[7.0] * 30)})) == [("constant_label", "error", "row 0")]


def test_classes_in_two_forms_of_unicode_are_told_by_that_name(split):
    train = split(label=["caf\u00e9"] * 40 + ["cafe\u0301"] * 20 + ["bar"] * 40)
    (told,) = [one for one in of_classes({"train": train}, {"train"}) if one.kind == "label_typo"]
    assert told.severity == "warning" and "another form of Unicode (NFC and NFD)" in told.message
