"""Reads pictures for the SavedModel two folders up, as its training did. Needs kerasapp.

`python reader.py photo.jpg ...` prints the label of each; `read` gives what the signature takes.
"""

import sys
from pathlib import Path

import tensorflow as tf

from kerasapp.run import Run

HERE = Path(__file__).resolve().parent
TASK = Run(HERE).task


def read(images: list[bytes]) -> dict[str, tf.Tensor]:
    """Encoded images -> {"inputs": float32 (images, ...)}."""
    inputs, _ = TASK.encode(TASK.prepare({"image": tf.constant(images)}))
    return {"inputs": inputs}


if __name__ == "__main__":
    call = tf.saved_model.load(str(HERE.parents[1])).signatures["serving_default"]
    answers = call(**read([Path(name).read_bytes() for name in sys.argv[1:]]))
    for name, label in zip(sys.argv[1:], answers["label"].numpy(), strict=True):
        print(f"{name}: {label.decode()}")
