"""What setup.cfg says, held against what is there, and against a wheel made of it."""

import ast
import configparser
import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from kerasapp.stock import stock

REPOSITORY = Path(__file__).resolve().parent.parent
SETUP = configparser.ConfigParser()
SETUP.read(REPOSITORY / "setup.cfg", encoding="utf-8")

pytestmark = pytest.mark.skipif(not SETUP.sections(), reason="no setup.cfg beside tests/")


def test_every_folder_of_the_package_is_in_the_wheel():
    folders = {file.parent.relative_to(REPOSITORY) for file in (REPOSITORY / "kerasapp").rglob("*.py")}
    listed = {name for name in lines("options", "packages") if not name.startswith("kerasapp._stock.")}
    assert {".".join(folder.parts) for folder in folders} == listed


def test_no_import_is_left_undeclared():
    declared = [*lines("options", "install_requires"), *extras("serve", "onnx", "litert", "detection")]
    allowed = {normal(line) for line in declared}
    distributions = packages_distributions()
    for file in sorted((REPOSITORY / "kerasapp").rglob("*.py")):
        for name in imported(file) - set(sys.stdlib_module_names) - {"kerasapp"}:
            of = {normal(distribution) for distribution in distributions.get(name, [name])}
            assert of & allowed, f"{file.relative_to(REPOSITORY)} imports {name}: no requirement in setup.cfg brings it"


def test_no_requirement_is_left_unused():
    """The ones that another package needs and does not declare say so here."""
    for_others = {"importlib-resources", "keras-tuner", "tensorboard"}
    used = set().union(*(imported(file) for file in (REPOSITORY / "kerasapp").rglob("*.py")))
    distributions = packages_distributions()
    of = {normal(distribution) for name in used for distribution in distributions.get(name, [])}
    assert {normal(line) for line in lines("options", "install_requires")} - of <= for_others


def test_a_clone_finds_its_stock_beside_the_package():
    assert (stock("recipes") / "vision" / "digits_cnn.yaml").is_file()
    assert stock("tuning").is_dir()


def test_a_wheel_in_an_empty_folder_knows_every_stock_recipe(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    empty = tmp_path / "empty"
    empty.mkdir()
    code = "import kerasapp.stock as s; print(s.__file__); print(s.stock('recipes')); print(s.stock('tuning'))"
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=empty, text=True, capture_output=True, check=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
    ).stdout.splitlines()  # fmt: skip
    module, recipes, tuning = map(Path, told)
    assert module.is_relative_to(tmp_path / "installed"), "another kerasapp was imported"
    for found, kind in ((recipes, "recipes"), (tuning, "tuning")):
        here = REPOSITORY / kind
        assert {p.relative_to(found) for p in found.rglob("*.*")} == {p.relative_to(here) for p in here.rglob("*.*")}
        assert found.is_relative_to(tmp_path / "installed")


def test_a_wheel_has_the_templates_and_no_test(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    files = (REPOSITORY / "kerasapp").rglob("*")
    here = {path.relative_to(REPOSITORY).as_posix() for path in files if path.suffix in (".html", ".jinja", ".css")}
    assert here <= set(names)
    assert not [name for name in names if name.startswith("tests/")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Made from a copy, because a build leaves its own folder in the tree."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "source"
    for name in ("kerasapp", "recipes", "tuning"):
        shutil.copytree(REPOSITORY / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, copy)
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "-w", str(folder), str(copy)], check=True)
    return next(folder.glob("*.whl"))


def lines(section: str, key: str) -> list[str]:
    return [line for line in SETUP[section][key].splitlines() if line and not line.startswith("#")]


def extras(*names: str) -> list[str]:
    return [line for name in names for line in lines("options.extras_require", name)]


def normal(requirement: str) -> str:
    """The distribution of a requirement, as the index writes it."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


def imported(file: Path) -> set[str]:
    """Top-level names of what a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.split(".")[0])
    return found
