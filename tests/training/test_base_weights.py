"""Where the weights of a base come from, and what is said of those that do not fit."""

import zipfile
from types import SimpleNamespace

import h5py
import keras
import numpy as np
import pytest
from keras.src.applications import efficientnet

from kerasapp.errors import RecipeError
from kerasapp.export import export
from kerasapp.models._convolutions import DEVIATION, TORCH_MEAN
from kerasapp.recipe import load
from kerasapp.training import Manner, _base_weights, train
from kerasapp.training._base_weights import take_weights
from kerasapp.training._prepare import adapted, build
from kerasapp.training._weights_files import differing, is_legacy

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


OWN = """\
title: Photographs
task: image_classification
data: {{name: synthetic, image_shape: [32, 32, 3], num_classes: {classes}, examples: 24}}
model: {{{model}, weights: {weights}}}
train: {{epochs: 1, batch_size: 8}}
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def make(weights, classes=3, model="name: resnet, depth: 8"):
        (tmp_path / "own.yaml").write_text(OWN.format(weights=weights, classes=classes, model=model))
        return load(tmp_path / "own.yaml")

    return make


def base(alpha=0.35, seed=1):
    keras.utils.set_random_seed(seed)
    made = keras.applications.MobileNetV2(alpha=alpha, include_top=False, weights=None, input_shape=(32, 32, 3))
    made.set_weights([np.random.default_rng(seed).random(w.shape).astype("float32") for w in made.get_weights()])
    return made


def whole(recipe):
    model = build(recipe, adapted(recipe)[0], None)
    take_weights(recipe, model)
    return model


def taken(recipe):
    return whole(recipe).get_layer("base")


def same_but_for_the_head(model, other):
    for variable, wanted in zip(model.variables, other.variables, strict=True):
        if variable.dtype.startswith("float") and not variable.path.startswith("head/"):
            np.testing.assert_array_equal(variable, wanted, err_msg=variable.path)


@pytest.mark.parametrize("name", ["base.weights.h5", "base.keras"])
def test_a_file_of_weights_or_of_a_model_goes_into_the_base(recipe, tmp_path, name):
    source = base()
    (source.save_weights if name.endswith("h5") else source.save)(tmp_path / name)
    for own, other in zip(taken(recipe(name)).get_weights(), source.get_weights(), strict=True):
        np.testing.assert_array_equal(own, other)


@pytest.mark.slow
def test_a_run_gives_its_base_and_needs_what_it_started_from_no_more(recipe, tmp_path, monkeypatch):
    monkeypatch.setattr("kerasapp.training._work.report", lambda *_, **__: None)
    base().save_weights(tmp_path / "base.weights.h5")
    run = train(recipe("base.weights.h5", strategy="train_all"), tmp_path, manner=Manner(pages=False))
    (tmp_path / "base.weights.h5").unlink()
    ours = taken(recipe(run.path))
    for own, other in zip(ours.get_weights(), run.model().get_layer("base").get_weights(), strict=True):
        np.testing.assert_array_equal(own, other)


@pytest.mark.parametrize("word", ["imagenet", "published.weights.h5"])
def test_efficientnet_sees_pixels_as_keras_applications_has_them(recipe, tmp_path, monkeypatch, word):
    blocks, file = efficientnet.DEFAULT_BLOCKS_ARGS, tmp_path / "published.weights.h5"
    monkeypatch.setattr(efficientnet, "DEFAULT_BLOCKS_ARGS", blocks[:1])  # the others see no pixels
    monkeypatch.setattr(efficientnet.file_utils, "get_file", lambda *_, **__: str(file))

    def theirs(weights):
        return keras.applications.EfficientNetB0(include_top=False, weights=weights, input_shape=(32, 32, 3))

    source = theirs(None)
    source.layers[2].set_weights([np.array(TORCH_MEAN), np.array(DEVIATION), np.array(0)])  # as they are published
    source.save_weights(file)
    images = np.random.default_rng(0).random((2, 32, 32, 3), "float32")
    wanted = theirs("imagenet")(255 * images).numpy().mean((1, 2))
    model = whole(recipe(word).replaced({"model.base": "EfficientNetB0", "model.base_arguments": None}))
    np.testing.assert_allclose(model.features(images), wanted, rtol=1e-3, atol=1e-6)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.features(images), wanted, rtol=1e-3, atol=1e-6)


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
        ("gone.h5", "no such file, run or exported model"),
    ):
        with pytest.raises(RecipeError, match=r"mine\.yaml:5:\d+") as error:
            taken(recipe(name))
        assert told.split(" has")[0] in str(error.value), str(error.value)


def test_more_convolutions_than_the_base_has_are_told_at_their_number(recipe):
    asked = recipe("none", strategy="train_top, train_top: 200")
    with pytest.raises(RecipeError, match=r"mine\.yaml:5:\d+: MobileNetV2 has 52 convolutions, and 200 are to learn"):
        build(asked, adapted(asked)[0], None)


def test_code_in_a_file_of_a_model_is_run_where_that_is_asked_for(recipe, tmp_path):
    source = base()
    keras.Sequential([source, keras.layers.Lambda(lambda x: 2 * x)]).save(tmp_path / "lambda.keras")
    with pytest.raises(RecipeError, match=r"mine\.yaml:5.*holds code.*model.safe_mode: false"):
        taken(recipe("lambda.keras"))
    asked = recipe("lambda.keras").replaced({"model.safe_mode": False})
    np.testing.assert_array_equal(taken(asked).get_weights()[0], source.get_weights()[0])


def test_layers_that_keras_named_by_a_number_are_found_again_in_another_model():
    """As those of InceptionV3 and Xception, made twice in a process."""

    def network():
        inputs = x = keras.Input((8, 8, 1))
        for _ in range(12):
            x = keras.layers.Conv2D(2, 3, padding="same")(x)
        return keras.Model(inputs, keras.layers.Dense(2, name="head")(x))

    first, second = network(), network()
    assert first.layers[1].name != second.layers[1].name
    _base_weights._by_name(first, second, "imagenet")
    for own, other in zip(second.get_weights(), first.get_weights(), strict=True):
        np.testing.assert_array_equal(own, other)


@pytest.mark.slow
def test_a_network_of_our_own_starts_from_a_run_or_an_exported_model(own, tmp_path):
    run = train(own("none"), tmp_path, manner=Manner(pages=False))
    folder = export(run)["path"]
    for source in (run.path, folder):
        same_but_for_the_head(whole(own(source, classes=4)), run.model())
    for variable, wanted in zip(whole(own(folder)).variables, run.model().variables, strict=True):
        if variable.path.startswith("head/"):
            np.testing.assert_array_equal(variable, wanted, err_msg="a head for the same classes comes along")
    with pytest.raises(RecipeError, match=r"own\.yaml:4.*is another network"):
        whole(own(folder, model="name: resnet, depth: 14"))
    with pytest.raises(RecipeError, match=r"own\.yaml:4.*has no layer"):
        whole(own(run.path, model="name: resnet, depth: 14"))


def test_a_network_of_our_own_starts_from_a_file_of_applications(own, tmp_path):
    theirs, ours = base(), "name: mobilenet_v2, stem: imagenet, alpha: {}"
    legacy(theirs, tmp_path / "mobilenet_v2_notop.h5")
    model = whole(own("mobilenet_v2_notop.h5", model=ours.format(0.35)))
    images = np.random.default_rng(0).random((2, 32, 32, 3), "float32")
    pooled = keras.Model(model.input, model.get_layer("pool").output)(images)
    wanted = theirs(keras.applications.mobilenet_v2.preprocess_input(255 * images))
    np.testing.assert_allclose(pooled, wanted.numpy().mean((1, 2)), rtol=1e-4)
    with pytest.raises(RecipeError, match=r"own\.yaml:4.*block_1_project has weights of"):
        whole(own("mobilenet_v2_notop.h5", model=ours.format(0.5)))


@pytest.mark.parametrize("within", [None, "model_weights"])
def test_a_legacy_file_of_other_layers_is_known_whole_models_too(tmp_path, within):
    theirs, ours = (
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name=name)]) for name in ("fc1", "dense_1")
    )
    legacy(theirs, tmp_path / "net.h5", within)
    assert is_legacy(tmp_path / "net.h5", ours) and not is_legacy(tmp_path / "net.h5", theirs)
    assert "has no weights for dense_1. It has fc1, …" in differing(tmp_path / "net.h5", ours)


def test_a_legacy_file_may_have_a_head_beside_the_base(tmp_path):
    base, theirs = (
        keras.Sequential([keras.Input((2,)), *(keras.layers.Dense(2, name=name) for name in names)])
        for names in (("a", "b"), ("a", "b", "predictions"))
    )
    legacy(theirs, tmp_path / "with_top.h5")
    _base_weights._weights_alone(tmp_path / "with_top.h5", base)
    for own, other in zip(base.get_weights(), theirs.get_weights(), strict=False):
        np.testing.assert_array_equal(own, other)


def test_a_damaged_model_or_export_is_told(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="head")])
    with zipfile.ZipFile(tmp_path / "net.keras", "w") as file:
        file.writestr("readme", "")
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "saved_model.pb").write_bytes(b"no")
    for name, told in (("net.keras", "is no model that Keras can load"), ("1", "can't be loaded")):
        with pytest.raises(ValueError, match=told):
            _base_weights._read(tmp_path / name, {}, model)


@pytest.mark.parametrize("name, side, classes, weights, wanted", [
    ("inception_v3", 48, 3, "imagenet", None),  # smaller than theirs may be
    ("inception_v3", 160, 3, "imagenet", (160, 160, 3)),
    ("resnet", 256, 1000, "imagenet", None),  # Keras has the head for 224 alone
    ("vgg", 48, 1000, None, (48, 48, 3)),  # whose dense layers are for one size
])  # fmt: skip
def test_a_counterpart_is_of_a_size_that_keras_takes(monkeypatch, name, side, classes, weights, wanted):
    monkeypatch.setattr(_base_weights, "counterpart", lambda _, **given: given)
    model = SimpleNamespace(input_shape=(None, side, side, 3), get_layer=lambda _: SimpleNamespace(units=classes))
    assert _base_weights._theirs({"name": name}, model, weights)["image_shape"] == wanted


def legacy(model, path, within=None):
    """As Keras 2 wrote weights, alone or within those of a whole model."""
    with h5py.File(path, "w") as whole:
        file = whole.create_group(within) if within else whole
        layers = [layer for layer in model.layers if layer.weights]
        file.attrs["layer_names"] = [layer.name.encode() for layer in layers]
        file.attrs["keras_version"], file.attrs["backend"] = b"2.2.4", b"tensorflow"
        for layer in layers:
            group = file.create_group(layer.name)
            group.attrs["weight_names"] = [weight.path.encode() for weight in layer.weights]
            for weight in layer.weights:
                group[weight.path] = weight.numpy()
