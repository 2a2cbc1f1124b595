"""How long the light verbs take, against `python -c pass` in turn, and `check` of all stock recipes against one.

python benchmarks/startup.py            about a minute
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

VERBS = {"--help": ["--help"], "list": ["list"], "check": ["check", "vision/digits_cnn"]}


def seconds(command: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begun


def ratio(command: list[str], peer: list[str], rounds: int) -> list[float]:
    """Command over peer, pair by pair, in turn, after one of each that isn't counted."""
    seconds(command), seconds(peer)
    return sorted(seconds(command) / seconds(peer) for _ in range(rounds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    rounds = parser.parse_args().rounds
    kerasapp, nothing = [sys.executable, "-m", "kerasapp"], [sys.executable, "-c", "pass"]
    listed = json.loads(subprocess.run([*kerasapp, "list", "--json"], capture_output=True, check=True).stdout)
    names = [row["name"] for row in listed]
    rows = {name: ratio([*kerasapp, *words], nothing, rounds) for name, words in VERBS.items()}
    one = [*kerasapp, "check", "vision/digits_cnn"]
    rows[f"check of {len(names)} recipes / of one"] = ratio([*kerasapp, "check", *names], one, rounds)
    print(f"{'':32} {'median':>8} {'low':>8} {'high':>8}")
    for name, values in rows.items():
        print(f"{name:32} {statistics.median(values):8.2f} {values[0]:8.2f} {values[-1]:8.2f}")


if __name__ == "__main__":
    main()
