"""What the documentation shows is run, and what it points at is there."""

import re
import shutil
from pathlib import Path

import pytest

from kerasapp.stock import stock_files

REPOSITORY = Path(__file__).resolve().parent.parent
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")

pytestmark = pytest.mark.skipif(not (REPOSITORY / "docs").is_dir(), reason="no docs/ beside tests/")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_link_leads_nowhere(page):
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_whole_recipe_shown_is_valid(page, examples):
    from kerasapp.recipe import load

    for number, (language, name, text) in enumerate(BLOCK.findall(page.read_text(encoding="utf-8"))):
        if language == "yaml" and "\ntask:" in f"\n{text}" and "\nmodel:" in text:
            path = examples / (name or f"{page.stem}_{number}.yaml")
            path.write_text(text, encoding="utf-8")
            load(path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_whole_sweep_shown_is_valid(page, tmp_path):
    sweeps = pytest.importorskip("kerasapp.tuning.sweep")
    for language, _, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "yaml" and "\nrecipe:" in text and "\nspace:" in text:
            (tmp_path / "shown.yaml").write_text(text, encoding="utf-8")
            sweeps.load_sweep(tmp_path / "shown.yaml")


def test_every_stock_sweep_stands_in_the_page_on_sweeps():
    page = (REPOSITORY / "docs" / "sweeps.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", page.split("## The stock sweeps")[1], re.MULTILINE)) == set(
        stock_files("tuning")
    )


@pytest.mark.parametrize("name", ["digits.yaml", "radius.yaml", "blocks.yaml"])
def test_a_recipe_as_the_page_has_it_trains_and_exports(examples, name, offline, monkeypatch):
    from kerasapp.export import export
    from kerasapp.recipe import load
    from kerasapp.training import train

    monkeypatch.chdir(examples)
    run = train(load(examples / name).smoke(), examples)
    assert run.report["splits"]["test"]["metrics"]
    assert export(run, root=examples)["verified"]["verified"] is True


@pytest.fixture(scope="module")
def examples(tmp_path_factory) -> Path:
    """The files that these pages name, written as they stand there."""
    folder = tmp_path_factory.mktemp("examples")
    for page in ("recipes.md", "extending.md", "architectures.md"):
        for _, name, text in BLOCK.findall((REPOSITORY / "docs" / page).read_text(encoding="utf-8")):
            if name:
                (folder / name).write_text(text, encoding="utf-8")
    yield folder
    shutil.rmtree(folder)
