"""Training steps a second of our architectures beside keras.applications' of the same arithmetic, in turn.

Each round times a few steps of `train_step` of one and then of the other, the same batch for both; the ratio is of the
medians, ours over theirs, and above 1 where ours are more.

    python benchmarks/architectures.py                             ResNet50, 96 pixels, batches of 8
    python benchmarks/architectures.py --pairs mobilenet_v2 densenet --rounds 20
"""

import argparse
import statistics
import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from kerasapp import components

CLASSES = 10
PAIRS = {
    "resnet": ("ResNet50", {"depth": 50}),
    "vgg": ("VGG16", {"dropout": 0.0}),
    "densenet": ("DenseNet121", {}),
    "inception_v3": ("InceptionV3", {"dropout": 0.0}),
    "xception": ("Xception", {"dropout": 0.0}),
    "mobilenet_v2": ("MobileNetV2", {"dropout": 0.0}),
    "mobilenet_v3": ("MobileNetV3Large", {}),
    "efficientnet": ("EfficientNetB0", {}),
}


def stepper(model: keras.Model, images: np.ndarray, labels: np.ndarray, steps: int) -> Callable[[], float]:
    """Compiles, and gives what takes so many steps and returns the steps a second."""
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss)
    data = (tf.constant(images), tf.constant(labels))
    step = tf.function(model.train_step, autograph=False)
    model.optimizer.build(model.trainable_variables)
    step(data)

    def steps_a_second() -> float:
        start = time.perf_counter()
        for _ in range(steps):
            told = step(data)
        float(told["loss"])
        return steps / (time.perf_counter() - start)

    return steps_a_second


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", nargs="+", choices=PAIRS, default=["resnet"])
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--steps", type=int, default=5, help="in a round")
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    random = np.random.default_rng(0)
    shape = (given.size, given.size, 3)
    images = random.random((given.batch, *shape), "float32")
    labels = np.eye(CLASSES, dtype="float32")[random.integers(0, CLASSES, given.batch)]
    for name in given.pairs:
        theirs, arguments = PAIRS[name]
        ours = components.create("models", {"name": name, **arguments}, image_shape=shape, num_classes=CLASSES)
        model = getattr(keras.applications, theirs)(
            weights=None, classes=CLASSES, classifier_activation=None, input_shape=shape
        )
        pair = stepper(ours, images, labels, given.steps), stepper(model, images, labels, given.steps)
        rounds = [tuple(run() for run in pair) for _ in range(given.rounds)]
        own, other = (statistics.median(column) for column in zip(*rounds, strict=True))
        ratios = sorted(a / b for a, b in rounds)
        print(
            f"{name} beside {theirs}, {given.size} pixels, batches of {given.batch}: {own:.2f} and {other:.2f} steps a "
            f"second, {own / other:.2f} times as many (rounds {ratios[0]:.2f} to {ratios[-1]:.2f})"
        )


if __name__ == "__main__":
    main()
