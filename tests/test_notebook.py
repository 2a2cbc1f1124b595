"""The Python face."""

import pytest

import kerasapp

TEXT = """\
title: T
task: image_classification
data: {name: synthetic, image_shape: [8, 8, 1], num_classes: 3, examples: 60}
model: {name: mlp, units: [4]}
train: {epochs: 2}
"""


def test_a_run_in_python_has_history_report_model_and_predicts(tmp_path):
    (tmp_path / "small.yaml").write_text(TEXT)
    session = kerasapp.train(tmp_path / "small.yaml", changes={"train.epochs": 3}, root=tmp_path)
    assert [row["epoch"] for row in session.history] == [1, 2, 3] and session.history[0]["loss"] > 0
    assert session.report["splits"]["test"]["metrics"] and session.model().count_params()
    assert "<html" in session._repr_html_()
    assert kerasapp.open("latest", root=tmp_path).path == session.path
    with pytest.raises(Exception, match="no such run"):
        kerasapp.open("none", root=tmp_path)
