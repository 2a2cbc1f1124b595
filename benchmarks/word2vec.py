"""Words a second and quality of word vectors, gensim and kerasapp in turn on the same text.

    python benchmarks/word2vec.py                        skip-gram and CBOW, one seed: about 15 minutes on 2 cores
    python benchmarks/word2vec.py --seeds 3 --architectures skip_gram
    python benchmarks/word2vec.py --repeat 10 --epochs 1 --alone     ten times the text, for its memory

Each training is a process of its own. `words/s` is of training alone, every word of the text counted (those that
subsampling leaves out too, as gensim counts); of kerasapp from the second epoch on, when XLA or numba have compiled,
and what the first took longer is told apart. `end to end` is the whole process: reading, vocabulary, training, report.
Quality: Spearman on WordSim-353 and SimLex-999 and accuracy on the `family` analogies, all three from gensim's own
package, for both by `kerasapp evaluate`.
"""

import argparse
import csv
import json
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

import gensim

TESTS = Path(gensim.__file__).parent / "test" / "test_data"
PEER = Path(__file__).with_name("word2vec_peer.py")
RECIPE = """\
title: Word vectors
seed: {seed}
task: {{name: word2vec, min_count: 5, window: 5, subsample: 1e-3, tokens: spaces}}
data: {{name: text_files, path: {text}}}
model: {{name: word2vec, architecture: {architecture}, dimensions: {dimensions}, negatives: 5, kernel: {kernel}}}
train: {{epochs: {epochs}, deterministic: {deterministic}}}
"""
GENSIM = "gensim, 2 workers"
FORMS = {  # kernel and determinism
    "kerasapp tensorflow": ("tensorflow", "true"),
    "kerasapp native": ("native", "true"),
    "kerasapp native, one table": ("native", "false"),
}


def measured(command: list[str], cwd: Path) -> tuple[float, float, str]:
    """Seconds, peak MiB and standard output of a process."""
    begun = time.perf_counter()
    with open(cwd / "out", "w+") as out, open(cwd / "err", "w+") as err:
        process = subprocess.Popen(command, cwd=cwd, stdout=out, stderr=err)
        _, status, used = os.wait4(process.pid, 0)
        if status:
            err.seek(0)
            sys.exit(err.read()[-2000:])
        out.seek(0)
        return time.perf_counter() - begun, used.ru_maxrss / 1024, out.read()


def peer(text: Path, cwd: Path, seed: int, architecture: str, given: argparse.Namespace) -> dict[str, Any]:
    """Words a second, seconds to get warm, words a second end to end, MiB, and where the vectors are."""
    settings = {
        "vector_size": given.dimensions, "window": 5, "negative": 5, "min_count": 5, "sample": 1e-3, "workers": 2,
        "epochs": given.epochs, "seed": seed + 1, "sg": int(architecture == "skip_gram"),
    }  # fmt: skip
    seconds, peak, told = measured([sys.executable, str(PEER), str(text), "peer.bin", json.dumps(settings)], cwd)
    told = json.loads(told)
    speed = told["words"] / told["train"]
    return {"speed": speed, "warm": 0.0, "end": told["words"] / seconds, "peak": peak, "vectors": "peer.bin"}


def ours(text: Path, cwd: Path, seed: int, architecture: str, form: str, given: argparse.Namespace) -> dict[str, Any]:
    """As of the peer."""
    kernel, deterministic = FORMS[form]
    recipe = RECIPE.format(
        seed=seed, text=text, architecture=architecture, dimensions=given.dimensions, kernel=kernel,
        epochs=given.epochs, deterministic=deterministic,
    )  # fmt: skip
    (cwd / "words.yaml").write_text(recipe)
    seconds, peak, told = measured([sys.executable, "-m", "kerasapp", "run", "words.yaml", "--json"], cwd)
    run = json.loads(told)
    words = run["report"]["splits"]["train"]["text_words"]
    epochs = [float(row["seconds"]) for row in csv.DictReader((cwd / run["run"] / "history.csv").open())]
    later = statistics.mean(epochs[1:] or epochs)
    return {
        "speed": words / later,
        "warm": epochs[0] - later,
        "end": words * given.epochs / seconds,
        "peak": peak,
        "vectors": run["run"],
    }


def quality(what: str, cwd: Path) -> dict[str, float]:
    """Spearman's correlations, and the share of right `family` analogies."""
    command = [sys.executable, "-m", "kerasapp", "evaluate", what, "--json"]
    command += ["--analogies", str(TESTS / "questions-words.txt")]
    for name in ("wordsim353.tsv", "simlex999.txt"):
        command += ["--similarity", str(TESTS / name)]
    report = json.loads(measured(command, cwd)[2])["report"]
    family = next(row for row in report["analogies"][0]["sections"] if row["section"] == "family")
    wordsim, simlex = (row["spearman"]["value"] for row in report["similarity"])
    return {"wordsim": wordsim, "simlex": simlex, "family": family["accuracy"]["value"]}


def text_of(folder: Path) -> Path:
    data = os.environ.get("KERASAPP_DATA")
    if not data:
        sys.exit("set KERASAPP_DATA to the folder of real data sets, or give --text")
    with tarfile.open(Path(data) / "word2vec" / "novels.tar.xz") as archive:
        archive.extract("novels.txt", folder, filter="data")
    return folder / "novels.txt"


def repeated(text: Path, times: int, folder: Path) -> Path:
    if times == 1:
        return text
    with (folder / "repeated.txt").open("wb") as out:
        for _ in range(times):
            with text.open("rb") as once:
                shutil.copyfileobj(once, out)
    return folder / "repeated.txt"


def table(rows: dict[str, list[dict[str, Any]]]) -> None:
    """A line a form: means, and the ratio to gensim of each pair."""
    print(f"{'':32}{'words/s':>10}{'ratio':>8}{'end/s':>10}{'ratio':>8}{'first +s':>9}{'MiB':>7}"
          f"{'wordsim':>9}{'simlex':>8}{'family':>8}")  # fmt: skip
    for form, runs in rows.items():
        mean = {key: statistics.mean(run[key] for run in runs) for key in runs[0]}
        ratio = {
            key: statistics.median(a[key] / b[key] for a, b in zip(runs, next(iter(rows.values())), strict=True))
            for key in ("speed", "end")
        }
        print(
            f"{form:32}{mean['speed']:>10.0f}{ratio['speed']:>8.2f}{mean['end']:>10.0f}{ratio['end']:>8.2f}"
            f"{mean['warm']:>9.1f}{mean['peak']:>7.0f}{mean['wordsim']:>9.3f}{mean['simlex']:>8.3f}{mean['family']:>8.3f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path, help="a line a sentence; else the novels in KERASAPP_DATA")
    parser.add_argument("--repeat", type=int, default=1, help="so many times the text")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--dimensions", type=int, default=100)
    parser.add_argument("--architectures", nargs="+", default=["skip_gram", "cbow"])
    parser.add_argument("--forms", nargs="+", default=list(FORMS), help=", ".join(FORMS))
    parser.add_argument("--alone", action="store_true", help="without gensim; ratios are those to the first form")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        text = repeated(given.text.resolve() if given.text else text_of(here), given.repeat, here)
        for architecture in given.architectures:
            rows: dict[str, list] = {form: [] for form in (*([] if given.alone else [GENSIM]), *given.forms)}
            for seed in range(given.seeds):
                for form, runs in rows.items():
                    ask = [text, here, seed, architecture, *([] if form == GENSIM else [form]), given]
                    runs.append((peer if form == GENSIM else ours)(*ask))
                    runs[-1] |= quality(runs[-1].pop("vectors"), here)
                    told = ", ".join(f"{name} {value:.3f}" for name, value in runs[-1].items())
                    print(f"{architecture}, seed {seed}, {form}: {told}", file=sys.stderr, flush=True)
            print(f"{architecture}, {given.dimensions} dimensions, {given.epochs} epochs, seeds {given.seeds}")
            table(rows)


if __name__ == "__main__":
    main()
