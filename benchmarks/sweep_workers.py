"""Trials an hour of one process and of several workers on this machine, for a small model.

python benchmarks/sweep_workers.py --workers 2 --trials 12 --rounds 3        about ten minutes on 2 cores
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RECIPE = """\
title: Workers
task: image_classification
data: {name: sklearn, dataset: digits, split: {validation: 0.1, test: 0.2}}
model: {name: mlp, units: [64, 64], dropout: 0.2}
train: {epochs: 40, batch_size: 32}
"""
SWEEP = """\
recipe: workers.yaml
objective: {{metric: val_accuracy, mode: max}}
budget: {{trials: {trials}}}
confirm: null
space:
  train.optimizer.learning_rate: {{float: [1e-4, 1e-2], sampling: log}}
"""


def trials_an_hour(here: Path, trials: int, workers: int, number: int) -> float:
    """Of a whole sweep, the start of its processes too."""
    name = f"sweep_{workers}_{number}"
    (here / f"{name}.yaml").write_text(SWEEP.format(trials=trials))
    words = [sys.executable, "-m", "kerasapp", "tune", f"{name}.yaml", *(["--workers", str(workers)] * (workers > 1))]
    begun = time.monotonic()
    done = subprocess.run(words, cwd=here, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return 3600 * trials / (time.monotonic() - begun)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "workers.yaml").write_text(RECIPE)
        for number in range(given.rounds):
            one = trials_an_hour(here, given.trials, 1, number)
            several = trials_an_hour(here, given.trials, given.workers, number)
            ratios.append(several / one)
            print(f"round {number + 1}: {one:.0f} and {several:.0f} trials an hour: {ratios[-1]:.2f}", flush=True)
    print(f"{given.workers} workers: {statistics.median(ratios):.2f} times ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
