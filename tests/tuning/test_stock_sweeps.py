"""Every stock sweep: it reads well, each of its values stands in its recipe's schema, and its models can be built."""

import random
import re

import pytest

from kerasapp.reading import read_file
from kerasapp.recipe import Recipe, load
from kerasapp.stock import find_recipe, stock_files

SWEEPS = stock_files("tuning")
COURSE = [
    "initialization point", "loss function", "activation function", "starting learning rate", "dropout", "batch size",
    "optimizer", "epochs", "bias values", "number of hidden layers", "number of neurons", "learning rate decay",
    "batch normalization", "padding", "stride", "convolution layers", "max-pooling layers", "kernel size",
    "number of kernels",
]  # fmt: skip


def sweep(name: str) -> tuple[dict, Recipe]:
    """The file's content, and its recipe with what every trial changes."""
    told = read_file(str(SWEEPS[name])).plain()
    return told, load(find_recipe(told["recipe"])).replaced(told.get("set") or {})


def ends(entry: dict) -> list:
    return entry["choice"] if "choice" in entry else entry.get("float") or entry["int"]


@pytest.mark.parametrize("name", SWEEPS)
def test_a_stock_sweep_opens_with_what_it_is_and_the_command_that_runs_it(name):
    lines = SWEEPS[name].read_text(encoding="utf-8").splitlines()
    opening = "\n".join(lines[: next(number for number, line in enumerate(lines) if not line.startswith("#"))])
    assert f"kerasapp tune {name}" in opening
    assert sweep(name)[0]["title"]


@pytest.mark.parametrize("name", SWEEPS)
def test_every_value_of_a_stock_sweep_stands_in_the_schema(name):
    told, recipe = sweep(name)
    known = set(recipe.flat())
    for path, entry in told["space"].items():
        context = {other: values[0] for other, values in (entry.get("when") or {}).items()}
        assert set(context) <= set(told["space"])
        for value in ends(entry):
            changed = recipe.replaced({**context, path: value})
            assert changed.flat()[path] == value
        assert path in known or context or path.startswith("train.optimizers."), f"{path} is no value of the recipe"


@pytest.mark.parametrize("name", SWEEPS)
def test_a_stock_sweep_is_what_tune_takes(name):
    sweeps = pytest.importorskip("kerasapp.tuning.sweep")
    assert sweeps.load_sweep(SWEEPS[name]).name == name


def test_the_course_has_nineteen_values_each_named_before_its_path():
    told, _ = sweep("course_nineteen")
    assert len(told["space"]) == len(COURSE) == 19
    text = SWEEPS["course_nineteen"].read_text(encoding="utf-8").split("\nspace:\n")[1]
    named = re.findall(r"^  # (\d+)\. (.*(?:\n  #.*)*)\n  ([\w.]+):", text, re.MULTILINE)
    assert [int(number) for number, _, _ in named] == list(range(1, 20))
    assert [path for _, _, path in named] == list(told["space"])
    for wanted, (_, words, path) in zip(COURSE, named, strict=True):
        assert words.lower().startswith(wanted), path


def test_most_of_what_the_course_sweep_draws_can_be_built():
    from kerasapp import components

    told, recipe = sweep("course_nineteen")
    draw, built = random.Random(0), 0
    for _ in range(12):
        changes = {path: drawn(draw, entry) for path, entry in told["space"].items()}
        if changes["model.hidden_layers"] == 0:
            del changes["model.units"]
        model = recipe.replaced(changes).model
        try:
            components.create("models", model, image_shape=(32, 32, 3), num_classes=10)
            built += 1
        except ValueError as error:
            assert "does not fit a map" in str(error)
    assert built >= 7


def drawn(draw: random.Random, entry: dict):
    if "choice" in entry:
        return draw.choice(entry["choice"])
    low, high = ends(entry)
    return draw.randrange(low, high + 1, entry.get("step", 1)) if "int" in entry else draw.uniform(low, high)
