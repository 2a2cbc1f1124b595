import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasapp.models.fasttext import build
from kerasapp.ops._ngrams import groups

WORDS = ["whale", "whales", "ship", "ships", "sea", "x"]
COUNTS = [9, 8, 7, 6, 5, 4]


def made(**given):
    keras.utils.set_random_seed(0)
    facts = {"vocabulary": WORDS, "word_counts": COUNTS, "window": 2}
    return build(**facts, **({"dimensions": 4, "negatives": 2, "buckets": 50} | given))


def stream(length=400):
    draw = np.random.default_rng(0)
    tokens = draw.choice(6, (1, length), p=np.array(COUNTS) / sum(COUNTS)).astype(np.int32)
    tokens[0, ::9] = -1
    return tokens


def asked(*words):
    places = [WORDS.index(word) if word in WORDS else -1 for word in words]
    return {"words": tf.constant(places), "letters": tf.constant(list(words))}


@pytest.mark.parametrize("kernel", ["native", "tensorflow"])
@pytest.mark.parametrize("architecture", ["skip_gram", "cbow"])
def test_a_training_step_moves_all_three_tables(kernel, architecture, moved_by_two_steps):
    model = made(kernel=kernel, architecture=architecture)
    assert all(moved_by_two_steps(model, stream()))
    assert {layer.name for layer in model.layers} == {"embedding", "ngrams", "context"}


@pytest.mark.parametrize("kernel", ["native", "tensorflow"])
def test_a_step_moves_the_rows_of_its_words_ngrams_and_no_others(kernel):
    model = made(kernel=kernel, buckets=500)
    model.compile()
    before = model.ngrams.get_weights()[0]
    for _ in range(2):  # the outputs begin with zeros
        model.train_on_batch(np.array([[1, 4, 1, 4, -1, 4, 1, -2]], np.int32))
    moved = np.flatnonzero((model.ngrams.get_weights()[0] != before).any(axis=1))
    assert moved.tolist() == sorted(set(groups(["whales", "sea"], 3, 6, 500).members.tolist()))


@pytest.mark.parametrize("kernel", ["native", "tensorflow"])
def test_both_kernels_learn_the_same_words_to_be_alike(kernel):
    """Two topics: words of one come nearer to each other than to the other's, whatever their letters."""
    draw = np.random.default_rng(0)
    rows = [draw.choice([[0, 2], [1, 3]][number % 2], 9) for number in range(400)]  # whale, ship; whales, ships
    words = np.concatenate([np.append(row, -1) for row in rows]).astype(np.int32)[None]
    model = made(kernel=kernel, dimensions=8)
    model.compile(keras.optimizers.SGD(0.05))
    losses = [float(model.train_on_batch(words)) for _ in range(20)]
    whale, whales, ship = (row / np.linalg.norm(row) for row in model.word_vectors()[:3])
    assert losses[-1] < 0.8 * 3 * np.log(2) and whale @ ship > whale @ whales + 0.3


@pytest.mark.parametrize("kernel", ["native", "tensorflow"])
def test_the_same_seed_gives_the_same_vectors(kernel, trained_twice):
    np.testing.assert_array_equal(*trained_twice(lambda: made(kernel=kernel), stream()))


def test_a_frozen_table_stays_and_the_others_learn():
    model = made()
    model.ngrams.trainable = False
    model.compile()
    before = {layer.name: layer.get_weights()[0] for layer in model.layers}
    model.train_on_batch(stream())
    still = {layer.name: np.array_equal(before[layer.name], layer.get_weights()[0]) for layer in model.layers}
    assert still == {"embedding": False, "ngrams": True, "context": False}


def test_a_words_vector_is_the_mean_of_its_own_row_and_its_ngrams():
    from gensim.models.fasttext import ft_ngram_hashes

    model = made()
    words, ngrams = model.embedding.get_weights()[0], model.ngrams.get_weights()[0]
    expected = [
        np.mean([words[number], *ngrams[ft_ngram_hashes(word, 3, 6, 50)]], axis=0) for number, word in enumerate(WORDS)
    ]
    np.testing.assert_allclose(model.word_vectors(), expected, atol=1e-6)
    np.testing.assert_allclose(model(np.arange(6, dtype=np.int32)[None])[0], expected, atol=1e-6)
    np.testing.assert_allclose(model(asked(*WORDS)), expected, atol=1e-6)


def test_an_unseen_word_has_the_mean_of_its_ngrams_in_the_graph_and_without_tensorflow():
    model = made()
    model.compile()
    model.train_on_batch(stream())
    unseen = ["whaler", "Кит", "鯨鯨", "a" * 300, ""]
    found = model(asked(*unseen)).numpy()
    expected, there = model.ngram_rows().vectors(unseen)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert there.tolist() == [True, True, True, True, False] and not found[4].any() and found[:4].any(axis=1).all()


def test_what_is_no_word_has_a_vector_of_zeros():
    found = made()(np.array([[0, -1, -2]], np.int32)).numpy()
    assert found.shape == (1, 3, 4) and found[0, 0].any() and not found[0, 1:].any()


def test_lengths_that_no_ngram_has_are_refused():
    with pytest.raises(ValueError, match="min_n is 5 and max_n 3"):
        made(min_n=5, max_n=3)


def test_a_saved_model_is_loaded_by_keras_alone(tmp_path):
    model = made()
    model.compile()
    model.train_on_batch(stream())
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.word_vectors(), model.word_vectors())
    np.testing.assert_array_equal(again(asked("whaler")), model(asked("whaler")))
    again.train_on_batch(stream())
    assert int(again.optimizer.iterations) == 2
