"""A user's own code: found, imported with what stands beside it, never mixed with other code of the same name."""

import sys

import pytest

from kerasapp.own_code import imported, located


@pytest.fixture
def files(tmp_path):
    """Writes files by their path below a new folder; gives the folder."""

    def write(texts):
        for name, text in texts.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


@pytest.mark.parametrize(
    "statement",
    ["import blocks", "from . import blocks", "import blocks as blocks", "from blocks import x\nimport blocks"],
)
def test_a_file_beside_is_imported_however_it_is_named(files, statement):
    folder = files({"nets.py": f"{statement}\nfound = blocks.x\n", "blocks.py": "x = 5\n"})
    assert imported(located("./nets.py", folder)).found == 5
    assert "blocks" not in sys.modules, "it would be another run's `blocks` next"


def test_a_file_beside_is_found_by_an_import_within_a_function_after_the_import_is_over(files):
    folder = files(
        {
            "nets.py": "def late():\n    import deep.more\n    return deep.more.x\n",
            "deep/more.py": "x = 6\n",
            "deep/__init__.py": "",
        }
    )
    assert imported(located("./nets.py", folder)).late() == 6


@pytest.mark.parametrize("where, init", [("lab.nets", True), ("lab.nets", False), ("./lab/nets.py", True)])
@pytest.mark.parametrize(
    "statement", ["from lab.blocks import x", "from .blocks import x", "import lab.blocks as b; x = b.x"]
)
def test_a_package_reaches_its_own_files_by_their_whole_name_and_from_where_it_is(files, where, init, statement):
    folder = files(
        {"lab/nets.py": f"{statement}\n", "lab/blocks.py": "x = 7\n", **({"lab/__init__.py": ""} if init else {})}
    )
    assert imported(located(where, folder)).x == 7


def test_the_standard_library_and_kerasapp_stay_what_they_are(files):
    folder = files(
        {
            "nets.py": "import json, kerasapp.types\nfound = json.dumps, kerasapp.types.Fraction\n",
            "json.py": "",
            "kerasapp.py": "",
        }
    )
    assert imported(located("./nets.py", folder)).found[0].__module__ == "json"


def test_two_files_of_one_name_and_one_that_changed_are_not_mixed(files, tmp_path):
    first = imported(located("./nets.py", files({"nets.py": "from blocks import x\n", "blocks.py": "x = 1\n"})))
    files({"blocks.py": "x = 2\n"})
    second = imported(located("./nets.py", tmp_path))
    files({"other/nets.py": "from blocks import x\n", "other/blocks.py": "x = 3\n"})
    third = imported(located("./nets.py", tmp_path / "other"))
    assert (first.x, second.x, third.x) == (1, 2, 3)
    assert imported(located("./nets.py", tmp_path)) is second, "the same code is imported once"


def test_what_a_file_is_made_of_is_what_it_imports_of_ones_own_and_the_whole_of_its_package(files):
    deep = {"deep/__init__.py": "", "deep/more.py": ""}
    lab = {f"lab/{name}.py": "" for name in ("__init__", "a", "b", "sub/__init__", "sub/c")}
    strange = {"unused.py": "", "deep/unused.py": "", "broken.py": "(", "lab/data/d.py": ""}
    texts = {
        "nets.py": "import keras, blocks\n",
        "blocks.py": "def late():\n    from deep import more\n",
        "lab/nets.py": "import blocks\n",
    }
    folder = files(deep | lab | strange | texts)
    assert list(located("./nets.py", folder).files()) == ["blocks.py", *deep, "nets.py"]
    assert list(located("lab.nets", folder).files()) == sorted(["blocks.py", *deep, *lab, "lab/nets.py"])


def test_an_import_that_fails_leaves_nothing_half_made(files):
    folder = files({"nets.py": "import blocks\nraise ValueError('no')\n", "blocks.py": ""})
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            imported(located("./nets.py", folder))


def test_an_installed_module_is_imported_by_its_own_name(tmp_path):
    module = located("keras.layers", tmp_path)
    assert module.installed and imported(module) is sys.modules["keras.layers"]


@pytest.mark.parametrize(
    "where", ["./none.py", "none.of.these", "a b", "", ".", "/", "x" * 5000, "./" + "x" * 5000 + ".py", "\0.py"]
)
def test_what_is_not_there_is_a_lookup_error(tmp_path, where):
    with pytest.raises(LookupError):
        located(where, tmp_path)


def test_nothing_is_written_beside_a_users_file(files):
    folder = files({"nets.py": "import blocks\n", "blocks.py": ""})
    imported(located("./nets.py", folder))
    assert sorted(path.name for path in folder.iterdir()) == ["blocks.py", "nets.py"]
