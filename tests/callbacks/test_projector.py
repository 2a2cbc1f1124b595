"""Word vectors in TensorBoard's embedding projector, asked of the plugin itself."""

from types import SimpleNamespace

import numpy as np
import pytest
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.projector.projector_plugin import ProjectorPlugin
from werkzeug.test import Client

from kerasapp.callbacks import _projector
from kerasapp.callbacks._projector import write_projector
from kerasapp.vectors import Vectors

NAMES = ["the", "1984", "naïve", "κόσμος", "\U0001f600", "a\tb", "two\nlines", "back\\slash", "\u2028", '"quoted"', "#"]
SHOWN = [*NAMES[:5], "a\\tb", "two\\nlines", "back\\slash", "\\u2028", '"quoted"', "#"]


class Projector:
    """The plugin over a folder of runs, by its own routes."""

    def __init__(self, folder, *runs):
        listed = SimpleNamespace(list_runs=lambda *_, **__: [SimpleNamespace(run_name=run) for run in runs])
        plugin = ProjectorPlugin(TBContext(logdir=str(folder), data_provider=listed))
        self.asked = {route: Client(app) for route, app in plugin.get_plugin_apps().items()}

    def get(self, route, **query):
        answer = self.asked[route].get(route, query_string=query)
        assert answer.status_code == 200, answer.text
        return answer

    def vectors(self, run, name):
        """Header, rows of the table, and the matrix."""
        (info,) = [one for one in self.get("/info", run=run).json["embeddings"] if one["tensorName"] == name]
        header, *lines = self.get("/metadata", run=run, name=name).text.removesuffix("\n").split("\n")
        numbers = np.frombuffer(self.get("/tensor", run=run, name=name).data, np.float32)
        return header.split("\t"), [line.split("\t") for line in lines], numbers.reshape(info["tensorShape"])


@pytest.fixture
def odd():
    """Words with whatever can stand in one."""
    draw = np.random.default_rng(0)
    matrix = (draw.normal(size=(len(NAMES), 3)) * 10.0 ** draw.integers(-6, 6, (len(NAMES), 1))).astype(np.float32)
    return Vectors(NAMES, matrix, np.arange(len(NAMES), 0, -1))


def test_the_plugin_serves_words_counts_and_vectors_in_one_order(odd, tmp_path):
    write_projector(tmp_path / "one", {"vectors": odd})
    header, table, matrix = Projector(tmp_path, "one").vectors("one", "vectors")
    assert header == ["word", "count"]
    assert table == [[word, str(count)] for word, count in zip(SHOWN, odd.counts, strict=True)]
    assert matrix == pytest.approx(odd.matrix, rel=1e-4)


def test_each_run_has_its_own_and_one_without_any_is_not_listed(odd, tmp_path):
    other = Vectors(["x", "y"], np.array([[1, 2], [3, 4]], np.float32))
    write_projector(tmp_path / "r" / "one", {"vectors": odd})
    write_projector(tmp_path / "r" / "two", {"first": other, "second": odd})
    (tmp_path / "r" / "none").mkdir()
    projector = Projector(tmp_path, "r/one", "r/two", "r/none")
    assert projector.get("/runs").json == ["r/one", "r/two"]
    _, table, matrix = projector.vectors("r/two", "first")
    assert table == [["x", "0"], ["y", "0"]] and matrix.tolist() == [[1, 2], [3, 4]]
    assert projector.vectors("r/two", "second")[2].shape == projector.vectors("r/one", "vectors")[2].shape == (11, 3)


def test_of_many_words_the_most_frequent_are_shown(odd, tmp_path, monkeypatch):
    monkeypatch.setattr(_projector, "MOST", 2)
    write_projector(tmp_path, {"vectors": odd})
    _, table, matrix = Projector(tmp_path, ".").vectors(".", "vectors")
    assert [word for word, _ in table] == NAMES[:2] and matrix == pytest.approx(odd.matrix[:2], rel=1e-4)


def test_what_is_written_again_replaces_what_was_there(odd, tmp_path):
    write_projector(tmp_path, {"vectors": odd})
    write_projector(tmp_path, {"vectors": Vectors(["new"], np.ones((1, 2), np.float32), np.array([7]))})
    _, table, matrix = Projector(tmp_path, ".").vectors(".", "vectors")
    assert table == [["new", "7"]] and matrix.tolist() == [[1, 1]]
