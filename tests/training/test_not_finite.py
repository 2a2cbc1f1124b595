"""float16 ends at 65 504: inputs beyond what a network of mixed precision can take are said, never a false answer."""

import logging

import keras
import numpy as np
import pytest

from kerasapp.prediction import predict
from kerasapp.training import evaluate


@pytest.fixture
def mixed(trained, tmp_path):
    draw = np.random.default_rng(0)
    rows = [f"{draw.normal():.3f},{draw.normal():.3f},{'ab'[n % 2]},{draw.normal():.3f}" for n in range(120)]
    (tmp_path / "rows.csv").write_text("\n".join(["x,y,kind,size", *rows]) + "\n")
    (tmp_path / "huge.csv").write_text("x,y,kind,size\n1,2,a,1\n1e9,1,a,1\n1e30,2,a,1\n")

    def made(task, label):
        data = {"name": "csv", "path": str(tmp_path / "rows.csv"), "label": label}
        return trained({"task": task, "data": data, "train.epochs": 1, "train.mixed_precision": True})

    yield made
    keras.config.set_dtype_policy("float32")


def test_a_class_is_not_told_where_the_output_is_not_finite(mixed, tmp_path, caplog):
    run = mixed("tabular_classification", "kind")
    with caplog.at_level(logging.WARNING, "kerasapp"):
        first, *others = predict(run, [tmp_path / "huge.csv"])
    assert first["label"] in "ab" and [row["label"] for row in others] == [None, None]
    (told,) = (record.getMessage() for record in caplog.records if record.levelno == logging.WARNING)
    assert "huge.csv:3" in told and "huge.csv:4" in told and "float16" in told and "\n" not in told


def test_an_evaluation_says_so_and_counts_no_nan_as_right(mixed, tmp_path, caplog, recwarn):
    run = mixed("tabular_classification", "kind")
    with caplog.at_level(logging.WARNING, "kerasapp"):
        report = evaluate(run, source=str(tmp_path / "huge.csv"))
    result = report["splits"]["data"]
    assert result["not_finite"] == 2 and "huge.csv:3, huge.csv:4" in caplog.text
    assert result["metrics"]["accuracy"]["value"] <= 1 / 3, "the class of both is a, the first: argmax of NaN"
    assert any("not finite" in line for line in report["warnings"])
    assert [str(w.message) for w in recwarn if w.category is RuntimeWarning] == []


def test_an_error_that_is_not_finite_is_no_headline_ahead_of_anything(mixed, tmp_path):
    report = evaluate(mixed("tabular_regression", "size"), source=str(tmp_path / "huge.csv"))
    assert report["headline"] == "Data mean absolute error can't be told: 2 outputs are not finite."


def test_the_logits_of_mixed_precision_are_float32(mixed):
    model = mixed("tabular_classification", "kind").model()
    assert model.output.dtype == "float32" and model.get_layer("dense_1").compute_dtype == "float16"
