"""Images a second that a folder of photographs is read at: kerasapp's training batches, nothing cached, beside
`keras.utils.image_dataset_from_directory`, both at 160 x 160 in batches of 32; a process each, in turn, pair by pair.

    python benchmarks/image_folder.py                     flowers_subset below KERASAPP_DATA: about 3 minutes
    python benchmarks/image_folder.py --path my/classes   any folder of class folders
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SIZE, BATCH = (160, 160), 32


def kerasapp_batches(path: str) -> Any:
    import tensorflow as tf

    from kerasapp import pipeline
    from kerasapp.data import image_folder
    from kerasapp.tasks.image_classification import ImageClassification

    split = image_folder.load(path=path)["train"]
    task = ImageClassification(image_size=SIZE).adapt(split)
    epoch = tf.Variable(0, dtype=tf.int64)
    read = pipeline.reader(task, split)
    return pipeline.training_batches(task, split, read, batch_size=BATCH, seed=0, epoch=epoch)


def keras_batches(path: str) -> Any:
    import keras

    return keras.utils.image_dataset_from_directory(
        path, label_mode="categorical", image_size=SIZE, batch_size=BATCH, seed=0, verbose=False
    )


READERS = {"kerasapp": kerasapp_batches, "keras": keras_batches}


def measure(name: str, path: str) -> None:
    """Prints images a second, and processor milliseconds an image, of an epoch; its start is in it."""
    batches = READERS[name](path)
    for _ in batches.take(10):
        pass
    wall, processor = time.perf_counter(), time.process_time()
    count = sum(len(y) for _, y in batches)
    print(count / (time.perf_counter() - wall), 1e3 * (time.process_time() - processor) / count)


def repeated(path: str, copies: int, folder: str) -> None:
    """Links to each file of the class folders, so many times: an epoch as long as a real one."""
    for file in Path(path).resolve().glob("*/*"):
        into = Path(folder) / file.parent.name
        into.mkdir(exist_ok=True)
        for number in range(copies):
            (into / f"{number}_{file.name}").symlink_to(file)


def measured(name: str, path: str) -> tuple[float, float]:
    command = [sys.executable, __file__, "--reader", name, "--path", path]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    speed, cost = done.stdout.split()[-2:]
    return float(speed), float(cost)


def compare(path: str, pairs: int) -> None:
    rows = []
    for number in range(pairs):
        order = ("kerasapp", "keras") if number % 2 == 0 else ("keras", "kerasapp")
        both = {name: measured(name, path) for name in order}
        rows.append((both["kerasapp"], both["keras"]))
    print(f"{pairs} pairs")
    for place, name in enumerate(("images a second", "processor ms an image")):
        ours, peer = ([pair[side][place] for pair in rows] for side in (0, 1))
        ratios = sorted(a / b for a, b in zip(ours, peer, strict=True))
        print(
            f"{name:22} kerasapp {statistics.median(ours):8.2f}   keras {statistics.median(peer):8.2f}   "
            f"ratio {statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--path", help="a folder of class folders")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--copies", type=int, default=8, help="of each file, so that an epoch is long")
    parser.add_argument("--reader", choices=READERS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    data = os.environ.get("KERASAPP_DATA")
    path = given.path or (data and os.path.join(data, "flowers_subset", "train"))
    if not path:
        print("nothing to read: set KERASAPP_DATA, or give --path")
    elif given.reader:
        measure(given.reader, path)
    else:
        with tempfile.TemporaryDirectory() as folder:
            repeated(path, given.copies, folder)
            compare(folder, given.pairs)


if __name__ == "__main__":
    main()
