"""`reproduce` on a command line."""

import json

import numpy as np

TEXT = """\
title: Small
task: tabular_classification
data: {name: csv, path: rows.csv, label: kind}
model: {name: mlp, units: [8]}
train: {epochs: 2}
"""


def test_equal_is_0_changed_data_is_1_and_lost_data_is_2(called, tmp_path):
    random = np.random.default_rng(0)
    rows = [f"{random.normal():.3f},{random.normal():.3f},{'ab'[n % 2]}" for n in range(80)]
    (tmp_path / "small.yaml").write_text(TEXT)
    (tmp_path / "rows.csv").write_text("x,y,kind\n" + "\n".join(rows) + "\n")
    assert called("run", "small.yaml", "--name", "one")[0] == 0
    code, out, err = called("reproduce", "one", "--json", "--name", "two")
    told = json.loads(out)
    assert (code, told["equal"], told["differences"]) == (0, True, []), err
    assert told["run"] == "runs/small/two" and told["state"] == "finished" and told["report"]["splits"]
    (tmp_path / "rows.csv").write_text("x,y,kind\n" + "\n".join([*rows[1:], "9.000,9.000,a"]) + "\n")
    code, out, err = called("reproduce", "one", "--json")
    told = json.loads(out)
    assert (code, told["equal"], told["run"]) == (1, False, None)
    assert told["differences"] and all(row["path"].startswith("data.") for row in told["differences"])
    assert err.splitlines()[-1].startswith("runs/small/one: its data is not what it was")
    assert "epoch" not in err
    (tmp_path / "rows.csv").unlink()
    code, _, err = called("reproduce", "one")
    assert code == 2 and "rows.csv" in err and err.count("\n") == 1
