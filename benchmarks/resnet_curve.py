"""Accuracy against minutes: small residual networks from scratch on the CIFAR-10 subset below KERASAPP_DATA.

python benchmarks/resnet_curve.py --seeds 3 --epochs 30 --picture docs/images/resnet_curve.png
"""

import argparse
import csv
import os
import statistics
import sys
import tempfile
from pathlib import Path


def curve(depth: int, seed: int, epochs: int, data: Path, root: Path) -> tuple[list[float], list[float], float]:
    """Minutes since the beginning and validation accuracy, after each epoch; accuracy on test."""
    from kerasapp.recipe import load
    from kerasapp.stock import stock_files
    from kerasapp.training import train

    changes = {
        "data": {"name": "arrays", "path": str(data), "split": {"validation": 0.1}},
        "model.depth": depth,
        "train.epochs": epochs,
        "train.batch_size": 64,
        "seed": seed,
    }
    recipe = load(stock_files("recipes")["vision/cifar10_resnet"]).replaced(changes)
    run = train(recipe, root)
    with open(run.path / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    passed, minutes = 0.0, []
    for row in rows:
        passed += float(row["seconds"])
        minutes.append(passed / 60)
    test = run.report["splits"]["test"]["metrics"]["accuracy"]["value"]
    return minutes, [float(row["val_accuracy"]) for row in rows], test


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--depths", type=int, nargs="+", default=[8, 14, 20])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--picture", type=Path)
    given = parser.parse_args()
    folder = os.environ.get("KERASAPP_DATA")
    if not folder:
        sys.exit("nothing to read: set KERASAPP_DATA")
    data, found = Path(folder) / "cifar10_subset" / "cifar10_subset.npz", {}
    with tempfile.TemporaryDirectory() as root:
        for depth in given.depths:
            found[depth] = [curve(depth, seed, given.epochs, data, Path(root)) for seed in range(given.seeds)]
            tests, last = [each[2] for each in found[depth]], [each[0][-1] for each in found[depth]]
            print(
                f"ResNet-{depth}: test accuracy {statistics.mean(tests):.4f} ({min(tests):.4f} to {max(tests):.4f}), "
                f"{statistics.mean(last):.1f} minutes",
                flush=True,
            )
    if given.picture:
        draw(found, given.picture)


def draw(found: dict[int, list], picture: Path) -> None:
    from matplotlib.figure import Figure

    from kerasapp.figures import BLUE, GREEN, ORANGE, PURPLE, png

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    styles = ((BLUE, "-"), (ORANGE, "--"), (GREEN, ":"), (PURPLE, "-."))
    for (color, style), (depth, seeds) in zip(styles, found.items(), strict=False):
        minutes = [statistics.mean(values) for values in zip(*(each[0] for each in seeds), strict=True)]
        accuracies = list(zip(*(each[1] for each in seeds), strict=True))
        axes.plot(minutes, [statistics.mean(each) for each in accuracies], style, color=color, label=f"ResNet-{depth}")
        low, high = ([choose(each) for each in accuracies] for choose in (min, max))
        axes.fill_between(minutes, low, high, color=color, alpha=0.15)
    axes.set(xlabel="minutes of training", ylabel="validation accuracy")
    axes.legend(loc="lower right")
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_bytes(png(figure))


if __name__ == "__main__":
    main()
