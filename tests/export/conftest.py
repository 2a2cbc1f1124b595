"""Small trained-looking runs, without a training: what `export` asks of a Run, and no more."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

from kerasapp.data._arrays import Arrays
from kerasapp.tasks.image_classification import ImageClassification
from kerasapp.tasks.tabular_classification import TabularClassification
from kerasapp.tasks.tabular_regression import TabularRegression


@dataclass
class StandIn:
    """A Run of `name` with a given model, task and kept examples."""

    path: Path
    task: Any
    network: keras.Model
    kept: dict[str, np.ndarray]
    name: str = "mine/2026-01-03T10-22-07"

    def __post_init__(self):
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / "recipe.yaml").write_text("title: Mine\n")
        accuracy = {"value": 0.91, "low": 0.88, "high": 0.94}
        self.report = {
            "splits": {"test": {"examples": 200, "metrics": {"accuracy": accuracy, "loss": {"value": 0.3}}}},
            "baselines": [{"name": "majority class", "metrics": {"accuracy": {"value": 0.5}}}],
        }
        spec = {"name": "sklearn", "dataset": "digits"}
        self.recipe = SimpleNamespace(title="Mine", seed=3, task={"name": "t"}, data=spec, model={"name": "cnn"})

    def model(self) -> keras.Model:
        return self.network

    def samples(self, split: str) -> dict[str, np.ndarray]:
        return self.kept

    def read_json(self, name: str) -> dict[str, Any]:
        return {"python": "3.11.2", "versions": {"tensorflow": "2.21.0", "absent": None}}


def pictures(dtype: str = "uint8") -> Arrays:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (40, 9, 7, 3))
    arrays = {"image": (pixels if dtype == "uint8" else pixels / 17.0).astype(dtype), "label": np.arange(40) % 3}
    return Arrays(arrays, [str(number) for number in range(40)], {"label": ("cat", "dog", "eel")})


def rows(label: np.ndarray) -> Arrays:
    rng = np.random.default_rng(1)
    size = rng.normal(50, 9, 60)
    size[::7] = np.nan
    cities = np.array(["Oslo", "Rome", 'Zürich "old"', ""], object)[rng.integers(0, 4, 60)]
    columns = {
        "age": rng.integers(18, 90, 60),
        "city, state": cities,
        "Größe/m": size.astype("float32"),
        "Größe m": size,
        "label": label,
    }
    return Arrays(columns, [f"t.csv:{number}" for number in range(2, 62)])


def dense(task: Any, outputs: int) -> keras.Model:
    """A table's network, on both kinds of its columns."""
    facts = task.facts()
    inputs = {
        "numeric": keras.Input((facts["num_numeric"],), name="numeric"),
        "categorical": keras.Input((len(facts["category_sizes"]),), dtype="int32", name="categorical"),
    }
    (size,) = facts["category_sizes"]
    embedded = keras.layers.Embedding(size, 2)(inputs["categorical"][:, 0])
    return keras.Model(inputs, keras.layers.Dense(outputs)(keras.layers.Concatenate()([inputs["numeric"], embedded])))


@pytest.fixture
def picture_run(tmp_path):
    def make(dtype: str = "uint8", **arguments: Any) -> StandIn:
        keras.utils.set_random_seed(0)
        split = pictures(dtype)
        task = ImageClassification(**arguments).adapt(split)
        layers = [keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization(), keras.layers.Dropout(0.5)]
        head = [keras.layers.Flatten(), keras.layers.Dense(3)]
        network = keras.Sequential([keras.Input(task.facts()["image_shape"]), *layers, *head])
        return StandIn(tmp_path / "run", task, network, {name: split.column(name) for name in split.features})

    return make


@pytest.fixture
def table_run(tmp_path):
    def make(kind: str = "classification") -> StandIn:
        keras.utils.set_random_seed(0)
        numbers = np.random.default_rng(2).normal(3e5, 1e5, 60).astype("float32")
        split = rows(np.array(["yes", "no"], object)[np.arange(60) % 2] if kind == "classification" else numbers)
        task = (TabularClassification if kind == "classification" else TabularRegression)().adapt(split)
        kept = {name: split.gather(np.arange(60))[name].numpy() for name in split.features}
        return StandIn(tmp_path / "run", task, dense(task, 2 if kind == "classification" else 1), kept)

    return make
