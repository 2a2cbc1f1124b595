"""The auxiliary heads: in the loss of training, nowhere else."""

import keras
import numpy as np
import pytest

from kerasapp.models import googlenet

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((6, 32, 32, 3), "float32")
LABELS = np.eye(3, dtype="float32")[[0, 1, 2, 0, 1, 2]]
LOSS = keras.losses.CategoricalCrossentropy(from_logits=True)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    return googlenet.build(image_shape=(32, 32, 3), num_classes=3, normalization="none", auxiliary_weight=0.5,
                           kernel_regularizer={"name": "L2", "l2": 1e-3})  # fmt: skip


def test_the_loss_in_training_is_the_weighted_sum_of_all_heads(model):
    model.compile(keras.optimizers.SGD(0.0), LOSS, metrics=["accuracy"], run_eagerly=True)
    state = [variable.numpy() for variable in model.variables]
    logits = model(IMAGES, training=True)
    for variable, value in zip(model.variables, state, strict=True):  # the same dropout comes again
        variable.assign(value)
    assert len(logits) == 3
    weighted = [float(LOSS(LABELS, each)) for each in logits]
    kernels = [weight.numpy() for weight in model.trainable_weights if weight.name == "kernel"]
    penalty = sum(1e-3 * float(np.square(kernel).sum()) for kernel in kernels)
    got = model.train_on_batch(IMAGES, LABELS, return_dict=True)
    assert float(got["loss"]) == pytest.approx(weighted[0] + 0.5 * (weighted[1] + weighted[2]) + penalty, rel=1e-4)
    right = (np.argmax(logits[0], 1) == LABELS.argmax(1)).mean()
    assert float(got["accuracy"]) == pytest.approx(right), "the metrics are the last head's"


def test_what_is_evaluated_and_predicted_is_the_last_head(model):
    model.compile(keras.optimizers.SGD(0.0), LOSS)
    logits = model(IMAGES, training=False)
    assert logits.shape == (6, 3) and model.predict(IMAGES, verbose=0).shape == (6, 3)
    expected = float(LOSS(LABELS, logits)) + float(sum(model.losses))
    assert model.evaluate(IMAGES, LABELS, verbose=0, return_dict=True)["loss"] == pytest.approx(expected, rel=1e-4)


def test_a_saved_file_holds_the_auxiliary_heads_too(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.count_params() == model.count_params()
    for one, other in zip(model.in_training.weights, loaded.in_training.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_a_weight_there_are_no_auxiliary_heads(model):
    plain = googlenet.build(image_shape=(32, 32, 3), num_classes=3, normalization="none", auxiliary_weight=0.0)
    assert plain.count_params() < model.count_params()
    assert plain(IMAGES, training=True).shape == (6, 3)
    paths = {layer.name for layer in model._flatten_layers()}
    assert {"auxiliary_1_head", "auxiliary_2_dense"} <= paths and not any("auxiliary" in x.name for x in plain.layers)
