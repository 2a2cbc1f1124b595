"""Losses are held against their formulas, in NumPy, on logits and one-hot targets."""

import keras
import numpy as np
import pytest

from kerasapp.errors import KerasappError
from kerasapp.tasks._losses import NO_CLASSIFICATION, classification_loss, regression_loss
from kerasapp.tasks.image_classification import ImageClassification

LOGITS = np.random.default_rng(0).normal(0, 2, (6, 4)).astype("float32")
Y = np.eye(4, dtype="float32")[[0, 3, 2, 1, 1, 0]]
P = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)


def entropy(y):
    return -(y * np.log(P)).sum(axis=1).mean()


@pytest.mark.parametrize(
    "chosen, smoothing, expected",
    [
        (None, 0.0, entropy(Y)),
        (None, 0.1, entropy(0.9 * Y + 0.1 / 4)),
        ({"name": "CategoricalCrossentropy", "label_smoothing": 0.2}, 0.1, entropy(0.8 * Y + 0.2 / 4)),
        ({"name": "CategoricalCrossentropy", "from_logits": False}, 0.0, entropy(Y)),
        ({"name": "CategoricalHinge"}, 0.0, np.maximum(0, ((1 - Y) * LOGITS).max(1) - (LOGITS * Y).sum(1) + 1).mean()),
        ({"name": "Hinge"}, 0.0, np.maximum(0, 1 - (2 * Y - 1) * LOGITS).mean()),
        ({"name": "SquaredHinge"}, 0.0, np.square(np.maximum(0, 1 - (2 * Y - 1) * LOGITS)).mean()),
        ({"name": "MeanSquaredError"}, 0.0, np.square(P - Y).mean()),
        ({"name": "KLDivergence"}, 0.0, entropy(Y)),
        ({"name": "BinaryCrossentropy"}, 0.0, (np.log1p(np.exp(LOGITS)) - Y * LOGITS).mean()),
        (
            {"name": "CategoricalFocalCrossentropy", "gamma": 3.0},
            0.0,
            -(0.25 * Y * (1 - P) ** 3 * np.log(P)).sum(1).mean(),
        ),
        (
            {"name": "Huber", "delta": 0.1},
            0.0,
            np.where(abs(P - Y) > 0.1, 0.1 * abs(P - Y) - 0.005, (P - Y) ** 2 / 2).mean(),
        ),
    ],
)
def test_a_loss_of_logits_is_what_its_formula_says(chosen, smoothing, expected):
    assert float(classification_loss(chosen, smoothing)(Y, LOGITS)) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("squared", [False, True])
def test_the_multiclass_hinge_is_the_sum_over_all_other_classes(squared):
    expected = 0.0
    for scores, y in zip(LOGITS, Y.argmax(axis=1), strict=True):
        short = [max(0.0, scores[j] - scores[y] + 1.0) for j in range(len(scores)) if j != y]
        expected += sum(each**2 if squared else each for each in short) / len(LOGITS)
    loss = classification_loss({"name": "multiclass_hinge", "squared": squared, "margin": 1.0}, 0.0)
    assert float(loss(Y, LOGITS)) == pytest.approx(expected, rel=1e-5)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert float(again(Y, LOGITS)) == float(loss(Y, LOGITS))
    with pytest.raises(KerasappError, match=r"^train.label_smoothing: multiclass_hinge has none"):
        classification_loss({"name": "multiclass_hinge"}, 0.1)


def test_sample_weights_and_half_precision_reach_a_loss_of_probabilities():
    weights = np.arange(6, dtype="float32")
    loss = classification_loss({"name": "MeanSquaredError"}, 0.0)
    assert float(loss(Y, LOGITS, weights)) == pytest.approx((np.square(P - Y).mean(1) * weights).mean(), rel=1e-4)
    assert loss(Y, LOGITS.astype("float16")).dtype == "float32"


def test_a_loss_of_probabilities_survives_saving():
    loss = classification_loss({"name": "Dice", "axis": [1]}, 0.0)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert float(again(Y, LOGITS)) == float(loss(Y, LOGITS)) and again.name == "dice"


@pytest.mark.parametrize("name", NO_CLASSIFICATION)
def test_losses_that_take_no_one_hot_targets_are_refused_with_another_to_use(name):
    with pytest.raises(KerasappError, match=rf"^train.loss: {name} .*use CategoricalCrossentropy$"):
        classification_loss({"name": name}, 0.0)


def test_label_smoothing_where_there_is_none_and_a_bad_argument_are_refused():
    with pytest.raises(KerasappError, match=r"^train.label_smoothing: Hinge"):
        classification_loss({"name": "Hinge"}, 0.1)
    with pytest.raises(KerasappError, match=r"^train.label_smoothing: "):
        regression_loss(None, 0.1)
    with pytest.raises(KerasappError, match=r"^train.loss: MeanSquaredError: "):
        regression_loss({"name": "MeanSquaredError", "reduction": "mistake"}, 0.0)
    with pytest.raises(KerasappError, match=r"^train.loss: Poisson is no loss for regression"):
        regression_loss({"name": "Poisson"}, 0.0)


def test_a_regression_loss_is_what_its_formula_says():
    y, made = np.array([[0.0], [1.0], [-2.0]], "float32"), np.array([[0.5], [1.0], [1.0]], "float32")
    assert float(regression_loss(None, 0.0)(y, made)) == pytest.approx((0.25 + 9) / 3)
    assert float(regression_loss({"name": "Huber"}, 0.0)(y, made)) == pytest.approx((0.125 + 2.5) / 3)


@pytest.mark.parametrize("head, squared", [("svm", False), ("squared_svm", True)])
def test_a_support_vector_machine_as_the_head_has_the_hinge_of_all_other_classes(head, squared):
    task = ImageClassification(head=head)
    short = [max(0.0, score - LOGITS[row].dot(Y[row]) + 1) for row in range(len(Y))
             for score, wrong in zip(LOGITS[row], 1 - Y[row], strict=True) if wrong]  # fmt: skip
    wanted = sum(each**2 if squared else each for each in short) / len(Y)
    assert float(task.loss()(Y, LOGITS)) == pytest.approx(wanted, rel=1e-5)
    with pytest.raises(KerasappError, match=f"^train.loss: task.head: {head} has a loss of its own"):
        task.loss({"name": "Hinge"})
