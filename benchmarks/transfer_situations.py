"""The four situations of transfer learning, each by four ways of starting, on 100 pictures of a network's new task.

    python benchmarks/transfer_situations.py              MNIST and the CIFAR-10 subset below KERASAPP_DATA; 3 seeds

A small network learns the digits 0 to 4 of MNIST from 20 000 pictures. What it knows is taken to: the same digits
written by others of the same kind (other pictures of MNIST); the other five digits of MNIST; the digits 0 to 4 of
scikit-learn, 8 x 8 pixels of another source, enlarged; five kinds of things photographed in grey. Each has 20 pictures
of a class to learn from and is tested on others. `from scratch` takes nothing over; `frozen` trains the head alone, at
ten times the rate; `last block` the last two convolutions and the dense layers too; `all` all of it, at a third of the
rate.
"""

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np

CLASSES, EACH, TESTED, SIDE, EPOCHS = 5, 20, 1000, 32, 100
RECIPE = """\
title: Transfer
seed: {seed}
task: image_classification
data: {{name: arrays, path: {path}, split: {{validation: 0.2}}}}
model: {{name: cnn, blocks: 3, filters: 16, convolutions: 2, units: [64], dropout: 0.2}}
train:
  epochs: {epochs}
  batch_size: {batch}
  optimizer: {{name: Adam, learning_rate: {rate}}}
  monitor: {{metric: val_loss}}
"""
FROM_SCRATCH = "from scratch"
WAYS = {  # what learns, and the rate
    FROM_SCRATCH: (None, 1e-3),
    "frozen": ("[head]", 1e-2),
    "last block": ('["block_3*", "dense*", head]', 1e-3),
    "all": ("all", 3e-4),
}


def framed(images: np.ndarray, zoom: int = 1) -> np.ndarray:
    """(n, h, w) or (n, h, w, 3) -> (n, SIDE, SIDE, 1) uint8: grey, enlarged, in a black frame."""
    grey = images if images.ndim == 3 else images @ np.array([0.299, 0.587, 0.114])
    large = grey.repeat(zoom, 1).repeat(zoom, 2)
    before = (SIDE - large.shape[1]) // 2
    frame = (before, SIDE - large.shape[1] - before)
    return np.pad(large, ((0, 0), frame, frame))[..., None].astype(np.uint8)


def situations(data: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Pictures and labels of the source, as `source`, and of each situation's target."""
    from sklearn.datasets import load_digits

    with np.load(data / "mnist" / "mnist.npz") as mnist:
        images, labels = framed(mnist["x_train"]), mnist["y_train"]
        others, of_others = framed(mnist["x_test"]), mnist["y_test"]
    with np.load(data / "cifar10_subset" / "cifar10_subset.npz") as cifar:
        things, kinds = framed(cifar["x_train"]), cifar["y_train"].reshape(-1)
    digits = load_digits()
    scans = framed(digits.images * 255 / 16, zoom=3)
    low, of_scans = of_others < CLASSES, digits.target < CLASSES
    return {
        "source": tuple(part[labels < CLASSES][:20000] for part in (images, labels)),
        "same domain, same task": (others[low], of_others[low]),
        "same domain, other task": (others[~low], of_others[~low] - CLASSES),
        "other domain, same task": (scans[of_scans], digits.target[of_scans]),
        "other domain, other task": (things[kinds < CLASSES], kinds[kinds < CLASSES]),
    }


def written(folder: Path, name: str, images: np.ndarray, labels: np.ndarray, each: int | None, seed: int) -> Path:
    """A file of so many training pictures of each class, all where None, and TESTED others."""
    order = np.random.default_rng(seed).permutation(len(labels))
    rows = [order[labels[order] == label] for label in range(CLASSES)]
    tested = [of_class[-min(TESTED // CLASSES, len(of_class) // 4) :] for of_class in rows]
    learned = [of_class[: each or -len(test)] for of_class, test in zip(rows, tested, strict=True)]
    train, test = np.concatenate(learned), np.concatenate(tested)
    path = folder / f"{name}.npz"
    np.savez(path, x_train=images[train], y_train=labels[train], x_test=images[test], y_test=labels[test])
    return path


def trained(path: Path, root: Path, seed: int, way: str, source: Path | None) -> tuple[Path, float]:
    """The run, and its accuracy on test."""
    from kerasapp.recipe import load
    from kerasapp.training import train

    trainable, rate = WAYS[way]
    epochs, batch = (4, 64) if source is None else (EPOCHS, 16)
    text = RECIPE.format(seed=seed, path=path, epochs=epochs, batch=batch, rate=rate)
    if source is not None and trainable:
        text += f"  init_from: {source}\n  stages:\n    - {{epochs: {EPOCHS}, trainable: {trainable}}}\n"
    recipe = root / "transfer.yaml"
    recipe.write_text(text)
    run = train(load(recipe), root)
    return run.path, run.report["splits"]["test"]["metrics"]["accuracy"]["value"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    data = os.environ.get("KERASAPP_DATA")
    if not data:
        sys.exit("nothing to read: set KERASAPP_DATA")
    found: dict[tuple[str, str], list[float]] = {}
    there = situations(Path(data))
    for seed in range(given.seeds):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            source, known = trained(
                written(root, "source", *there["source"], None, seed), root, seed, FROM_SCRATCH, None
            )
            print(f"seed {seed}: the source's own test accuracy {known:.4f}", flush=True)
            for number, (name, target) in enumerate(list(there.items())[1:]):
                path = written(root, f"target_{number}", *target, EACH, seed)
                for way in WAYS:
                    found.setdefault((name, way), []).append(trained(path, root, seed, way, source)[1])
    for (name, way), values in found.items():
        print(f"{name:26}{way:14}{statistics.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})")


if __name__ == "__main__":
    main()
