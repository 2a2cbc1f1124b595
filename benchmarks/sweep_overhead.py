"""What a trial of `kerasapp tune` costs beside one of a hand-written KerasTuner script of the same model, space and
seeds; and whether both try the same values and reach the same scores.

Processor seconds of whole processes, of a few trials and of more: the difference is what the trials cost, without the
start of the process. Each side in turn, pair by pair.

    python benchmarks/sweep_overhead.py --pairs 5                 about as long as 140 trials of 30 epochs
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PEER = Path(__file__).with_name("sweep_overhead_peer.py")
RECIPE = """\
title: Overhead
seed: 0
task: image_classification
data: {{name: sklearn, dataset: digits, split: {{validation: 0.1, test: 0.2}}}}
model: {{name: cnn, blocks: 2, convolutions: 1, filters: 32, units: [64], dropout: 0.25}}
train: {{epochs: {epochs}, batch_size: 64, optimizer: Adam}}
"""
SWEEP = """\
recipe: overhead.yaml
objective: {{metric: val_accuracy, mode: max}}
budget: {{trials: {trials}}}
confirm: null
space:
  train.optimizer.learning_rate: {{float: [1e-4, 1e-2], sampling: log}}
  model.dropout: {{choice: [0.0, 0.25, 0.5]}}
"""


def seconds(command: list[str], cwd: Path) -> float:
    """Processor seconds of a process."""
    with open(cwd / "output.txt", "w") as output:
        process = subprocess.Popen(command, cwd=cwd, stdout=output, stderr=output)
        _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit((cwd / "output.txt").read_text()[-2000:])
    return used.ru_utime + used.ru_stime


def prepare(recipe: Path, epochs: int, out: Path) -> None:
    """Writes the splits and the order of every epoch, as kerasapp takes them, for the peer to use."""
    code = f"""
import numpy as np, tensorflow as tf
from kerasapp import data
from kerasapp.recipe import load
recipe = load({str(recipe)!r})
splits = data.load(recipe.data, recipe.seed, {{}})
kept = {{}}
for name, split in splits.items():
    raw = split.gather(tf.range(len(split), dtype=tf.int64))
    kept["x_" + name], kept["y_" + name] = raw["image"].numpy(), raw["label"].numpy()
count = len(splits["train"])
places, last = tf.range(count, dtype=tf.int64), tf.constant(count - 1, tf.int64)
shuffle = tf.random.experimental.index_shuffle
kept["order"] = np.stack([shuffle(places, tf.constant([0, epoch], tf.int32), last) for epoch in range({epochs})])
np.savez({str(out)!r}, **kept)
"""
    subprocess.run([sys.executable, "-c", code], check=True, stderr=subprocess.DEVNULL)


def ours(here: Path, trials: int) -> tuple[float, list]:
    """Processor seconds of a sweep, and its trials: values and score."""
    name = f"sweep_{trials}_{len(list(here.glob('sweep_*')))}"
    (here / f"{name}.yaml").write_text(SWEEP.format(trials=trials))
    cost = seconds([sys.executable, "-m", "kerasapp", "tune", f"{name}.yaml"], here)
    table = json.loads((here / "runs" / name / "sweep.json").read_text())
    return cost, [[list(row["values"].values()), row["score"]] for row in table["trials"]]


def peers(here: Path, trials: int, epochs: int) -> tuple[float, list]:
    """The same of the script."""
    cost = seconds([sys.executable, str(PEER), "arrays.npz", str(epochs), str(trials), "peer.json"], here)
    return cost, json.loads((here / "peer.json").read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--trials", type=int, nargs=2, default=(2, 12), metavar=("FEW", "MORE"))
    given = parser.parse_args()
    few, more = given.trials
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "overhead.yaml").write_text(RECIPE.format(epochs=given.epochs))
        prepare(here / "overhead.yaml", given.epochs, here / "arrays.npz")
        for pair in range(given.pairs):
            own = ours(here, more)[0] - ours(here, few)[0]
            (cost, theirs), (begun, _) = peers(here, more, given.epochs), peers(here, few, given.epochs)
            ratios.append(own / (cost - begun))
            per = own / (more - few), (cost - begun) / (more - few)
            print(f"pair {pair + 1}: {per[0]:.2f} s a trial, the script {per[1]:.2f} s: {ratios[-1]:.3f}", flush=True)
        trials = ours(here, more)[1]
    same = sum(a[0] == b[0] for a, b in zip(trials, theirs, strict=True))
    scores = sum(a[1] == b[1] for a, b in zip(trials, theirs, strict=True))
    print(f"{same} of {more} trials have the same values, {scores} the same score")
    print(f"ratio a trial {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")


if __name__ == "__main__":
    main()
