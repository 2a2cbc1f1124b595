"""Counts by hand, for images and for tables."""

import keras
import numpy as np
import pytest

from kerasapp import components
from kerasapp.models import mlp

CHANGED = {
    "units": [8], "hidden_layers": 3, "activation": "tanh", "dropout": 0.2, "batch_norm": True, "use_bias": False,
    "embedding_dimensions": 7, "numeric_dimensions": 5, "frequencies": 3, "frequency_scale": 2.0,
    "kernel_initializer": {"name": "GlorotUniform", "seed": None}, "kernel_regularizer": {"name": "L2", "l2": 1e-4},
}  # fmt: skip
TABLE = {"num_numeric": 4, "category_sizes": (3, 42), "num_classes": 2}


def test_an_image_is_flattened():
    model = mlp.build(image_shape=(8, 8, 1), num_classes=10, units=[32])
    assert model.count_params() == 64 * 32 + 32 + 32 * 10 + 10


def test_a_table_has_a_key_for_each_kind_of_columns_that_is_there():
    assert set(mlp.build(**TABLE).input) == {"numeric", "categorical"}
    assert set(mlp.build(num_numeric=4, num_classes=2).input) == {"numeric"}
    assert set(mlp.build(category_sizes=(3,), num_classes=2).input) == {"categorical"}
    with pytest.raises(ValueError, match="neither images nor columns"):
        mlp.build(num_classes=2)


def test_embeddings_are_as_wide_as_the_rule_says():
    model = mlp.build(**TABLE, units=[])
    # 1.6 * 3 ** .56 = 2.96, 1.6 * 42 ** .56 = 12.98
    assert [model.get_layer(f"embedding_{number}").output_dim for number in (1, 2)] == [3, 13]
    assert model.count_params() == 3 * 3 + 42 * 13 + (4 + 3 + 13) * 2 + 2


def test_columns_are_not_mixed_up():
    model = mlp.build(**TABLE, units=[])
    rows = {"numeric": np.zeros((2, 4), "float32"), "categorical": np.array([[2, 0], [0, 2]], "int32")}
    features = keras.Model(model.input, model.get_layer("features").output)(rows)
    first, second = (model.get_layer(f"embedding_{number}").get_weights()[0] for number in (1, 2))
    np.testing.assert_allclose(features[0], [*first[2], *second[0], 0, 0, 0, 0])
    np.testing.assert_allclose(features[1], [*first[0], *second[2], 0, 0, 0, 0])


def test_a_task_without_outputs_is_refused():
    with pytest.raises(ValueError, match="neither num_classes nor num_targets"):
        mlp.build(num_numeric=3)


@pytest.mark.parametrize("argument", [a.name for a in components.signature("models", "mlp").arguments])
def test_no_argument_is_without_effect(argument):
    if argument not in {*TABLE, "image_shape", "num_targets"}:
        base = TABLE | ({"numeric_dimensions": 4} if argument.startswith("freq") else {})
        base |= {"units": 8} if argument == "hidden_layers" else {}
        assert mlp.build(**base | {argument: CHANGED[argument]}).get_config() != mlp.build(**base).get_config()


def test_a_threshold_is_learned_in_seventy_steps():
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).uniform(-2, 2, (350, 2)).astype("float32")
    y = (x[:, 0] > 0.3).astype(int)
    model = mlp.build(num_numeric=2, num_classes=2)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    model.fit({"numeric": x[:280]}, y[:280], batch_size=32, epochs=8, verbose=0)
    assert model.evaluate({"numeric": x[280:]}, y[280:], verbose=0)[1] >= 0.9
