import numpy as np
import pytest

from kerasapp.data._arrays import Arrays
from kerasapp.preflight.boxes import of_boxes

GOOD = [0.1, 0.2, 0.5, 0.6]


def boxes(*examples, labels=None, names=None):
    arrays = {"objects/bbox": np.empty(len(examples), object)}
    arrays["objects/bbox"][:] = [np.array(some, np.float32).reshape(-1, 4) for some in examples]
    if labels:
        arrays["objects/label"] = np.empty(len(examples), object)
        arrays["objects/label"][:] = [np.array(some, np.int64) for some in labels]
    split = Arrays(
        arrays, [f"image {row}" for row in range(len(examples))], {"objects/label": names} if names else None
    )
    return list(of_boxes(split))


def test_boxes_within_their_images_have_no_findings():
    assert boxes([GOOD, [0, 0, 1, 1]], [[0.5, 0.5, 1.0005, 0.9]], labels=[[0, 1], [1]], names=("a", "b")) == []


@pytest.mark.parametrize(
    "box, kind, severity",
    [
        ([0.2, 0.2, 1.2, 0.8], "box_outside", "warning"), ([-0.1, 0.2, 0.5, 0.8], "box_outside", "warning"),
        ([1.1, 0.2, 1.5, 0.8], "box_outside", "error"), ([30, 40, 200, 300], "box_outside", "error"),
        ([0.5, 0.2, 0.1, 0.6], "box_inverted", "error"), ([0.1, 0.6, 0.5, 0.2], "box_inverted", "error"),
        ([0.1, 0.2, 0.1, 0.6], "box_empty", "error"), ([0.1, np.nan, 0.5, 0.6], "box_not_finite", "error"),
    ],
)  # fmt: skip
def test_a_wrong_box_is_named_by_its_image_and_place(box, kind, severity):
    (found,) = boxes([GOOD], [GOOD, box])
    assert (found.kind, found.severity, found.where) == (kind, severity, "image 1") and found.message.startswith(
        "box 1"
    )


def test_labels_of_boxes_are_counted_and_in_range(brief):
    found = boxes([GOOD], [GOOD], [GOOD, GOOD], [], labels=[[0], [2], [0, 1], []], names=("a", "b"))
    assert brief(found) == [
        ("box_twice", "warning", "image 2"), ("label_out_of_range", "error", "image 1"), ("no_box", "note", "image 3"),
    ]  # fmt: skip
    assert brief(boxes([GOOD], [GOOD], labels=[[0], [0, 1]])) == [("box_labels", "error", "image 1")]


def test_splits_without_boxes_are_passed_over(split):
    assert list(of_boxes(split(label=[1, 2]))) == []
