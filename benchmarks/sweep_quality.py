"""What a stock sweep finds, over several seeds of its search: its best trial, trained again over new seeds, beside the
recipe's own values over as many, by the objective and by the metrics of the test split. With --stock the recipe as it
is, too, without what the sweep sets, with its own values and with the best ones of each search.

python benchmarks/sweep_quality.py digits_quick --seeds 5 --stock
python benchmarks/sweep_quality.py course_nineteen --seeds 1 --set "data={name: arrays, path: cifar10_subset.npz}"
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from kerasapp.stock import stock_files

Metrics = dict[str, list[float]]


def called(here: Path, *words: str, settings: list[str]) -> dict[str, Any]:
    """The document of a verb, as anybody calls it."""
    command = [sys.executable, "-m", "kerasapp", *words, "--json", *(f"--set={text}" for text in settings)]
    return json.loads(subprocess.run(command, cwd=here, stdout=subprocess.PIPE, check=True).stdout)


def tested(here: Path, rows: list[dict[str, Any]]) -> Metrics:
    """The test metrics of trainings."""
    found: Metrics = {}
    for row in rows:
        report = json.loads((here / row["run"] / "report.json").read_text())
        for name, told in report["splits"]["test"]["metrics"].items():
            found.setdefault(name, []).append(told["value"])
    return found


def text_of(sweep: str) -> str:
    return stock_files("tuning")[sweep].read_text(encoding="utf-8")


def swept(here: Path, sweep: str, seed: int, settings: list[str]) -> tuple[dict[str, Any], float]:
    """The table of a sweep whose search has this seed, and its seconds."""
    text = text_of(sweep)
    name, tuner = re.search(r"^(tuner: (?:\{name: )?(\w+).*)$", text, re.MULTILINE).groups()
    file = here / f"{sweep}_{seed}.yaml"
    file.write_text(text.replace(name, f"tuner: {{name: {tuner}, seed: {seed}}}"), encoding="utf-8")
    begun = time.monotonic()
    called(here, "tune", file.name, settings=settings)
    table = json.loads((here / "runs" / file.stem / "sweep.json").read_text(encoding="utf-8"))
    return table, time.monotonic() - begun


def tell(here: Path, table: dict[str, Any]) -> None:
    """Prints what a sweep came to."""
    best, states = table["best"], [row["state"] for row in table["trials"]]
    counts = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
    print(f"  {counts}; best trial {best['trial']} {best['score']:.4f} {best['values']}")
    for row in [*table["confirmed"], table["default"]["confirmed"]]:
        objective = {table["objective"]["metric"]: [run["score"] for run in row["runs"]]}
        line(f"{row['trial']} over new seeds", objective | tested(here, row["runs"]))


def seeds(table: dict[str, Any]) -> list[int]:
    """The new seeds."""
    return [run["seed"] for run in table["default"]["confirmed"]["runs"]]


def as_it_is(here: Path, sweep: str, values: dict[str, Any], seeds: list[int], settings: list[str]) -> Metrics:
    """The test metrics of the sweep's recipe with these values, but for the seed, without what the sweep sets."""
    recipe = re.search(r"^recipe: (\S+)", text_of(sweep), re.MULTILINE)[1]
    changes = settings + [f"{path}={json.dumps(value)}" for path, value in values.items() if path != "seed"]
    return tested(here, [called(here, "run", recipe, "--seed", str(seed), settings=changes) for seed in seeds])


def line(name: str, metrics: Metrics) -> None:
    told = (f"{metric} {statistics.mean(v):.4f} ({min(v):.4f} to {max(v):.4f})" for metric, v in metrics.items())
    print(f"  {name:34} {'   '.join(told)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sweep")
    parser.add_argument("--seeds", type=int, default=5, help="of the search")
    parser.add_argument("--stock", action="store_true", help="the recipe as it is, too; it must have the space's paths")
    parser.add_argument("--set", action="append", default=[], dest="settings", metavar="PATH=VALUE")
    parser.add_argument("--root", type=Path, help="where the sweeps are left")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        here = given.root or Path(folder)
        for seed in range(1, given.seeds + 1):
            table, seconds = swept(here, given.sweep, seed, given.settings)
            print(f"search {seed}: {seconds:.0f} s")
            tell(here, table)
            if given.stock:
                line(
                    "its values in the recipe as it is",
                    as_it_is(here, given.sweep, table["best"]["values"], seeds(table), given.settings),
                )
        if given.stock:
            line("the recipe as it is", as_it_is(here, given.sweep, {}, seeds(table), given.settings))


if __name__ == "__main__":
    main()
