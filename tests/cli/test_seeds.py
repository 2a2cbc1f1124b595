"""`run --seeds N` on a command line."""

import json
import signal
import statistics
import subprocess
import sys
import time

TEXT = """\
title: Small
seed: 3
task: image_classification
data: {name: synthetic, image_shape: [8, 8, 1], num_classes: 3, examples: 120}
model: {name: mlp, units: [8]}
train: {epochs: 2}
"""
RUN = ["run", "small.yaml", "--seeds"]


def test_the_document_has_every_run_and_mean_and_spread(called, tmp_path):
    (tmp_path / "small.yaml").write_text(TEXT)
    code, out, err = called(*RUN, 2, "--json")
    assert code == 0, err
    told = json.loads(out)
    assert [(row["seed"], row["state"]) for row in told["runs"]] == [(3, "finished"), (4, "finished")]
    values = [row["report"]["splits"]["test"]["metrics"]["loss"]["value"] for row in told["runs"]]
    assert told["metrics"]["loss"] == {
        "mean": statistics.mean(values), "spread": statistics.stdev(values), "seeds": 2
    }  # fmt: skip
    assert len(list(tmp_path.glob("runs/small/*/model.keras"))) == 2


def test_seeds_that_fail_are_told_and_the_exit_code_is_1(called, tmp_path):
    (tmp_path / "small.yaml").write_text(TEXT.replace("epochs: 2", "optimizer: {name: SGD, learning_rate: 1e30}"))
    code, out, err = called(*RUN, 2)
    assert code == 1
    assert [line.split()[:3] for line in out.splitlines()] == [["seed", "3", "failed"], ["seed", "4", "failed"]]
    assert "seed 3: loss became NaN" in err and "Traceback" not in err


def test_an_interrupt_keeps_and_tells_those_that_are_done(tmp_path):
    (tmp_path / "small.yaml").write_text(TEXT)
    process = subprocess.Popen(
        [sys.executable, "-m", "kerasapp", *RUN, "1000", "--json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while len(list(tmp_path.glob("runs/small/*/report.html"))) < 2:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    told = json.loads(out)
    assert process.returncode == 143 and "Traceback" not in err
    assert len(told["runs"]) >= 2 and told["metrics"]["accuracy"]["seeds"] == len(told["runs"])


def test_a_first_seed_that_can_not_begin_leaves_a_document_too(called, tmp_path):
    (tmp_path / "small.yaml").write_text(TEXT.replace("{name: synthetic, ", "{name: csv, path: gone.csv} #"))
    code, out, err = called(*RUN, 2, "--json")
    assert code == 2 and "gone.csv" in err
    assert json.loads(out) == {"runs": [], "metrics": {}}
