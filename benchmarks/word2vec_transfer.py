"""What word vectors of one's own are worth to a classifier of short texts: TREC's questions and customers' reviews.

    python benchmarks/word2vec_transfer.py               3 seeds: about 10 minutes on 2 cores
    python benchmarks/word2vec_transfer.py --seeds 1 --epochs 1

For each seed, vectors are learned from the novels, and then bag_of_vectors is trained three times on the same split:
with these vectors fixed, with them as a start, and with random ones. A line is the mean test accuracy, lowest and
highest of the seeds; `words` and `running` are the shares of the vocabulary and of train's words that have a vector.
Below are the baselines of the report: the most common class, and logistic regression of TF-IDF weights and of the mean
of these vectors in each text, plain and by SIF.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

WORDS = """\
title: Word vectors of novels
seed: {seed}
task: {{name: word2vec, min_count: 5, window: 5}}
data: {{name: text_files, path: novels.txt}}
model: {{name: word2vec, dimensions: {dimensions}}}
train: {{epochs: {epochs}}}
"""
TEXTS = """\
title: Texts
seed: {seed}
task: text_classification
data: {{name: csv, path: {folder}/train.csv, test: {folder}/test.csv, text: text, label: label}}
model: {{name: bag_of_vectors, dimensions: {dimensions}, embedding: {embedding}}}
train:
  epochs: 60
  batch_size: 32
  optimizer: {{name: Adam, learning_rate: 3e-3}}
  monitor: {{metric: val_accuracy}}
  early_stopping: {{patience: 8}}
"""
OWN = "own vectors, fixed"
FORMS = {
    OWN: "{{from: {words}, trainable: false}}",
    "own vectors, trained on": "{{from: {words}, trainable: true}}",
    "random vectors, trained": "null",
}
NAMES = {"trec": "TREC, 6 kinds of questions", "custrev": "CR, reviews for and against"}


def run(recipe: str, name: str, cwd: Path) -> dict[str, Any]:
    """`kerasapp run --json` of a recipe's text."""
    (cwd / f"{name}.yaml").write_text(recipe)
    command = [sys.executable, "-m", "kerasapp", "run", f"{name}.yaml", "--json"]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return json.loads(done.stdout)


def reports(data: Path, cwd: Path, given: argparse.Namespace) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The report of every seed by data set and form."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for seed in range(given.seeds):
        recipe = WORDS.format(seed=seed, dimensions=given.dimensions, epochs=given.epochs)
        words = run(recipe, "words", cwd)["run"]
        for name in given.data:
            for form, embedding in FORMS.items():
                recipe = TEXTS.format(
                    seed=seed,
                    folder=data / name,
                    dimensions=given.dimensions,
                    embedding=embedding.format(words=words),
                )
                found.setdefault((name, form), []).append(run(recipe, "texts", cwd)["report"])
                print(f"seed {seed}, {name}, {form}", file=sys.stderr)
    return found


def line(form: str, values: list[float], told: dict[str, float] | None = None) -> str:
    shares = f"{told['coverage']:>8.3f}{told['occurrences']:>9.3f}" if told else ""
    spread = f"({min(values):.3f} to {max(values):.3f})"
    return f"  {form:38}{statistics.mean(values):.3f}  {spread}{shares}"


def table(found: dict[tuple[str, str], list[dict[str, Any]]], names: list[str]) -> None:
    for name in names:
        print(f"{NAMES[name]:40}accuracy                 words  running")
        for form in FORMS:
            rows = found[name, form]
            values = [row["splits"]["test"]["metrics"]["accuracy"]["value"] for row in rows]
            print(line(form, values, rows[0].get("embedding")))
        rivals: dict[str, list[float]] = {}
        for report in found[name, OWN]:
            for row in report["baselines"]:
                rivals.setdefault(row["name"], []).append(row["metrics"]["accuracy"]["value"])
        for rival, values in rivals.items():
            print(line(rival, values))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=3, help="of the word vectors")
    parser.add_argument("--dimensions", type=int, default=100)
    parser.add_argument("--data", nargs="+", choices=list(NAMES), default=list(NAMES))
    given = parser.parse_args()
    data = os.environ.get("KERASAPP_DATA")
    if not data:
        sys.exit("set KERASAPP_DATA to the folder of real data sets")
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        with tarfile.open(Path(data) / "word2vec" / "novels.tar.xz") as archive:
            archive.extract("novels.txt", here, filter="data")
        table(reports(Path(data).resolve(), here, given), given.data)


if __name__ == "__main__":
    main()
