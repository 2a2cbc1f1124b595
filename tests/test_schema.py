"""The JSON Schema says what `check` says."""

import jsonschema
import pytest

from kerasapp.schema import schema

GOOD = {
    "title": "T",
    "seed": 1,
    "task": {"name": "image_classification", "augmentation": ["flip", {"name": "rotate", "factor": 0.1}]},
    "data": {"name": "sklearn", "dataset": "digits", "split": {"test": 0.2}},
    "model": {"name": "resnet", "depth": 18},
    "train": {
        "epochs": 3,
        "optimizer": {
            "name": "SGD",
            "learning_rate": {"name": "CosineDecay", "initial_learning_rate": 0.1, "warmup_steps": "2 epochs"},
        },
        "stages": [{"epochs": 3, "optimizer.learning_rate": 1e-5}],
    },
    "smoke": {"train.epochs": 1},
}


@pytest.fixture(scope="module")
def validator():
    made = schema()
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(made)


def test_a_good_recipe_is_valid(validator):
    validator.validate(GOOD)


@pytest.mark.parametrize(
    "change",
    [
        {"sede": 1},
        {"seed": "1"},
        {"model": {"name": "cnn", "dropuot": 0.1}},
        {"model": {"name": "resnet", "depth": 19}},
        {"model": {"name": "cnn", "num_classes": 10}},
        {"model": "cnm"},
        {"model": {"name": "bag_of_vectors", "embedding": {"trainable": True}}},
        {"model": {"name": "bag_of_vectors", "embedding": {"from": "v.txt", "trainabel": True}}},
        {"model": {"name": "bag_of_vectors", "embedding": {"from": "v.txt", "trainable": "yes"}}},
        {"task": {"name": "image_classification", "augmentation": [{"name": "flop"}]}},
        {"data": {"name": "sklearn", "dataset": "digitz"}},
        {"data": {"name": "sklearn", "dataset": "digits", "split": {"tests": 0.1}}},
        {"train": {"optimizer": {"name": "Adam", "learning_rte": 1}}},
        {"train": {"optimizer": {"name": "Adam", "learning_rate": {"name": "CosineDecay"}}}},
    ],
)
def test_what_check_refuses_is_invalid(validator, change):
    assert not validator.is_valid({**GOOD, **change})


def test_an_embedding_is_a_mapping_or_nothing(validator):
    for embedding in ({"from": "v.txt"}, {"from": "v.txt", "trainable": False}, None):
        validator.validate({**GOOD, "model": {"name": "bag_of_vectors", "embedding": embedding}})


def test_a_component_of_ones_own_is_let_pass(validator):
    validator.validate({**GOOD, "model": {"name": "./nets.py:tower", "width": 8}})
