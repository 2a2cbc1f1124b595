"""A run that is asked to stop."""

import json
import signal
import subprocess
import sys
import time

import pytest

TEXT = """\
title: Long
task: image_classification
data: {name: synthetic, image_shape: [8, 8, 1], examples: 90}
model: {name: mlp, units: [8]}
train: {epochs: 100000}
"""


@pytest.mark.parametrize(
    "number, code", [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)]
)
def test_a_signal_ends_a_run_cleanly_and_says_how_to_go_on(tmp_path, number, code):
    (tmp_path / "long.yaml").write_text(TEXT)
    process = subprocess.Popen(
        [sys.executable, "-m", "kerasapp", "run", "long.yaml"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("runs/*/*/model.keras")):
        assert process.poll() is None and time.monotonic() < deadline, process.stderr.read()
        time.sleep(0.2)
    process.send_signal(number)
    told = process.communicate(timeout=60)[1]
    (run,) = tmp_path.glob("runs/long/*")
    assert process.returncode == code
    assert "Traceback" not in told and f"--resume {run.relative_to(tmp_path)}" in told.splitlines()[-1]
    assert json.loads((run / "state.json").read_text())["state"] == "stopped"
