"""What pictures are compared by: the features of a network that knows such pictures, of a run, a file, or Inception."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from kerasapp.errors import KerasappError, first_line
from kerasapp.run import Run

INCEPTION = "InceptionV3"
INCEPTION_SIDE = 299  # pixels
AT_ONCE = 128


@dataclass(frozen=True)
class Extractor:
    """`look(pixels)`: uint8 (n, h, w, c) -> float32 (n, features); and of a classifier, which has `labels`, beside them
    (n, classes) probabilities.
    """

    name: str
    look: Callable[[np.ndarray], list[np.ndarray]]
    labels: tuple[str, ...] = ()

    def features(self, pixels: np.ndarray) -> np.ndarray:
        return self.look(pixels)[0]


def extractor(what: str, root: Path = Path()) -> Extractor:
    """`InceptionV3`, a file of a Keras model, whose output is taken, or a run of image_classification, of which it is
    what its last layer is given. Raises KerasappError.
    """
    if what == INCEPTION:
        return _inception()
    if Path(what).is_file():
        try:
            model = keras.saving.load_model(what, compile=False)
        except (ValueError, OSError, TypeError) as error:
            raise KerasappError(f"{what}: no Keras model: {first_line(error)}") from None
        return Extractor(what, _of_model(model, Path(what).name))
    return _of_run(Run.open(what, root))


def _of_run(run: Run) -> Extractor:
    task, model = run.task, run.model()
    if task.EVALUATION != "classification" or task.INPUT != "image" or not model.inputs:
        raise KerasappError(f"{run.path}: no classifier of pictures, whose features could be taken")
    head = [layer for layer in model.layers if layer.weights][-1]
    both = keras.Model(model.inputs, [head.input, model.output])

    @tf.function(autograph=False, reduce_retracing=True)
    def call(pixels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        features, scores = both(task.encode(task.prepare({"image": pixels}))[0], training=False)
        return _flat(features), tf.nn.softmax(scores)

    return Extractor(str(run.path), lambda pixels: _in_parts(call, pixels), tuple(task.labels))


def _of_model(model: keras.Model, name: str) -> Callable[[np.ndarray], list[np.ndarray]]:
    """Of a model that takes pictures in [0, 1], resized to its size and made as many channels as it wants."""
    shape = model.input_shape
    if not isinstance(shape, tuple) or len(shape) != 4:
        raise KerasappError(f"{name}: takes {shape}, no pictures")
    return lambda pixels: _in_parts(lambda part: (_flat(model(_fitted(part, *shape[1:]), training=False)),), pixels)


def _inception() -> Extractor:
    keras.config.disable_interactive_logging()  # of a download, on stdout
    try:
        model = keras.applications.InceptionV3(include_top=False, pooling="avg", weights="imagenet")
    except Exception as error:  # what a download raises is any of many
        told = "its ImageNet weights are not at hand, and can't be had from here"
        raise KerasappError(f"{INCEPTION}: {told} ({first_line(error)}). Give a run instead") from None
    side = INCEPTION_SIDE
    return Extractor(
        INCEPTION,
        lambda pixels: _in_parts(lambda part: (model(2 * _fitted(part, side, side, 3) - 1, training=False),), pixels),
    )


def _fitted(pixels: tf.Tensor, height: int | None, width: int | None, channels: int | None) -> tf.Tensor:
    """float32 in [0, 1], of this size."""
    images = tf.cast(pixels, tf.float32) / 255.0
    if height and width and images.shape[1:3] != (height, width):
        images = tf.image.resize(images, (height, width), antialias=True)
    if channels == 3 and images.shape[-1] == 1:
        images = tf.image.grayscale_to_rgb(images)
    return tf.image.rgb_to_grayscale(images) if channels == 1 and images.shape[-1] == 3 else images


def _flat(features: tf.Tensor) -> tf.Tensor:
    return tf.reshape(features, [tf.shape(features)[0], -1])


def _in_parts(function: Callable[..., tuple[tf.Tensor, ...]], pixels: np.ndarray) -> list[np.ndarray]:
    parts = [function(tf.constant(pixels[at : at + AT_ONCE])) for at in range(0, len(pixels), AT_ONCE)]
    return [np.concatenate(column).astype(np.float32) for column in zip(*parts, strict=True)]
