"""Training a head on a frozen base: features computed once, beside the base in every epoch, the same recipe in turn.

    python benchmarks/frozen_features.py                        200 photographs of flowers_subset below KERASAPP_DATA
    python benchmarks/frozen_features.py --photographs 480 --epochs 20 --seeds 3

Seconds are those of the training, the making of the features in them; the cache is empty at the start of each run.
"""

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

RECIPE = """\
title: Frozen features
seed: {seed}
task: {{name: image_classification, image_size: [224, 224]}}
data: {{name: image_folder, path: {photographs}, split: {{validation: 0.1, test: 0.25}}}}
model: {{name: pretrained, base: MobileNetV2, base_arguments: {{alpha: 0.35}}, weights: {weights}}}
train: {{epochs: {epochs}, batch_size: 16, optimizer: {{name: Adam, learning_rate: 1e-3}}}}
"""


def chosen(source: Path, count: int, folder: Path) -> Path:
    """Links to the first photographs of each class, `count` in all."""
    classes = sorted(each for each in source.iterdir() if each.is_dir())
    for each in classes:
        (folder / each.name).mkdir(parents=True)
        for file in sorted(each.iterdir())[: count // len(classes)]:
            (folder / each.name / file.name).symlink_to(file)
    return folder


def trained(recipe: Path, root: Path, cached: bool) -> tuple[float, float]:
    """Seconds of the training, and the accuracy on test."""
    from kerasapp.models.pretrained import Pretrained
    from kerasapp.recipe import load
    from kerasapp.training import train

    known = Pretrained.fixed_features
    if not cached:
        Pretrained.fixed_features = False
    try:
        report = train(load(recipe), root).report
    finally:
        Pretrained.fixed_features = known
    return report["seconds"]["train"], report["splits"]["test"]["metrics"]["accuracy"]["value"]


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
            photographs = chosen(Path(data) / "flowers_subset" / "train", given.photographs, here / "photographs")
            recipe = here / "frozen.yaml"
            text = RECIPE.format(seed=seed, photographs=photographs, weights=weights, epochs=given.epochs)
            recipe.write_text(text)
            order = (True, False) if seed % 2 == 0 else (False, True)
            both = {cached: trained(recipe, here / str(cached), cached) for cached in order}
            rows.append((both[True], both[False]))
            print(f"seed {seed}: {both[True][0]:.2f} s once, {both[False][0]:.2f} s in every epoch", flush=True)
    ratios = sorted(every / once for (once, _), (every, _) in rows)
    print(f"{given.photographs} photographs, {given.epochs} epochs, {given.seeds} seeds")
    print(f"times as fast: {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")
    for name, side in (("features once", 0), ("the base in every epoch", 1)):
        values = [row[side][1] for row in rows]
        print(f"accuracy, {name:24} {statistics.mean(values):.4f} ({min(values):.4f} to {max(values):.4f})")


if __name__ == "__main__":
    main()
