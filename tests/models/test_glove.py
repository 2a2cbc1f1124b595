import keras
import numpy as np
import pytest

from kerasapp.errors import KerasappError
from kerasapp.models.glove import build

WORDS = 20


def made(**given):
    keras.utils.set_random_seed(0)
    return build(**{"vocabulary_size": WORDS, "cooccurrence_window": 5, "dimensions": 8, "x_max": 50.0, **given})


def counted(length=256):
    """Counts that vectors of 2 dimensions can explain, (2, length / 2)."""
    draw = np.random.default_rng(0)
    of_words, of_contexts = draw.normal(0, 1, (2, WORDS, 2))
    pairs = draw.integers(0, WORDS, (2, length // 2, 2)).astype(np.int32)
    logs = np.einsum("...d,...d", of_words[pairs[..., 0]], of_contexts[pairs[..., 1]]) + 2
    counts = np.exp(logs).astype(np.float32)
    counts[1, -9:] = 0
    return {"pairs": pairs, "counts": counts}


@pytest.mark.parametrize("kernel", ["native", "tensorflow"])
def test_a_step_moves_every_weight_and_its_squares_and_the_loss_falls(kernel):
    model, data = made(kernel=kernel), counted()
    model.compile(keras.optimizers.Adagrad(0.05, 1.0))
    before = [weight.numpy() for weight in [*model.weights, *model.optimizer.variables]]
    first = model.train_on_batch(data)
    after = [weight.numpy() for weight in [*model.weights, *model.optimizer.variables]]
    still = [number for number, (a, b) in enumerate(zip(before, after, strict=True)) if np.array_equal(a, b)]
    names = [variable.name for variable in [*model.weights, *model.optimizer.variables]]
    assert [names[number] for number in still] == ["learning_rate"] and int(model.optimizer.iterations) == 1
    for _ in range(60):
        last = model.train_on_batch(data)
    assert np.isfinite(last) and last < 0.2 * first


def test_both_kernels_learn_alike():
    losses = []
    for kernel in ("native", "tensorflow"):
        model = made(kernel=kernel)
        model.compile(keras.optimizers.Adagrad(0.05, 1.0))
        losses.append([float(model.train_on_batch(counted())) for _ in range(10)])
    np.testing.assert_allclose(*losses, rtol=0.05)


@pytest.mark.parametrize("kernel", ["native", "tensorflow"])
def test_the_same_seed_gives_the_same_vectors(kernel, trained_twice):
    np.testing.assert_array_equal(*trained_twice(lambda: made(kernel=kernel), counted()))


def test_a_word_s_vector_is_the_sum_of_its_two_which_begin_apart():
    model = made()
    both = [layer.embeddings.numpy() for layer in (model.embedding, model.context)]
    assert np.abs(both[0] - both[1]).min(1).max() > 0 and np.abs(both).max() <= 0.5 / 8
    np.testing.assert_array_equal(model.word_vectors(), both[0] + both[1])
    np.testing.assert_array_equal(model(np.array([3, -1], np.int32)), [model.word_vectors()[3], np.zeros(8)])
    assert model(counted()).shape == (2, 128, 2, 8)


@pytest.mark.parametrize("kernel", ["native", "tensorflow"])
def test_what_is_frozen_stays_with_its_squares(kernel):
    model = made(kernel=kernel)
    model.compile()
    model.context.trainable = model.embedding_bias.trainable = False
    before = [weight.numpy() for weight in [*model.weights, *model.optimizer._accumulators]]
    model.train_on_batch(counted())
    after = [weight.numpy() for weight in [*model.weights, *model.optimizer._accumulators]]
    names = [weight.path.split("/")[0] for weight in model.weights]
    assert sorted(names[n % 4] for n in range(8) if np.array_equal(before[n], after[n])) == (
        ["context"] * 2 + ["embedding_bias"] * 2
    )


@pytest.mark.parametrize(
    "optimizer, told",
    [
        ("SGD", "plain Adagrad.* not SGD. Leave it out, or set its learning_rate and initial_accumulator_value alone"),
        (keras.optimizers.Adagrad(clipnorm=1.0), "not Adagrad with clipnorm"),
        (keras.optimizers.Adagrad(0.1, 0.0), "initial_accumulator_value, which must be above 0"),
    ],
)
def test_another_optimizer_is_refused(optimizer, told):
    with pytest.raises(KerasappError, match=f"train.optimizer: .*{told}"):
        made().compile(optimizer)


def test_a_saved_model_is_loaded_by_keras_alone_and_goes_on(tmp_path):
    model, data = made(kernel="tensorflow"), counted()
    model.compile(keras.optimizers.Adagrad(0.05, 1.0))
    model.train_on_batch(data)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.word_vectors(), model.word_vectors())
    for one in (model, again):
        one.train_on_batch(data)
    np.testing.assert_allclose(again.word_vectors(), model.word_vectors(), atol=1e-6)
