"""Every file of kerasapp/models: it builds, saves, reloads equal, takes a training step. A new one is held to it at
once.
"""

import ast
import re
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasapp import components

IMAGES = {"image_shape": (32, 32, 3), "num_classes": 3}
TABLES = {
    "classification": {"num_numeric": 4, "category_sizes": (3, 5), "num_classes": 3},
    "numbers only": {"num_numeric": 4, "category_sizes": (), "num_classes": 3},
    "categories only": {"num_numeric": 0, "category_sizes": (3, 5), "num_classes": 3},
    "regression": {"num_numeric": 4, "category_sizes": (3,), "num_targets": 1},
}
TEXTS = {"vocabulary_size": 9, "num_classes": 3}
# What a model needs besides facts, or is made smaller by.
ARGUMENTS = {
    "graph": {"layers": {"flat": {"name": "Flatten"}, "logits": {"name": "Dense", "units": "$num_classes"}}},
    "resnet": {"depth": 8},
    "alexnet": {"units": [16]},
    "vgg": {"depth": 11, "units": [16]},
    "densenet": {"depth": 40, "growth_rate": 4},
    "mobilenet_v2": {"alpha": 0.35},
    "mobilenet_v3": {"size": "small"},
    "pretrained": {
        "base": "MobileNetV2",
        "base_arguments": {"alpha": 0.35},
        "strategy": "train_all",
        "batch_norm": "train",
    },
}


def asked(name: str) -> dict[str, bool]:
    """Arguments, and whether each must be given."""
    return {argument.name: argument.required for argument in components.signature("models", name).arguments}


# What has a training step or a loss of its own is tested there.
OWN = {
    "autoencoder": "test_vae.py",
    "dcgan": "test_dcgan.py",
    "fasttext": "test_fasttext.py",
    "glove": "test_glove.py",
    "vae": "test_vae.py",
    "word2vec": "test_word2vec.py",
}
MODELS = components.names("models")
LARGE = ("densenet", "efficientnet", "inception_v3", "mobilenet_v3", "xception")  # test_applications.py has them too
CASES = (
    [
        pytest.param(name, IMAGES, id=name, marks=pytest.mark.slow if name in LARGE else ())
        for name in MODELS
        if "image_shape" in asked(name) and name not in OWN
    ]
    + [
        pytest.param(name, facts, id=f"{name}, {case}")
        for name in MODELS
        for case, facts in TABLES.items()
        if "category_sizes" in asked(name) and name != "graph"
    ]
    + [pytest.param(name, TEXTS, id=f"{name}, texts") for name in MODELS if TEXTS.keys() <= asked(name).keys()]
)


def build(name: str, facts: dict) -> keras.Model:
    """With a head that says something: one that begins at zero lets no gradient by in the first step."""
    made = components.create("models", {"name": name, **ARGUMENTS.get(name, {})}, **facts)
    for layer in made.layers:
        if layer.name == "head" and not np.any(layer.kernel):
            layer.kernel.assign(keras.initializers.GlorotUniform()(layer.kernel.shape))
    return made


def batch(model: keras.Model, examples: int = 4) -> object:
    random = np.random.default_rng(0)

    def make(tensor: keras.KerasTensor) -> np.ndarray:
        shape = (examples, *(5 if size is None else size for size in tensor.shape[1:]))
        return random.integers(0, 3, shape, "int32") if tensor.dtype == "int32" else random.random(shape, "float32")

    return keras.tree.map_structure(make, model.input)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_without_a_case_here_would_go_untested(name):
    own = Path(__file__).with_name(OWN.get(name, "none"))
    assert own.exists() or any(case.values[0] == name for case in CASES), f"give {name} small facts in {__file__}"


@pytest.mark.parametrize("name", MODELS)
def test_the_file_names_its_source_and_what_it_leaves_out(name):
    text = ast.get_docstring(components.find("models", name).tree)
    assert re.search(r"arXiv:\d{4}\.\d{4,5}|https://|\b(19|20)\d\d\b", text)
    assert re.search(r"[Ll]eft\s+out", text)


@pytest.mark.parametrize("name, facts", CASES)
def test_weights_saved_and_loaded_into_a_fresh_build_give_the_same_outputs(name, facts, tmp_path):
    keras.utils.set_random_seed(0)
    model, fresh = build(name, facts), build(name, facts)
    inputs = batch(model)
    expected = model(inputs, training=False).numpy()
    near = 1e-6 * np.abs(expected).max()
    assert not np.allclose(fresh(inputs, training=False), expected, atol=near), "two builds start with the same weights"
    model.save_weights(tmp_path / "model.weights.h5")
    fresh.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_allclose(fresh(inputs, training=False), expected, rtol=1e-6, atol=near)


@pytest.mark.parametrize("name, facts", CASES)
def test_a_training_step_has_a_finite_loss_and_reaches_every_weight(name, facts):
    keras.utils.set_random_seed(0)
    model = build(name, facts)
    assert not model.compiled
    inputs = batch(model)
    classes = facts.get("num_classes")
    loss = keras.losses.CategoricalCrossentropy(from_logits=True) if classes else "mse"
    y = np.eye(classes, dtype="float32")[[0, 1, 2, 0]] if classes else np.ones((4, 1), "float32")
    before = [weight.numpy() for weight in model.trainable_weights]
    model.compile(keras.optimizers.SGD(0.1), loss, run_eagerly=True)  # a graph of 300 layers takes longer to trace
    assert np.isfinite(model.train_on_batch(inputs, y))
    still = [w.path for w, old in zip(model.trainable_weights, before, strict=True) if np.array_equal(w.numpy(), old)]
    assert not still, "no gradient arrives there"
    assert np.isfinite(model(inputs, training=False).numpy()).all()


@pytest.mark.parametrize("name, facts", CASES)
def test_outputs_are_logits_or_values_in_float32_under_mixed_precision_too(name, facts):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = build(name, facts)
    finally:
        keras.config.set_dtype_policy("float32")
    assert model.output.dtype == "float32"
    assert model.output_shape == (None, facts.get("num_classes") or facts["num_targets"])
    last = model.get_layer(model.output._keras_history.operation.name)
    assert last.activation is keras.activations.linear
