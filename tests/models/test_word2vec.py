import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasapp.errors import KerasappError
from kerasapp.models.word2vec import build

COUNTS = [9, 8, 7, 6, 5, 4]


def made(**given):
    keras.utils.set_random_seed(0)
    facts = {"vocabulary_size": len(COUNTS), "word_counts": COUNTS, "window": 2}
    return build(**facts, **({"dimensions": 4, "negatives": 2} | given))


def stream(length=400):
    draw = np.random.default_rng(0)
    tokens = draw.choice(6, (1, length), p=np.array(COUNTS) / sum(COUNTS)).astype(np.int32)
    tokens[0, ::9] = -1
    return tokens


@pytest.mark.parametrize("given", [
    {"kernel": kernel, "loss": loss, "architecture": architecture}
    for kernel, loss in (("native", "negative_sampling"), ("tensorflow", "negative_sampling"),
                         ("native", "hierarchical_softmax"), ("tensorflow", "hierarchical_softmax"),
                         ("auto", "full_softmax"))
    for architecture in ("skip_gram", "cbow")
])  # fmt: skip
def test_a_training_step_moves_both_embeddings_and_counts_itself(given, moved_by_two_steps):
    model = made(**given)
    assert all(moved_by_two_steps(model, stream()))
    assert [layer.name for layer in model.layers] == ["embedding", "context"]


@pytest.mark.parametrize("kernel", ["native", "tensorflow"])
def test_the_same_seed_gives_the_same_vectors(kernel, trained_twice):
    np.testing.assert_array_equal(*trained_twice(lambda: made(kernel=kernel), stream()))


def test_the_learning_rate_falls_within_a_step_to_that_of_the_next():
    schedule = keras.optimizers.schedules.PolynomialDecay(0.5, 4, 0.1)
    model = made()
    model.compile(keras.optimizers.SGD(schedule))
    told = []
    model._by_native = lambda inputs, outputs, words, rates, seed: (told.append(rates), (inputs, outputs, 1.0, 1.0))[1]
    model.run_eagerly = True
    model.train_on_batch(stream())
    model.train_on_batch(stream())
    np.testing.assert_allclose(told, [[0.5, 0.4], [0.4, 0.3]], rtol=1e-6)


def test_no_two_rows_draw_the_same_negatives():
    """A block of a step draws by its row's seed and the step's number, which may not meet in two rows."""
    model = made(kernel="tensorflow")
    model.compile(run_eagerly=True)
    drawn, draw = [], model._blocks.loss._draw

    def learn(inputs, outputs, words, rates, seed):
        drawn.append({draw(4, seed + tf.constant([0, step])).numpy().tobytes() for step in range(20)})
        return inputs, outputs, 1.0, 1.0

    model._by_tensorflow = learn
    for _ in range(2):
        model.train_on_batch(stream())
    assert len(drawn[0]) == len(drawn[1]) == 20 and not drawn[0] & drawn[1]


@pytest.mark.parametrize("optimizer", ["Adam", keras.optimizers.SGD(momentum=0.9), keras.optimizers.SGD(clipnorm=1.0)])
def test_another_optimizer_is_refused(optimizer):
    with pytest.raises(
        KerasappError,
        match=r"train.optimizer: .* plain SGD.* not (Adam|SGD with (momentum|clipnorm))",
    ):
        made().compile(optimizer)


def test_what_is_no_word_has_some_vector_and_does_no_harm():
    model = made()
    assert model(np.array([[0, -1, -2]], np.int32)).shape == (1, 3, 4)


def test_a_saved_model_is_loaded_by_keras_alone(tmp_path):
    model = made()
    model.compile()
    model.train_on_batch(stream())
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.word_vectors(), model.word_vectors())
    again.train_on_batch(stream())
    assert int(again.optimizer.iterations) == 2


def test_full_softmax_has_no_native_form_and_the_tree_has_a_node_less_than_words():
    with pytest.raises(KerasappError, match=r"model\.kernel: full_softmax"):
        made(kernel="native", loss="full_softmax")
    assert made(loss="hierarchical_softmax").context.embeddings.shape == (len(COUNTS) - 1, 4)


@pytest.mark.parametrize("architecture", ["skip_gram", "cbow"])
def test_both_forms_of_hierarchical_softmax_learn_the_same(architecture):
    """The same loss within a twentieth after some steps, though the windows are drawn otherwise."""
    losses = []
    for kernel in ("native", "tensorflow"):
        model = made(kernel=kernel, loss="hierarchical_softmax", architecture=architecture)
        model.compile(keras.optimizers.SGD(0.05))
        model.optimizer.build(model.trainable_variables)
        for _ in range(30):
            told = float(np.ravel(model.train_on_batch(stream(4000)))[0])
        losses.append(told)
    assert losses[0] == pytest.approx(losses[1], rel=0.05) and losses[0] < 2.5
