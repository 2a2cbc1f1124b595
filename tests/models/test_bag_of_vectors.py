import keras
import numpy as np
import pytest
from scipy.special import log_softmax

from kerasapp.models.bag_of_vectors import build

FACTS = {"vocabulary_size": 6, "num_classes": 3, "dimensions": 4}


def vectors():
    return np.random.default_rng(0).normal(size=(6, 4)).astype("float32")


def test_logits_are_a_linear_function_of_the_mean_of_the_words():
    model = build(**FACTS)
    table, kernel, bias = model.get_weights()
    model.get_layer("head").bias.assign(np.array([1.0, 2.0, 3.0]))
    given = np.asarray(model(np.array([[2, 5, 2, 0], [1, 0, 0, 0], [0, 0, 0, 0]])))
    wanted = np.stack([table[[2, 5, 2]].mean(axis=0), table[1], np.zeros(4)]) @ kernel + [1, 2, 3]
    assert given == pytest.approx(wanted, abs=1e-6) and not bias.any()


def test_a_word_behind_its_text_changes_nothing():
    model = build(**FACTS)
    short, long = (np.asarray(model(np.array([row]))) for row in ([3, 4], [3, 4, 0, 0, 0]))
    assert short == pytest.approx(long)


@pytest.mark.parametrize("trainable", [True, False])
def test_given_vectors_are_where_it_starts_and_frozen_ones_stay(trainable):
    model = build(**FACTS, embedding={"from": "v.txt", "trainable": trainable, "vectors": vectors()})
    embedding = model.get_layer("embedding")
    assert np.array_equal(embedding.get_weights()[0], vectors())
    model.compile(keras.optimizers.SGD(0.5), keras.losses.CategoricalCrossentropy(from_logits=True))
    model.train_on_batch(np.array([[2, 3], [4, 5]]), np.eye(3)[[0, 1]])
    assert np.array_equal(embedding.get_weights()[0], vectors()) is not trainable


def test_a_trained_model_is_rebuilt_without_its_vectors():
    model = build(**FACTS, embedding={"from": "gone.txt", "trainable": False})
    assert not model.get_layer("embedding").trainable and model.count_params() == 6 * 4 + 4 * 3 + 3


def test_a_step_is_the_gradient_that_numpy_computes():
    model = build(**FACTS, embedding={"from": "v", "trainable": True, "vectors": vectors()})
    tokens, y = np.array([[2, 3, 0], [4, 4, 5]]), np.eye(3)[[0, 2]]
    kernel = model.get_layer("head").kernel.numpy()
    counts = np.array([[0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 2, 1]]) / [[2], [3]]
    probabilities = np.exp(log_softmax(counts @ vectors() @ kernel, axis=1))
    wanted = vectors() - counts.T @ ((probabilities - y) / 2 @ kernel.T)
    model.compile(keras.optimizers.SGD(1.0), keras.losses.CategoricalCrossentropy(from_logits=True))
    model.train_on_batch(tokens, y)
    assert model.get_layer("embedding").get_weights()[0] == pytest.approx(wanted, abs=1e-5)


def test_dropout_is_of_the_mean():
    model = build(**FACTS, dropout=0.5)
    assert [layer.name for layer in model.layers if layer.weights or "dropout" in layer.name] == [
        "embedding", "dropout", "head",
    ]  # fmt: skip
