"""What `check --data` finds."""

import numpy as np
import pytest

from kerasapp.preflight import findings
from kerasapp.recipe import load

TEXT = "title: T\ntask: tabular_classification\ndata: {{name: csv, path: {path}, label: kind}}\nmodel: mlp\n"


@pytest.fixture
def table(tmp_path):
    def made(rows):
        (tmp_path / "t.csv").write_text("a,b,kind\n" + "".join(f"{a},{b},{kind}\n" for a, b, kind in rows))
        (tmp_path / "t.yaml").write_text(TEXT.format(path=tmp_path / "t.csv"))
        return load(tmp_path / "t.yaml")

    return made


def rows(count, kind):
    draw = np.random.default_rng(count)
    return [(f"{draw.normal():.4f}", f"{draw.normal():.4f}", kind) for _ in range(count)]


def test_clean_data_has_a_note_on_its_size_and_nothing_else(table):
    assert [found.severity for found in findings(table(rows(60, "x") + rows(70, "y")))] == ["note"]


def test_copies_and_tiny_classes_are_named(table):
    some = rows(80, "x")
    found = findings(table(some + some[:20] + rows(90, "y") + rows(8, "rare")))
    assert {("duplicate", "warning"), ("tiny_class", "warning")} <= {(one.kind, one.severity) for one in found}
    assert any(one.where == "rare" for one in found)


def test_data_that_can_not_be_used_is_an_error(table, tmp_path):
    recipe = table(rows(60, "x"))
    (only,) = findings(recipe)
    assert only.severity == "error" and "one class" in only.message
    (tmp_path / "t.csv").unlink()
    (only,) = findings(recipe)
    assert only.severity == "error" and only.where.endswith("t.csv")
