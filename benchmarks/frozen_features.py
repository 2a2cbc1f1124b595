"""Training a head on a frozen base: features computed once, beside the base in every epoch, the same recipe in turn.

    python benchmarks/frozen_features.py                        200 photographs of flowers_subset below KERASAPP_DATA
    python benchmarks/frozen_features.py --photographs 480 --epochs 20 --seeds 3

The photographs are those that are learned from and, a tenth, validated on; those of the folder `test` are tested on.
Two ratios: of what differs, the making of the features and the epochs, first step's tracing in both; and of all the
training, with reading, decoding, building and saving. The cache is empty at the start of each run.
"""

import argparse
import csv
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

RECIPE = """\
title: Frozen features
seed: {seed}
task: {{name: image_classification, image_size: [224, 224]}}
data: {{name: image_folder, path: {photographs}, split: {{validation: 0.1}}}}
model: {{name: pretrained, base: MobileNetV2, base_arguments: {{alpha: 0.35}}, weights: {weights}}}
train: {{epochs: {epochs}, batch_size: 16, optimizer: {{name: Adam, learning_rate: 1e-3}}}}
"""


class Trained(NamedTuple):
    features_and_epochs: float  # seconds
    training: float  # seconds
    accuracy: float  # on test


def chosen(source: Path, count: int, folder: Path) -> Path:
    """Links to the first photographs of each class, `count` in all, to learn from, and to all that are tested on."""
    classes = sorted(each.name for each in (source / "train").iterdir() if each.is_dir())
    for part, most in (("train", count // len(classes)), ("test", None)):
        for each in classes:
            (folder / part / each).mkdir(parents=True)
            for file in sorted((source / part / each).iterdir())[:most]:
                (folder / part / each / file.name).symlink_to(file)
    return folder


def trained(recipe: Path, root: Path, cached: bool) -> Trained:
    from kerasapp.models.pretrained import Pretrained
    from kerasapp.recipe import load
    from kerasapp.training import _fit, train

    known, made, passed = Pretrained.fixed_features, _fit.on_features, []

    def timed(*given, **named):
        started = time.perf_counter()
        found = made(*given, **named)
        passed.append(time.perf_counter() - started)
        return found

    _fit.on_features = timed
    if not cached:
        Pretrained.fixed_features = False
    try:
        run = train(load(recipe), root)
    finally:
        Pretrained.fixed_features, _fit.on_features = known, made
    with open(run.path / "history.csv", newline="") as file:
        epochs = sum(float(row["seconds"]) for row in csv.DictReader(file))
    accuracy = run.report["splits"]["test"]["metrics"]["accuracy"]["value"]
    return Trained(sum(passed) + epochs, run.report["seconds"]["train"], accuracy)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", type=int, default=200)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    data = os.environ.get("KERASAPP_DATA")
    if not data:
        sys.exit("nothing to read: set KERASAPP_DATA")
    weights = next((Path(data) / "weights").glob("mobilenet_v2*"))
    rows = []
    for seed in range(given.seeds):
        with tempfile.TemporaryDirectory() as folder:
            here = Path(folder)
            photographs = chosen(Path(data) / "flowers_subset", given.photographs, here / "photographs")
            recipe = here / "frozen.yaml"
            text = RECIPE.format(seed=seed, photographs=photographs, weights=weights, epochs=given.epochs)
            recipe.write_text(text)
            order = (True, False) if seed % 2 == 0 else (False, True)
            both = {cached: trained(recipe, here / str(cached), cached) for cached in order}
            rows.append((both[True], both[False]))
            once, every = (f"{each[0]:.2f} s, in all {each[1]:.2f} s" for each in rows[-1])
            print(f"seed {seed}: features once {once}; the base in every epoch {every}", flush=True)
    print(f"{given.photographs} photographs, {given.epochs} epochs, {given.seeds} seeds")
    for name, field in (("features and epochs", 0), ("all of the training", 1)):
        ratios = sorted(every[field] / once[field] for once, every in rows)
        print(f"times as fast, {name}: {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")
    for name, side in (("features once", 0), ("the base in every epoch", 1)):
        values = [row[side].accuracy for row in rows]
        print(f"accuracy, {name:24} {statistics.mean(values):.4f} ({min(values):.4f} to {max(values):.4f})")


if __name__ == "__main__":
    main()
