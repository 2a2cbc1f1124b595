"""Images a second that a folder of photographs is read at: kerasapp's training batches, nothing cached, beside
`keras.utils.image_dataset_from_directory`, both at one size in batches of 32, epoch after epoch as `fit` asks for them
(one iterator for all of ours, one an epoch of Keras's); a process each, in turn, pair by pair. With --augment both
flip, shift, rotate and zoom: ours by steps of the task, Keras by its layers of these names, mapped over the batches.

    python benchmarks/image_folder.py                     flowers_subset below KERASAPP_DATA: about 5 minutes
    python benchmarks/image_folder.py --copies 1          epochs of 480 photographs
    python benchmarks/image_folder.py --side 320 --size 224 --augment     photographs brought to 320 pixels before
    python benchmarks/image_folder.py --path my/classes   any folder of class folders
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

BATCH = 32
AUGMENTATION = [
    {"name": "flip"},
    {"name": "shift", "height_factor": 0.1, "width_factor": 0.1},
    {"name": "rotate", "factor": 0.05},
    {"name": "zoom", "height_factor": 0.2},
]


def kerasapp_epochs(path: str, size: int, augment: bool) -> Iterator[Iterator]:
    from kerasapp import pipeline
    from kerasapp.data import image_folder
    from kerasapp.tasks.image_classification import ImageClassification

    split = image_folder.load(path=path)["train"]
    task = ImageClassification(image_size=(size, size), augmentation=AUGMENTATION if augment else ()).adapt(split)
    batches = iter(pipeline.training_batches(task, split, pipeline.reader(task, split), batch_size=BATCH, seed=0))
    while True:
        yield islice(batches, pipeline.steps_of(split, BATCH))


def keras_epochs(path: str, size: int, augment: bool) -> Iterator[Iterator]:
    import keras
    import tensorflow as tf

    batches = keras.utils.image_dataset_from_directory(
        path, label_mode="categorical", image_size=(size, size), batch_size=BATCH, seed=0, verbose=False
    )
    if augment:
        layers = keras.Sequential(
            [
                keras.layers.RandomFlip("horizontal"),
                keras.layers.RandomTranslation(0.1, 0.1),
                keras.layers.RandomRotation(0.05),
                keras.layers.RandomZoom(0.2),
            ]
        )
        batches = batches.map(lambda x, y: (layers(x, training=True), y), tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    while True:
        yield iter(batches)


READERS = {"kerasapp": kerasapp_epochs, "keras": keras_epochs}


def measure(name: str, given: argparse.Namespace) -> None:
    """Prints images a second, and processor milliseconds an image, of whole epochs after the first one."""
    epochs = READERS[name](given.path, given.size, given.augment)
    for _ in next(epochs):
        pass
    count, wall, processor = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - wall < given.seconds:
        count += sum(len(y) for _, y in next(epochs))
    print(count / (time.perf_counter() - wall), 1e3 * (time.process_time() - processor) / count)


def repeated(path: str, copies: int, side: int | None, folder: str) -> None:
    """Links to each file of the class folders, so many times: an epoch as long as a real one. With `side` to files that
    are so many pixels on their longer side.
    """
    for file in Path(path).resolve().glob("*/*"):
        into = Path(folder) / file.parent.name
        into.mkdir(exist_ok=True)
        if side:
            file = resized(file, side, Path(folder) / f".{file.parent.name}_{file.stem}.jpg")
        for number in range(copies):
            (into / f"{number}_{file.name.lstrip('.')}").symlink_to(file)


def resized(file: Path, side: int, into: Path) -> Path:
    from PIL import Image, ImageOps

    image = ImageOps.exif_transpose(Image.open(file)).convert("RGB")
    ratio = side / max(image.size)
    image.resize([round(ratio * length) for length in image.size], Image.Resampling.LANCZOS).save(into, quality=90)
    return into


def measured(name: str, path: str, given: argparse.Namespace) -> tuple[float, float]:
    options = ["--seconds", str(given.seconds), "--size", str(given.size), *(["--augment"] if given.augment else [])]
    command = [sys.executable, __file__, "--reader", name, "--path", path, *options]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    speed, cost = done.stdout.split()[-2:]
    return float(speed), float(cost)


def compare(path: str, given: argparse.Namespace) -> None:
    rows = []
    for number in range(given.pairs):
        order = ("kerasapp", "keras") if number % 2 == 0 else ("keras", "kerasapp")
        both = {name: measured(name, path, given) for name in order}
        rows.append((both["kerasapp"], both["keras"]))
    print(f"{given.pairs} pairs")
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
    parser.add_argument("--seconds", type=float, default=10.0, help="of each process, at least an epoch")
    parser.add_argument("--size", type=int, default=160, help="of what a batch has, a side")
    parser.add_argument("--side", type=int, help="the longer side that the photographs are brought to before")
    parser.add_argument("--augment", action="store_true")
    parser.add_argument("--reader", choices=READERS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    data = os.environ.get("KERASAPP_DATA")
    given.path = given.path or (data and os.path.join(data, "flowers_subset", "train"))
    if not given.path:
        print("nothing to read: set KERASAPP_DATA, or give --path")
    elif given.reader:
        measure(given.reader, given)
    else:
        with tempfile.TemporaryDirectory() as folder:
            repeated(given.path, given.copies, given.side, folder)
            compare(folder, given)


if __name__ == "__main__":
    main()
