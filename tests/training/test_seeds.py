"""Several seeds: each run is the one that its seed alone would have given."""

from pathlib import Path

import numpy as np
import pytest

from kerasapp.callbacks.stop import Stopped
from kerasapp.errors import DataError, WorkError
from kerasapp.recipe import load
from kerasapp.training import Manner, over, train, train_seeds


@pytest.fixture
def recipe(tmp_path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(
        "title: T\nseed: 7\ntask: image_classification\nmodel: {name: mlp, units: [8], dropout: 0.3}\n"
        "data: {name: synthetic, image_shape: [8, 8, 1], num_classes: 3, examples: 120}\ntrain: {epochs: 2}\n"
    )
    return load(path)


def test_a_seed_among_several_gives_what_it_gives_alone(recipe, tmp_path):
    told = list(
        train_seeds(
            lambda changed, name: train(changed, tmp_path, name=name, manner=Manner(pages=False)), recipe, 3, "many"
        )
    )
    assert [seed for seed, _ in told] == [7, 8, 9]
    assert [run.path.name for _, run in told] == ["many-1", "many-2", "many-3"]
    alone = train(recipe.replaced({"seed": 8}), tmp_path)
    pairs = list(zip(told[1][1].model().weights, alone.model().weights, strict=True))
    assert pairs and all(np.array_equal(a.numpy(), b.numpy()) for a, b in pairs)
    assert told[1][1].report["splits"]["test"]["metrics"] == alone.report["splits"]["test"]["metrics"]


def test_a_training_that_diverges_does_not_cost_the_seeds_after_it(recipe):
    def one(changed, name):
        if changed.seed == 8:
            raise WorkError("loss became NaN")
        return changed.seed

    told = dict(train_seeds(one, recipe, 3))
    assert (told[7], told[9]) == (7, 9) and isinstance(told[8], WorkError)


@pytest.mark.parametrize("error", [DataError("data.csv", "is gone"), Stopped(2)])
def test_bad_input_and_a_signal_end_all(recipe, error):
    tried = []

    def one(changed, name):
        tried.append(changed.seed)
        raise error

    with pytest.raises(type(error)):
        list(train_seeds(one, recipe, 3))
    assert tried == [7]


def test_a_failed_training_names_its_run(recipe, tmp_path):
    broken = recipe.replaced({"train.optimizer": {"name": "SGD", "learning_rate": 1e30}})
    with pytest.raises(WorkError) as told:
        train(broken, tmp_path, name="bad")
    assert told.value.run == tmp_path / "runs" / "small" / "bad"


def test_spread_is_the_sample_standard_deviation_of_the_first_split():
    reports = [
        {"splits": {"validation": {"metrics": {"accuracy": {"value": value}}}, "test": {"metrics": {}}}}
        for value in (0.8, 0.9, 1.0)
    ]
    assert over(reports)["accuracy"]["mean"] == pytest.approx(0.9)
    assert over(reports)["accuracy"]["spread"] == pytest.approx(0.1)
    assert over(reports[:1])["accuracy"]["spread"] is None
    assert over(reports, "test") == {}


def test_a_metric_that_is_not_finite_is_left_out_not_a_crash():
    reports = [{"splits": {"test": {"metrics": {"auc": {"value": value}}}}} for value in (None, 0.5)]
    assert over(reports)["auc"] == {"mean": 0.5, "spread": None, "values": [0.5]}
