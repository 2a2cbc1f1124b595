"""Sweeps of all four tuners, killed (SIGKILL) at random moments and gone on with, against the same sweeps left alone.

python benchmarks/sweep_kills.py                40 kills, ten of each tuner: about half an hour on 2 cores
python benchmarks/sweep_kills.py --kills 2      eight
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RECIPE = """\
title: Kills
seed: 3
task: image_classification
data: {name: sklearn, dataset: digits, split: {validation: 0.1, test: 0.2}}
model: {name: cnn, blocks: 2, convolutions: 1, filters: 16, units: [32], dropout: 0.2}
train: {epochs: 4, batch_size: 32, save_every: {steps: 15}}
"""
SWEEP = """\
recipe: kills.yaml
tuner: {tuner}
objective: {{metric: val_accuracy, mode: max}}
budget: {{{budget}}}
confirm: {{seeds: 2}}
space:
  train.optimizer.learning_rate: {{float: [1e-4, 1e-1], sampling: log}}
  train.batch_size: {{choice: [32, 64]}}
"""
TUNERS = {
    "random": ("random", "trials: 5"),
    "grid": ("grid", "trials: 5"),
    "bayesian": ("{name: bayesian, num_initial_points: 2}", "trials: 5"),
    "hyperband": ("hyperband", "epochs: 4"),
}
A_SWEEP = 2  # kills


def started(here: Path, *more: str) -> subprocess.Popen:
    words = [sys.executable, "-m", "kerasapp", "tune", "sweep.yaml", *more]
    return subprocess.Popen(words, cwd=here, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def table(here: Path) -> list:
    """What must be equal."""
    told = json.loads((here / "runs" / "sweep" / "sweep.json").read_text())
    keys = ("trial", "values", "state", "score", "epochs", "curve", "metrics")
    rows = [[row[key] for key in keys] for row in told["trials"]]
    return [rows, told["best"]["score"], told["best"]["confirmed"], told["default"]["confirmed"]["mean"]]


def finish(process: subprocess.Popen) -> None:
    told = process.communicate()[1]
    if process.returncode:
        sys.exit(told[-2000:])


def write(here: Path, tuner: str) -> None:
    name, budget = TUNERS[tuner]
    here.mkdir(parents=True)
    (here / "kills.yaml").write_text(RECIPE)
    (here / "sweep.yaml").write_text(SWEEP.format(tuner=name, budget=budget))


def killed(here: Path, kills: int, whole: float, drawn: random.Random) -> None:
    """A sweep killed so often, at moments drawn over what is left of its time, and then ended."""
    for _ in range(kills):
        process = started(here, "--resume")
        time.sleep(drawn.uniform(2.0, whole / kills))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    finish(started(here, "--resume"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10, help="of each tuner")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    drawn, equal, done = random.Random(given.seed), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for tuner in TUNERS:
            here = Path(folder, tuner)
            write(here / "whole", tuner)
            begun = time.monotonic()
            finish(started(here / "whole"))
            whole = time.monotonic() - begun
            for number in range(-(-given.kills // A_SWEEP)):
                kills = min(A_SWEEP, given.kills - number * A_SWEEP)
                place = here / f"killed-{number}"
                write(place, tuner)
                killed(place, kills, whole, drawn)
                same = table(place) == table(here / "whole")
                equal, done = equal + same * kills, done + kills
                print(f"{tuner}, {kills} kills: {'equal' if same else 'DIFFERENT'}", flush=True)
    print(f"{done} kills, after {equal} of them the final table is that of the sweep left alone")


if __name__ == "__main__":
    main()
