import numpy as np
import tensorflow as tf

from kerasapp.tasks._vocabulary import positions


def test_a_word_gets_its_own_columns_number_and_a_strange_one_none():
    vocabularies = [["red", "green", "blue"], ['Zürich "old"', "red"], []]
    words = tf.constant([["blue", "red", "", "Red"], ["red", "green", 'Zürich "old"', "red "], ["red", "", "a", "b"]])
    assert positions(words, vocabularies).numpy().tolist() == [[2, 0, -1, -1], [1, -1, 0, -1], [-1, -1, -1, -1]]


def test_every_word_of_a_large_vocabulary_is_found_in_a_graph_as_well():
    words = [f"word {number}" for number in range(20_000)]
    order = np.random.default_rng(0).permutation(len(words))
    dataset = tf.data.Dataset.from_tensors(tf.constant(words)[None]).map(
        lambda w: positions(w, [[words[i] for i in order]])
    )
    assert np.array_equal(order[next(iter(dataset))[0]], np.arange(len(words)))
