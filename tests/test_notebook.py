"""The Python face."""

import subprocess
import sys

import numpy as np
import pytest

import kerasapp
from kerasapp.errors import KerasappError
from kerasapp.notebook import Session

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


@pytest.mark.parametrize(
    "inputs, told",
    [
        (np.zeros((8, 8)), r"ndarray of shape \(8, 8\)"),
        ([np.zeros((8, 8))], r"ndarray of shape \(8, 8\)"),
        (None, "NoneType"),
        (5, "int"),
        ([1.5], "float"),
        (b"photo.jpg", "bytes"),
    ],
)
def test_what_predict_does_not_take_is_told_with_what_it_takes(inputs, told, tmp_path):
    with pytest.raises(KerasappError, match=f"^predict: got {told}. It takes a path, a list of paths, or arrays"):
        Session(None, tmp_path).predict(inputs)


def test_completion_in_a_notebook_shows_what_there_is_to_use():
    assert dir(kerasapp) == ["__version__", "open", "train"]


def test_python_sees_nothing_of_tensorflows_start(tmp_path):
    code = "from kerasapp.notebook import Session, start_tensorflow as s; s(); import tensorflow as tf; tf.constant(1)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
