"""`kerasapp reproduce` from outside."""

import json
import subprocess
import sys

import numpy as np

TEXT = """\
title: Small
task: tabular_classification
data: {name: csv, path: rows.csv, label: kind}
model: {name: mlp, units: [8]}
train: {epochs: 2}
"""


def kerasapp(*words, cwd):
    return subprocess.run([sys.executable, "-m", "kerasapp", *words], cwd=cwd, capture_output=True, text=True)


def test_equal_is_0_changed_data_is_1_and_lost_data_is_2(tmp_path):
    random = np.random.default_rng(0)
    rows = [f"{random.normal():.3f},{random.normal():.3f},{'ab'[n % 2]}" for n in range(80)]
    (tmp_path / "small.yaml").write_text(TEXT)
    (tmp_path / "rows.csv").write_text("x,y,kind\n" + "\n".join(rows) + "\n")
    assert kerasapp("run", "small.yaml", "--name", "one", cwd=tmp_path).returncode == 0
    done = kerasapp("reproduce", "one", "--json", "--name", "two", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert (done.returncode, told["equal"], told["differences"]) == (0, True, []), done.stderr
    assert told["run"] == "runs/small/two" and told["state"] == "finished" and told["report"]["splits"]
    (tmp_path / "rows.csv").write_text("x,y,kind\n" + "\n".join([*rows[1:], "9.000,9.000,a"]) + "\n")
    done = kerasapp("reproduce", "one", "--json", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert (done.returncode, told["equal"], told["run"]) == (1, False, None)
    assert told["differences"] and all(row["path"].startswith("data.") for row in told["differences"])
    assert done.stderr.splitlines()[-1].startswith("runs/small/one: its data is not what it was")
    assert "epoch" not in done.stderr
    (tmp_path / "rows.csv").unlink()
    done = kerasapp("reproduce", "one", cwd=tmp_path)
    assert done.returncode == 2 and "rows.csv" in done.stderr and done.stderr.count("\n") == 1
