"""Pictures as tasks take them: shape and scale are learned from train, and they come as float32 in [0, 1]."""

import logging
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import tensorflow as tf

from kerasapp.errors import DataError, StepError
from kerasapp.ops.decode import decode_images, place_images
from kerasapp.tasks._labels import source
from kerasapp.types import Spec, Split

LARGEST = 224  # pixels: the side that networks for photographs are commonly trained with
CHUNK = 1024  # images looked at together
Size = tuple[int, int] | None
Resize = Literal["stretch", "fit", "fill", "crop"]


def learn_pictures(split: Split, size: Size, channels: int | None) -> tuple[list[int], list[float] | None]:
    """Height, width and channels, as asked or as the data has them; and what becomes 0 and 1 of arrays that aren't
    uint8. Raises DataError.
    """
    feature = split.features.get("image")
    if feature is None:
        raise DataError(source(split), f"the examples have no image, only {', '.join(split.features)}")
    encoded = feature.dtype == "string"
    height, width, found = _encoded_shape(split, size) if encoded else _array_shape(split)
    value_range = None if encoded or feature.dtype == "uint8" else _value_range(split)
    return [*(size or (height, width)), channels or found], value_range


def require_frames(split: Split, preprocessing: Sequence[Spec]) -> None:
    """Raises DataError where the pictures are no files, StepError where nothing makes one picture of their frames."""
    if split.features["image"].dtype != "string":
        raise DataError(source(split), "task.frames reads files of moving GIFs, and here are arrays. Leave it out")
    if not preprocessing:
        raise StepError("task.frames", "no step makes one picture of them: set task.preprocessing: [kalman_smooth]")


def decoded(image: tf.Tensor, shape: list[int], resize: Resize, value_range: list[float] | None) -> tf.Tensor:
    """Encoded files (batch,), or arrays of another size -> (batch, *shape), uint8 or the arrays' own dtype."""
    *size, channels = shape
    if image.dtype == tf.string:
        return decode_images(image, size=tuple(size), channels=channels, mode=resize)
    if image.shape[1:3] != tuple(size):
        black = (value_range or (0, 1))[0]
        placed = place_images(image - tf.cast(black, image.dtype), tuple(size), resize)
        image = placed + tf.cast(black, placed.dtype)
    if image.shape[3] != channels:
        image = tf.image.grayscale_to_rgb(image) if channels == 3 else tf.image.rgb_to_grayscale(image)
    return image


def scaled(image: tf.Tensor, shape: list[int], value_range: list[float] | None) -> tf.Tensor:
    """float32 (batch, *shape) in [0, 1]."""
    image = tf.ensure_shape(image, [None, *shape])
    if image.dtype == tf.uint8:
        return tf.cast(image, tf.float32) / 255.0
    low, high = value_range or (0.0, 255.0)
    return tf.clip_by_value((tf.cast(image, tf.float32) - low) / (high - low), 0.0, 1.0)


def _array_shape(split: Split) -> tuple[int, int, int]:
    shape = split.features["image"].shape
    if len(shape) != 3 or None in shape or shape[2] not in (1, 3):
        raise DataError(source(split), f"an image has the shape {shape}, not (height, width, 1 or 3)")
    return shape


def _encoded_shape(split: Split, chosen: Size) -> tuple[int, int, int]:
    """What the headers of train's files say: their one size, or the median; grey only where all are."""
    colours = split.column("image/channels").max() if "image/channels" in split.features else 3
    channels = 1 if colours <= 2 else 3  # two: grey and how opaque
    if chosen:
        return *chosen, channels
    if "image/height" not in split.features:
        raise DataError(source(split), "the images' sizes are not known. Set task.image_size: [height, width]")
    heights, widths = split.column("image/height"), split.column("image/width")
    if heights.min() == heights.max() and widths.min() == widths.max():
        return int(heights[0]), int(widths[0]), channels
    size = tuple(min(round(float(np.median(sides))), LARGEST) for sides in (heights, widths))
    words = "task.image_size: [%d, %d], height and width: the median of train's images (%dx%d to %dx%d), at most %d"
    ends = (heights.min(), widths.min(), heights.max(), widths.max())
    logging.getLogger("kerasapp").info(words, *size, *ends, LARGEST)
    return *size, channels


def _value_range(split: Split) -> list[float]:
    """What becomes 0 and 1: [0, 1] where train lies within, else its smallest value, at most 0, and its largest.

    Raises DataError at NaN.
    """
    low, high = 0.0, 1.0
    for _, lows, highs in extremes(split):
        low, high = min(low, float(lows.min())), max(high, float(highs.max()))
    return [low, high]


def extremes(split: Split) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Part after part of a split of arrays: the number of its first image, each one's smallest and largest value.

    Raises DataError at NaN.
    """
    for start in range(0, len(split), CHUNK):
        images = split.gather(tf.range(start, min(start + CHUNK, len(split)), dtype=tf.int64))["image"].numpy()
        wrong = ~np.isfinite(images).all(axis=(1, 2, 3))
        if wrong.any():
            raise DataError(split.ids[start + int(np.argmax(wrong))], "the image has NaN or infinite values")
        yield start, images.min(axis=(1, 2, 3)), images.max(axis=(1, 2, 3))
