"""Where a run ran."""

import keras

from kerasapp.environment import environment


def test_the_environment_names_the_installed_versions_and_the_seed():
    told = environment(3)
    assert told["seed"] == 3 and told["versions"]["keras"] == keras.__version__
    assert told["machine"]["cores"] >= 1 and told["python"].startswith("3.")


def test_outside_of_git_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert environment(0)["git"] is None
