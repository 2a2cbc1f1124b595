import numpy as np

from kerasapp.preflight.duplicates import exact


def test_copies_are_told_once_each_with_what_they_copy(split, brief):
    train = split(size=[1, 2, 1, 3, 1], label=["a", "a", "a", "b", "a"])
    found = list(exact({"train": train}))
    assert brief(found) == [("duplicate", "warning", "row 2"), ("duplicate", "warning", "row 4")]
    assert all("exact copy of row 0" in one.message and "both in train" in one.message for one in found)


def test_copies_across_splits_and_with_two_labels_are_told_as_such(split, brief):
    train, test = split(size=[1, 2, 3], label=["a", "a", "b"]), split(size=[9, 2, 3], label=["a", "a", "a"])
    found = list(exact({"train": train, "test": test}))
    assert brief(found) == [("duplicate", "warning", "row 1"), ("duplicate_with_two_labels", "warning", "row 2")]
    assert "one is in train, the other in test" in found[0].message
    assert 'the labels differ: "a" here, "b" there' in found[1].message
    assert found[0].shows == ("row 1", "row 1")


def test_without_labels_and_without_copies_there_is_nothing_to_tell(split):
    assert list(exact({"train": split(size=np.arange(50)), "test": split(size=np.arange(50, 60))})) == []
    assert [one.kind for one in exact({"train": split(size=[1, 1])})] == ["duplicate"]
