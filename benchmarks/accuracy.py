"""Test metrics of recipes over several seeds, beside the classical baseline.

python benchmarks/accuracy.py vision/digits_cnn tabular/wine_mlp --seeds 3
python benchmarks/accuracy.py vision/mnist_cnn --set "data={name: arrays, path: $KERASAPP_DATA/mnist/mnist.npz}"
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile


def run(recipe: str, seed: int, settings: list[str], root: str) -> dict:
    """The report of one run, trained by the command line as anybody would."""
    changes = [word for text in settings for word in ("--set", text)]
    command = [sys.executable, "-m", "kerasapp", "run", recipe, "--seed", str(seed), "--root", root, "--json", *changes]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)["report"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--set", action="append", default=[], dest="settings", metavar="PATH=VALUE")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        for recipe in given.recipes:
            reports = [run(recipe, seed, given.settings, root) for seed in range(given.seeds)]
            _print(recipe, reports)


def _print(recipe: str, reports: list[dict]) -> None:
    split = next(iter(reports[0]["splits"]))
    print(f"\n{recipe}: {split}, {reports[0]['splits'][split]['examples']} examples, seeds 0 to {len(reports) - 1}")
    for name in reports[0]["splits"][split]["metrics"]:
        _line(f"  {name}", [report["splits"][split]["metrics"][name]["value"] for report in reports])
    for place, baseline in enumerate(reports[0]["baselines"]):
        for name in baseline["metrics"]:
            values = [report["baselines"][place]["metrics"][name]["value"] for report in reports]
            _line(f"  {baseline['name']}: {name}", values)
    _line("  seconds", [report["seconds"]["train"] + report["seconds"]["evaluate"] for report in reports])


def _line(name: str, values: list[float]) -> None:
    print(f"{name:44} mean {statistics.mean(values):.4f}   {min(values):.4f} to {max(values):.4f}")


if __name__ == "__main__":
    main()
