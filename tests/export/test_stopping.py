"""An export that is asked to stop leaves nothing and says so in one line."""

import signal
import subprocess
import sys
import time

import pytest

from kerasapp.recipe import load
from kerasapp.training import Manner, train

TEXT = """\
title: Small
task: image_classification
data: {name: synthetic, image_shape: [8, 8, 1], examples: 60}
model: {name: mlp, units: [4]}
train: {epochs: 1}
"""


@pytest.mark.parametrize(
    "when, number, code",
    [
        ("saved_model.pb", signal.SIGTERM, 143),
        pytest.param(None, signal.SIGINT, 130, marks=pytest.mark.slow),
        pytest.param("saved_model.pb", signal.SIGINT, 130, marks=pytest.mark.slow),
        pytest.param(None, signal.SIGTERM, 143, marks=pytest.mark.slow),
    ],
)
def test_a_signal_leaves_no_hidden_folder(tmp_path, number, code, when):
    """While it verifies, in another process, and as soon as there is a folder."""
    (tmp_path / "small.yaml").write_text(TEXT)
    train(load(tmp_path / "small.yaml"), tmp_path, name="one", manner=Manner(pages=False))
    process = subprocess.Popen(
        [sys.executable, "-m", "kerasapp", "export", "one"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob(f"saved_models/small/.export-*/{when}" if when else "saved_models/small/.export-*")):
        assert process.poll() is None and time.monotonic() < deadline, process.stderr.read()
        time.sleep(0.005)
    process.send_signal(number)
    out, told = process.communicate(timeout=60)
    assert process.returncode == code
    assert out == "" and told.count("\n") == 1 and "Nothing was exported" in told, told
    assert not list(tmp_path.glob("saved_models/*"))
