"""Which outputs are no numbers, and how that is said."""

import numpy as np

from kerasapp.ops._finite import complaint, not_finite


def test_an_example_with_one_nan_or_infinity_in_any_output_is_found_and_words_are_none():
    boxes = np.zeros((4, 2, 3), "float16")
    boxes[1, 1, 2] = np.inf
    scores = np.array([0.0, 1.0, np.nan, 3.0], "float32")
    labels = np.array([b"a", b"b", b"c", b"d"], object)
    assert not_finite({"label": labels, "boxes": boxes, "scores": scores}).tolist() == [False, True, True, False]
    assert not_finite(scores).tolist() == [False, False, True, False]
    assert not not_finite({"count": np.arange(3)}).any()


def test_three_are_named_and_the_rest_counted():
    assert complaint(list("abcde"), False).startswith("a, b, c and 2 more: the model's output is not finite")
    assert "mixed_precision" in complaint(["a"], True) and "mixed_precision" not in complaint(["a"], False)
