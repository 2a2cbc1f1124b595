"""Where the weights of a base come from, and what is said of those that do not fit."""

import keras
import numpy as np
import pytest

from kerasapp.errors import RecipeError
from kerasapp.recipe import load
from kerasapp.training import train
from kerasapp.training._base_weights import take_weights
from kerasapp.training._prepare import adapted, build

RECIPE = """\
title: Photographs
task: image_classification
data: {{name: synthetic, image_shape: [32, 32, 3], num_classes: 3, examples: 36}}
model:
  {{name: pretrained, base: MobileNetV2, base_arguments: {{alpha: {alpha}}}, weights: {weights}, strategy: {strategy}}}
train: {{epochs: {epochs}, batch_size: 8, optimizer: {{name: Adam, learning_rate: 1e-2}}}}
"""


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def make(weights, alpha=0.35, strategy="frozen", epochs=1):
        (tmp_path / "mine.yaml").write_text(
            RECIPE.format(weights=weights, alpha=alpha, strategy=strategy, epochs=epochs)
        )
        return load(tmp_path / "mine.yaml")

    return make


def base(alpha=0.35, seed=1):
    keras.utils.set_random_seed(seed)
    made = keras.applications.MobileNetV2(alpha=alpha, include_top=False, weights=None, input_shape=(32, 32, 3))
    made.set_weights([np.random.default_rng(seed).random(w.shape).astype("float32") for w in made.get_weights()])
    return made


def taken(recipe):
    model = build(recipe, adapted(recipe)[0], None)
    take_weights(recipe, model)
    return model.get_layer("base")


@pytest.mark.parametrize("name", ["base.weights.h5", "base.keras"])
def test_a_file_of_weights_or_of_a_model_goes_into_the_base(recipe, tmp_path, name):
    source = base()
    (source.save_weights if name.endswith("h5") else source.save)(tmp_path / name)
    for own, other in zip(taken(recipe(name)).get_weights(), source.get_weights(), strict=True):
        np.testing.assert_array_equal(own, other)


def test_a_run_gives_its_base_and_keeps_its_head(recipe, tmp_path):
    run = train(recipe("none", strategy="train_all"), tmp_path)
    ours = taken(recipe(run.path))
    for own, other in zip(ours.get_weights(), run.model().get_layer("base").get_weights(), strict=True):
        np.testing.assert_array_equal(own, other)


def test_another_width_another_network_and_what_is_no_file_are_said_at_the_value(recipe, tmp_path):
    base(alpha=0.5).save_weights(tmp_path / "wide.weights.h5")
    base(alpha=0.5).save(tmp_path / "wide.keras")
    (tmp_path / "cut.weights.h5").write_bytes((tmp_path / "wide.weights.h5").read_bytes()[:9000])
    (tmp_path / "net.pkl").write_bytes(b"x")
    for name, told in (
        ("wide.weights.h5", "block_1_project has weights"),
        ("wide.keras", "block_1_project has weights"),
        ("cut.weights.h5", "is no file of weights"),
        ("net.pkl", "is no file of weights"),
        ("gone.h5", "no such file or run"),
    ):
        with pytest.raises(RecipeError, match=r"mine\.yaml:5:\d+") as error:
            taken(recipe(name))
        assert told.split(" has")[0] in str(error.value), str(error.value)


def test_code_in_a_file_of_a_model_is_not_run(recipe, tmp_path):
    model = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Lambda(lambda x: x)])
    model.save(tmp_path / "lambda.keras")
    with pytest.raises(RecipeError, match=r"mine\.yaml:5"):
        taken(recipe("lambda.keras"))


def test_a_trained_run_is_opened_without_its_weights_file(recipe, tmp_path):
    base().save_weights(tmp_path / "base.weights.h5")
    run = train(recipe("base.weights.h5"), tmp_path)
    (tmp_path / "base.weights.h5").unlink()
    assert run.model().count_params() > 0
