"""`--set`: all bad ones at once, in order, and each made out."""

import pytest

from kerasapp.errors import RecipeError
from kerasapp.recipe import load
from kerasapp.settings import with_settings

TEXT = "task: image_classification\ndata: {name: sklearn, dataset: digits}\nmodel: {name: cnn}\ntrain: {epochs: 1}\n"


@pytest.fixture
def recipe(tmp_path):
    (tmp_path / "mine.yaml").write_text(TEXT)
    return load(tmp_path / "mine.yaml")


def faults(recipe, *settings):
    with pytest.raises(RecipeError) as caught:
        with_settings(recipe, settings)
    return [str(fault) for fault in caught.value.faults]


def test_all_bad_settings_are_told_at_once_in_their_order_each_with_its_path(recipe):
    settings = ["train.batch_size=none", "seed", "train.epochs={", "model.dropout=0.5", "a.b=1", "seed=-1"]
    found = faults(recipe, *settings)
    paths = [line.rpartition(" (--set ")[2].removesuffix(")") for line in found]
    assert paths == ["train.batch_size", "seed", "train.epochs", "a.b", "seed"]
    assert all(line.startswith("--set:1:") for line in found)
    assert found[0] == '--set:1:18: batch_size: expected a whole number, got "none" (--set train.batch_size)'


def test_a_single_setting_needs_no_more_than_its_position(recipe):
    assert faults(recipe, "train.epochs=x") == ['--set:1:14: epochs: expected a whole number, got "x"']


def test_a_path_that_is_not_there_does_not_hide_the_others(recipe):
    found = faults(recipe, "train.epochs.x=1", "train.batch_size=x")
    assert len(found) == 2 and "train.epochs.x" in found[0] and "batch_size" in found[1]


def test_what_belongs_to_a_setting_that_can_not_be_read_is_not_told_as_wrong(recipe):
    assert len(faults(recipe, "model={name: resnet", "model.depth=18")) == 1


def test_the_last_setting_of_one_path_counts_and_stands_after_what_was_between(recipe):
    changed = with_settings(recipe, ["model=resnet", "model.dropout=0.5", "model=mlp"])
    assert changed.model["name"] == "mlp" and changed.model["dropout"] != 0.5


def test_changes_come_first_and_without_any_the_recipe_is_the_same(recipe):
    assert with_settings(recipe, ["seed=3"], {"seed": 2}).seed == 3
    assert with_settings(recipe, []) is recipe


def test_a_message_is_one_line_whatever_it_quotes(recipe):
    (line,) = faults(recipe, "a\nb\x1b[31m\u2028")
    assert len(line.splitlines()) == 1 and "\x1b" not in line
