"""What `check --data` finds: faults injected into clean sets and how many are named, findings above a note on clean
sets, damaged photographs that are told, and images a second beside a single-threaded Pillow loop, pair by pair.

    python benchmarks/preflight.py              all of it: about 6 minutes; real sets below KERASAPP_DATA
    python benchmarks/preflight.py rate         images a second alone
"""

import argparse
import glob
import io
import logging
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from PIL import Image
from preflight_faults import HEAD, PHOTOS
from preflight_table import CLEAN, FAULTS

IMAGES, ROWS = "image_classification\nmodel: cnn\n", "tabular_classification\nmodel: mlp\n"
REAL = {  # below KERASAPP_DATA, without duplicates
    "flowers_subset": IMAGES + "data: {name: image_folder, path: %s/flowers_subset}\n",
    "mnist": IMAGES + "data: {name: arrays, path: %s/mnist/mnist.npz}\n",
    "cifar10_subset": IMAGES + "data: {name: arrays, path: %s/cifar10_subset/cifar10_subset.npz}\n",
    "tfds_mnist": IMAGES + "data: {name: tfds, dataset: mnist, data_dir: %s/tfds_mnist}\n",
    "penguins": ROWS + "data: {name: csv, path: %s/tabular/penguins.csv, label: species}\n",
    "wine": ROWS + "data: {name: csv, path: %s/tabular/wine.csv, label: class}\n",
}

PHOTOGRAPHS = ("flowers_subset", "bccd", "coco128")  # below KERASAPP_DATA, each one once


def looked(
    made: tuple, draw: np.random.Generator, spoil: Callable | None = None, near: bool = False
) -> tuple[list, list[str]]:
    """The findings on a set, clean or spoilt, and what they have to name."""
    from kerasapp.preflight import findings
    from kerasapp.recipe import load

    clean, text, words = made
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clean(folder, draw)
        named = spoil(folder, draw) if spoil else []
        (folder / "r.yaml").write_text(text.format(folder=folder, **words))
        return findings(load(folder / "r.yaml"), near_duplicates=near, stream=io.StringIO()), named


def inject(seeds: int) -> None:
    print(f"{'fault':34} {'kind':28} {'severity':9} injected  named")
    all_injected = all_named = 0
    for fault, (made, kind, spoil) in FAULTS.items():
        injected = hit = 0
        severity = "-"
        for seed in range(seeds):
            found, words = looked(made, np.random.default_rng(seed), spoil, kind == "near_duplicate")
            told = [each for each in found if each.kind == kind]
            severity = told[0].severity if told else severity
            injected += len(words)
            hit += sum(any(word in f"{each.where} {each.message}" for each in told) for word in words)
        print(f"{fault:34} {kind:28} {severity:9} {injected:8} {hit:6}", flush=True)
        all_injected, all_named = all_injected + injected, all_named + hit
    print(f"{len(FAULTS)} faults: {all_named} of {all_injected} named")


def clean_sets(seeds: int) -> None:
    print("\nfindings above a note on clean sets")
    for name, made in CLEAN.items():
        counts = [_above_note(looked(made, np.random.default_rng(100 + seed))[0]) for seed in range(seeds)]
        print(f"{name:20} {sum(counts):4}   ({seeds} generated)")
    root = os.environ.get("KERASAPP_DATA")
    for name, text in REAL.items() if root else ():
        made = (
            lambda folder, draw: None,
            HEAD + "task: " + text.replace("{", "{{").replace("}", "}}") % root,
            {},
        )
        print(f"{name:20} {_above_note(looked(made, np.random.default_rng(0))[0]):4}   (real)")


def _above_note(found: list) -> int:
    return sum(each.severity != "note" for each in found)


def damage() -> None:
    """Photographs with random bytes in the middle: how many are told, and how many TensorFlow takes without a word."""
    import tensorflow as tf

    from kerasapp.data._decoding import Damaged, decoder

    root = os.environ.get("KERASAPP_DATA", "")
    contents = [Path(file).read_bytes() for file in sorted(glob.glob(f"{root}/flowers_subset/*/*/*.jpg"))]
    reader, draw = decoder(10**9), np.random.default_rng(0)

    def taken(read: Callable[[bytes], object], content: bytes) -> bool:
        try:
            read(content)
        except (Damaged, tf.errors.OpError):
            return False
        return True

    def spoilt(content: bytes, count: int) -> bytes:
        at = int(len(content) * draw.uniform(0.25, 0.75))
        return content[:at] + draw.bytes(count) + content[at + count :] if count else content[:at] + b"\xff\xd9"

    print(
        f"\n{'bytes overwritten':24} told  taken by TensorFlow   ({len(contents)} photographs; 0: cut short and closed)"
    )
    for count in (0, 1, 4, 16, 64, 256, 1024) if contents else ():
        damaged = [spoilt(content, count) for content in contents]
        told = statistics.mean(not taken(lambda content: reader(content, "JPEG", "RGB"), each) for each in damaged)
        print(f"{count:24} {told:.3f} {statistics.mean(taken(tf.io.decode_jpeg, each) for each in damaged):.3f}")


def rate(pairs: int) -> None:
    from kerasapp.preflight import findings
    from kerasapp.recipe import load

    root = os.environ.get("KERASAPP_DATA")
    if not root:
        print("\nno rate: KERASAPP_DATA is not set")
        return
    with tempfile.TemporaryDirectory() as name:
        for of in PHOTOGRAPHS:
            place = Path(name, "photos", of)
            place.mkdir(parents=True)
            for number, file in enumerate(glob.glob(os.path.join(root, of, "**", "*.jpg"), recursive=True)):
                (place / f"{number}.jpg").symlink_to(os.path.abspath(file))
        Path(name, "r.yaml").write_text(PHOTOS.format(folder=name))
        recipe, files = load(Path(name, "r.yaml")), glob.glob(os.path.join(name, "photos", "*", "*.jpg"))
        rows = [_pair(recipe, files, findings, number % 2 == 0) for number in range(pairs + 1)][1:]
    print(f"\n{len(files)} photographs, {pairs} pairs")
    for place, name in enumerate(("images a second", "and a processor second")):
        ours, loop = ([len(files) / pair[side][place] for pair in rows] for side in (0, 1))
        ratios = sorted(a / b for a, b in zip(ours, loop, strict=True))
        print(
            f"{name:24} preflight {statistics.median(ours):7.0f}   Pillow loop {statistics.median(loop):7.0f}   "
            f"ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )


def _pair(recipe, files: list[str], findings: Callable, ours_first: bool) -> tuple[tuple, tuple]:
    """Wall and processor seconds of the preflight, all of it, and of decoding each file by Pillow."""

    def loop() -> None:
        for file in files:
            with Image.open(file) as image:
                image.load()

    works = {"ours": lambda: findings(recipe, stream=io.StringIO()), "loop": loop}
    seconds = {}
    for name in ("ours", "loop") if ours_first else ("loop", "ours"):
        wall, processor = time.perf_counter(), time.process_time()
        works[name]()
        seconds[name] = time.perf_counter() - wall, time.process_time() - processor
    return seconds["ours"], seconds["loop"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "parts", nargs="*", choices=["faults", "clean", "damage", "rate", []], help="by default all four"
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--pairs", type=int, default=7)
    given = parser.parse_args()
    logging.getLogger("kerasapp").setLevel(logging.ERROR)
    parts = {
        "faults": lambda: inject(given.seeds),
        "clean": lambda: clean_sets(given.seeds),
        "damage": damage,
        "rate": lambda: rate(given.pairs),
    }
    for name in given.parts or parts:
        parts[name]()


if __name__ == "__main__":
    main()
