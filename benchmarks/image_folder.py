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
import time
from collections.abc import Iterable

SIZE, BATCH = (160, 160), 32


def kerasapp_batches(path: str) -> Iterable:
    import tensorflow as tf

    from kerasapp import pipeline
    from kerasapp.data import image_folder
    from kerasapp.tasks.image_classification import ImageClassification

    split = image_folder.load(path=path)["train"]
    task = ImageClassification(image_size=SIZE).adapt(split)
    epoch = tf.Variable(0, dtype=tf.int64)
    read = pipeline.reader(task, split)
    return pipeline.training_batches(task, split, read, batch_size=BATCH, seed=0, epoch=epoch)


def keras_batches(path: str) -> Iterable:
    import keras

    return keras.utils.image_dataset_from_directory(
        path, label_mode="categorical", image_size=SIZE, batch_size=BATCH, seed=0, verbose=False
    )


READERS = {"kerasapp": kerasapp_batches, "keras": keras_batches}


def measure(name: str, path: str, epochs: int) -> None:
    """Prints images a second, and processor milliseconds an image; the first epoch isn't counted."""
    batches = READERS[name](path)
    sum(len(y) for _, y in batches)
    wall, processor = time.perf_counter(), time.process_time()
    count = sum(len(y) for _ in range(epochs) for _, y in batches)
    print(count / (time.perf_counter() - wall), 1e3 * (time.process_time() - processor) / count)


def measured(name: str, path: str, epochs: int) -> tuple[float, float]:
    command = [sys.executable, __file__, "--reader", name, "--path", path, "--epochs", str(epochs)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    speed, cost = done.stdout.split()[-2:]
    return float(speed), float(cost)


def compare(path: str, pairs: int, epochs: int) -> None:
    rows = []
    for number in range(pairs):
        order = ("kerasapp", "keras") if number % 2 == 0 else ("keras", "kerasapp")
        both = {name: measured(name, path, epochs) for name in order}
        rows.append((both["kerasapp"], both["keras"]))
    print(f"{pairs} pairs, {epochs} epochs each")
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
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--reader", choices=READERS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    data = os.environ.get("KERASAPP_DATA")
    path = given.path or (data and os.path.join(data, "flowers_subset", "train"))
    if not path:
        print("nothing to read: set KERASAPP_DATA, or give --path")
    elif given.reader:
        measure(given.reader, path, given.epochs)
    else:
        compare(path, given.pairs, given.epochs)


if __name__ == "__main__":
    main()
