"""Every stock recipe: it reads well, it is valid, and its smoke form goes all the way without a network."""

import json
import re

import pytest

from kerasapp.recipe import load
from kerasapp.schema import schema
from kerasapp.stock import stock, stock_files

RECIPES = stock_files("recipes")
ALWAYS = ("vision/digits_cnn", "tabular/wine_mlp")  # words and generation go this way in tests of their own


def everyone(mark_others: pytest.MarkDecorator):
    return [pytest.param(name, marks=() if name in ALWAYS else mark_others, id=name) for name in RECIPES]


@pytest.mark.parametrize("name", RECIPES)
def test_a_stock_recipe_is_valid_with_its_smoke_form(name):
    recipe = load(RECIPES[name])
    assert recipe.title
    assert recipe.smoke().train.epochs <= 3, "a smoke form runs in seconds"


@pytest.mark.parametrize("name", RECIPES)
def test_a_stock_recipe_opens_like_a_lab_notebook(name):
    """The schema for editors, the command that runs it, and what was measured, or that nothing was."""
    lines = RECIPES[name].read_text(encoding="utf-8").splitlines()
    opening = lines[: next(number for number, line in enumerate(lines) if not line.startswith("#"))]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", opening[0])
    assert named and (RECIPES[name].parent / named[1]).resolve() == (stock("recipes") / "schema.json").resolve()
    told = "\n".join(opening)
    assert f"kerasapp run {name}" in told or f"kerasapp copy {name}" in told
    measured = re.search(r"accuracy \.\d+|error \.\d+|ELBO -\d+|\.\d+ sure|not run here|[Nn]o figures", told)
    assert measured, "neither a figure nor why there is none"


@pytest.mark.parametrize("name", RECIPES)
def test_no_stock_recipe_names_a_path_of_one_machine(name):
    assert not re.search(r"(?<![\w.:/])/(?:home|root|work|tmp|mnt|Users)/", RECIPES[name].read_text(encoding="utf-8"))


def test_the_committed_schema_is_what_the_command_writes():
    committed = json.loads((stock("recipes") / "schema.json").read_text(encoding="utf-8"))
    assert committed == schema(), "write it anew: kerasapp schema > recipes/schema.json"


@pytest.fixture(scope="module")
def editor():
    """What validates by the schema, made once: it is the slow part."""
    jsonschema = pytest.importorskip("jsonschema")
    whole = schema()
    kind = jsonschema.validators.validator_for(whole)
    kind.check_schema(whole)
    return kind(whole)


@pytest.mark.parametrize("name", RECIPES)
def test_an_editor_accepts_every_stock_recipe(name, editor):
    from kerasapp.reading import read_file

    editor.validate(read_file(str(RECIPES[name])).plain())


@pytest.mark.smoke
@pytest.mark.parametrize("name", everyone(pytest.mark.slow))
def test_the_smoke_form_trains_reports_predicts_and_exports(name, tmp_path, offline, monkeypatch):
    from kerasapp.export import export
    from kerasapp.prediction import predict_raw
    from kerasapp.training import train

    monkeypatch.chdir(tmp_path)
    run = train(load(RECIPES[name]).smoke(), tmp_path)
    assert run.state["state"] == "finished"
    ((split, told),) = run.report["splits"].items()
    judged = run.report["kind"] in ("classification", "regression")
    assert (told["metrics"] and run.report["baselines"]) if judged else told.get("neighbours") or told["sheets"]
    _, task = run.task.served(run.model())
    examples = {feature: values[:3] for feature, values in task.asked(run.samples(split)).items()}
    answers = predict_raw(run, examples)
    assert answers and all(len(values) == 3 for values in answers.values())
    exported = export(run, root=tmp_path)
    assert exported["verified"]["verified"] is True
