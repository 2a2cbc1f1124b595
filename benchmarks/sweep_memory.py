"""The memory of a sweep whose trials run in turn: resident MiB of the process as each trial ends, and its slope.

python benchmarks/sweep_memory.py --trials 100 --picture docs/images/sweep_memory.png        about four minutes
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

RECIPE = """\
title: Memory
task: image_classification
data: {name: sklearn, dataset: digits, split: {validation: 0.1, test: 0.2}}
model: {name: cnn, blocks: 2, convolutions: 1, filters: 16, units: [32]}
train: {epochs: 2, batch_size: 64}
"""
SWEEP = """\
recipe: memory.yaml
objective: {{metric: val_accuracy, mode: max}}
budget: {{trials: {trials}}}
confirm: null
space:
  train.optimizer.learning_rate: {{float: [1e-4, 1e-2], sampling: log}}
  model.filters: {{int: [8, 32]}}
"""
SETTLED = 10  # trials after which memory should be flat


def resident(pid: int) -> float:
    """MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def drawn(curve: list[float], place: Path) -> None:
    from kerasapp import figures, plots

    figure, (axes,) = plots.panels_of(1, 1, width=6.0, height=2.6)
    axes.plot(range(1, len(curve) + 1), curve, color=figures.BLUE)
    axes.set(xlabel="trials done", ylabel="resident MiB", ylim=(0, 1.2 * max(curve)))
    place.write_bytes(figures.png(figure))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--picture", type=Path)
    given = parser.parse_args()
    curve: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "memory.yaml").write_text(RECIPE)
        (here / "sweep.yaml").write_text(SWEEP.format(trials=given.trials))
        words = [sys.executable, "-m", "kerasapp", "tune", "sweep.yaml"]
        with open(here / "output.txt", "w") as output:
            process = subprocess.Popen(words, cwd=here, stdout=output, stderr=output)
        while process.poll() is None:
            time.sleep(0.1)
            try:
                table = json.loads((here / "runs" / "sweep" / "sweep.json").read_text())
                done = sum(row["state"] != "running" for row in table["trials"])
                curve += [resident(process.pid)] * (done - len(curve))
            except (OSError, ValueError, StopIteration):
                continue
        if process.returncode:
            sys.exit((here / "output.txt").read_text()[-2000:])
    if given.picture:
        drawn(curve, given.picture)
    late = curve[SETTLED:]
    slope = np.polyfit(range(len(late)), late, 1)[0] if len(late) > 1 else float("nan")
    for number in (1, SETTLED, len(curve) // 2, len(curve)):
        print(f"after trial {number:4}: {curve[number - 1]:7.0f} MiB")
    print(f"slope after trial {SETTLED}: {slope:.2f} MiB a trial")


if __name__ == "__main__":
    main()
