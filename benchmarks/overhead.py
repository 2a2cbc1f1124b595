"""What `kerasapp run` costs beside a hand-written Keras script of the same model, data, split and batch order.

Everything that is on by default is on: determinism (on both sides), best checkpoint, TensorBoard, evaluation, a report
with plots. Processor seconds and peak memory of whole processes, in turn, pair by pair.

    python benchmarks/overhead.py --pairs 15                       about as long as 30 runs of the recipe
    python benchmarks/overhead.py --pairs 3 --epochs 4 --data $KERASAPP_DATA/mnist/mnist.npz
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PEER = Path(__file__).with_name("overhead_peer.py")
RECIPE = """\
title: Overhead
seed: 0
task: image_classification
data: {data}
model: {{name: cnn, blocks: 2, convolutions: 1, filters: 32, kernel_size: 3, units: [64], dropout: 0.25}}
train:
  epochs: {epochs}
  batch_size: 64
  optimizer: {{name: Adam, learning_rate: 1e-3}}
"""


def measured(command: list[str], cwd: Path) -> tuple[float, float]:
    """Processor seconds and peak MiB of a process."""
    with open(cwd / "output.txt", "w") as output:
        process = subprocess.Popen(command, cwd=cwd, stdout=output, stderr=output)
        _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit((cwd / "output.txt").read_text()[-2000:])
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def prepare(recipe: Path, epochs: int, out: Path) -> None:
    """Writes the splits and the order of every epoch, as kerasapp takes them, for the peer to use."""
    code = f"""
import numpy as np, tensorflow as tf
from kerasapp import data
from kerasapp.recipe import load
recipe = load({str(recipe)!r})
splits = data.load(recipe.data, recipe.seed, {{"validation": 0.1, "test": 0.2}})
kept = {{}}
for name, split in splits.items():
    raw = split.gather(tf.range(len(split), dtype=tf.int64))
    kept["x_" + name], kept["y_" + name] = raw["image"].numpy(), raw["label"].numpy()
count = len(splits["train"])
places = tf.range(count, dtype=tf.int64)
last = tf.constant(count - 1, tf.int64)
shuffle = tf.random.experimental.index_shuffle
kept["order"] = np.stack([shuffle(places, tf.constant([0, epoch], tf.int32), last) for epoch in range({epochs})])
np.savez({str(out)!r}, **kept)
"""
    subprocess.run([sys.executable, "-c", code], check=True, stderr=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--data", help="an npz as keras.datasets has them; without it scikit-learn's digits")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        source = (
            f"{{name: arrays, path: {Path(given.data).resolve()}}}"
            if given.data
            else "{name: sklearn, dataset: digits}"
        )
        recipe, arrays = here / "overhead.yaml", here / "arrays.npz"
        recipe.write_text(RECIPE.format(data=source, epochs=given.epochs))
        prepare(recipe, given.epochs, arrays)
        ours = [sys.executable, "-m", "kerasapp", "run", str(recipe)]
        peer = [sys.executable, str(PEER), str(arrays), str(given.epochs)]
        pairs = []
        for number in range(given.pairs):
            pairs.append((measured(ours, here), measured(peer, here)))
            (cost, peak), (peers_cost, peers_peak) = pairs[-1]
            print(
                f"pair {number + 1}: {cost / peers_cost:.3f} of the seconds, {peak / peers_peak:.3f} of the memory",
                flush=True,
            )
    print(f"{given.pairs} pairs, {given.epochs} epochs, {'npz' if given.data else 'digits'}")
    for number, name in enumerate(("processor seconds", "peak MiB")):
        a, b = [pair[0][number] for pair in pairs], [pair[1][number] for pair in pairs]
        ratios = sorted(x / y for x, y in zip(a, b, strict=True))
        print(
            f"{name:18} kerasapp {statistics.median(a):8.1f}   script {statistics.median(b):8.1f}   "
            f"ratio {statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})"
        )


if __name__ == "__main__":
    main()
