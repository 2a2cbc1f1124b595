"""A task that OpenCV reads for: the model alone goes out, with a reader in Python beside it."""

import json
import runpy

import numpy as np
import pytest
import tensorflow as tf

from kerasapp.cli import run as cli
from kerasapp.export import export
from kerasapp.prediction import predict_raw
from kerasapp.recipe import load
from kerasapp.training import Manner, train

TEXT = """\
title: Words of pictures
task:
  name: image_classification
  preprocessing: [equalize, {name: sift, words: 6, grid: 8}]
data: {name: synthetic, image_shape: [24, 24, 1], num_classes: 2, examples: 60}
model: {name: mlp, units: []}
train: {epochs: 1, loss: multiclass_hinge}
"""


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "words.yaml"
    path.write_text(TEXT)
    return path


def test_the_reader_and_the_model_together_say_what_predict_says(recipe, tmp_path):
    run = train(load(recipe), tmp_path, manner=Manner(pages=False))
    told = export(run, root=tmp_path)
    assert told["verified"]["verified"] and told["verified"]["labels_equal"]
    call = tf.saved_model.load(told["path"]).signatures["serving_default"]
    (spec,) = call.structured_input_signature[1].values()
    assert (spec.name, spec.shape.as_list()) == ("inputs", [None, 6])
    pixels = run.samples("test")["image"]
    files = [tf.io.encode_png(picture).numpy() for picture in pixels[:3]]
    read = runpy.run_path(f"{told['path']}/assets.extra/reader/reader.py")["read"]
    wanted = predict_raw(run, {"image": pixels[:3]})["probabilities"]
    assert call(**read(files))["probabilities"].numpy() == pytest.approx(wanted, abs=1e-6)
    card = (tmp_path / "saved_models/words/1/assets.extra/card.md").read_text()
    assert "assets.extra/reader/reader.py photo.jpg" in card and "b64" not in card
    assert np.isfinite(run.report["splits"]["test"]["metrics"]["loss"]["value"])


def test_check_tells_of_it_in_a_line_and_is_content(recipe, capsys):
    assert cli(["check", str(recipe), "--json"]) == 0
    out, err = capsys.readouterr()
    assert err.startswith(f"{recipe}:4:") and "note: sift has no TensorFlow form" in err and err.count("\n") == 1
    told = json.loads(out)
    assert told["errors"] == [] and told["notes"][0]["path"] == "task.preprocessing.1"
