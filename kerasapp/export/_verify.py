"""Loads a SavedModel as a stranger would, with TensorFlow alone, calls it on given examples and takes the time.

A script, not a module: `python -P _verify.py SAVEDMODEL EXAMPLES.npz ANSWERS.npz`. The last line of its stderr says why
it failed.
"""

import os
import statistics
import sys
import time

BATCHES = (1, 32)
WARM_UP = 3
CALLS = 30
SECONDS = 2.0
"""A batch size is timed for at most so long."""


def main(folder: str, examples: str, answers: str) -> None:
    sys.modules["kerasapp"] = None
    sys.modules["keras"] = None  # which TensorFlow imports where it is there, in half of its start
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import numpy as np
    import tensorflow as tf

    call = tf.saved_model.load(folder).signatures["serving_default"]
    specs = call.structured_input_signature[1]
    with np.load(examples, allow_pickle=True) as file:
        given = {name.removeprefix("input/"): file[name].tolist() for name in file.files}
    inputs = {name: tf.constant(value, specs[name].dtype) for name, value in given.items()}
    outputs = {f"output/{name}": value.numpy() for name, value in call(**inputs).items()}
    times = {f"milliseconds/{size}": median_milliseconds(call, repeated(inputs, size, tf)) for size in BATCHES}
    np.savez(answers, **outputs, **times)


def repeated(inputs: dict, size: int, tf) -> dict:
    """`size` examples: the first, and from the beginning again where there are fewer."""
    return {name: tf.gather(value, tf.range(size) % len(value)) for name, value in inputs.items()}


def median_milliseconds(call, inputs: dict) -> float:
    for _ in range(WARM_UP):
        call(**inputs)
    times, until = [], time.perf_counter() + SECONDS
    while len(times) < CALLS and (not times or time.perf_counter() < until):
        start = time.perf_counter()
        for value in call(**inputs).values():
            value.numpy()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


if __name__ == "__main__":
    main(*sys.argv[1:])
