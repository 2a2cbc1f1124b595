"""A class for each picture: encoded files of any size, or arrays."""

import logging
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np
import tensorflow as tf

from kerasapp import components
from kerasapp.errors import DataError
from kerasapp.ops._random import fold_in
from kerasapp.ops.decode import decode_images, resize_images
from kerasapp.tasks._base import Raw
from kerasapp.tasks._classification import Classification
from kerasapp.tasks._labels import learn_labels, source
from kerasapp.types import Augmentation, PositiveInt, Split

LARGEST = 224  # pixels: the side that networks for photographs are commonly trained with
CHUNK = 1024  # images looked at together


@dataclass(frozen=True, kw_only=True)
class ImageClassification(Classification):
    """Pictures -> one of the classes. The model's input is float32 (batch, height, width, channels) in [0, 1]."""

    FACTS = ("image_shape", "num_classes")
    INPUT = "image"

    image_size: tuple[PositiveInt, PositiveInt] | None = None
    """Height and width. Default: the data's where it has one size, else the median of train, at most 224."""
    channels: Literal[1, 3] | None = None
    """Default: 1 where all of train is grey, else 3."""
    augmentation: Augmentation = ()
    """Random steps, in training only."""

    image_shape: list[int] = field(init=False, default=None, repr=False)
    """Height, width, channels."""
    value_range: list[float] | None = field(init=False, default=None, repr=False)
    """What becomes 0 and 1 of arrays that aren't uint8."""

    def adapt(self, split: Split) -> Self:
        labels = learn_labels(split)
        feature = split.features.get("image")
        if feature is None:
            raise DataError(source(split), f"the examples have no image, only {', '.join(split.features)}")
        encoded = feature.dtype == "string"
        height, width, channels = _encoded_shape(split, self.image_size) if encoded else _array_shape(split)
        shape = [*(self.image_size or (height, width)), self.channels or channels]
        value_range = None if encoded or feature.dtype == "uint8" else _value_range(split)
        return self.learned(**labels, image_shape=shape, value_range=value_range)

    def facts(self) -> dict[str, Any]:
        return {"image_shape": tuple(self.image_shape), "num_classes": len(self.labels)}

    def resolved(self) -> dict[str, Any]:
        return {"image_size": self.image_shape[:2], "channels": self.image_shape[2]}

    def augments(self) -> bool:
        return bool(self.augmentation)

    def prepare(self, raw: Raw) -> Raw:
        """`image` (batch, height, width, channels), uint8 or an array's own dtype; and `label` where there is one."""
        *size, channels = self.image_shape
        image = raw["image"]
        if image.dtype == tf.string:
            image = decode_images(image, size=tuple(size), channels=channels)
        else:
            if image.shape[1:3] != tuple(size):
                image = resize_images(image, size=tuple(size))
            if image.shape[3] != channels:
                image = tf.image.grayscale_to_rgb(image) if channels == 3 else tf.image.rgb_to_grayscale(image)
        return {"image": image, **self.numbered(raw)}

    def encode(self, raw: Raw, keys: tf.Tensor | None = None) -> tuple[tf.Tensor, Raw]:
        image = tf.ensure_shape(raw["image"], [None, *self.image_shape])
        if image.dtype == tf.uint8:
            image = tf.cast(image, tf.float32) / 255.0
        else:
            low, high = self.value_range or (0.0, 255.0)
            image = tf.clip_by_value((tf.cast(image, tf.float32) - low) / (high - low), 0.0, 1.0)
        for number, step in enumerate(self.augmentation if keys is not None else ()):
            augment = components.function("ops", step["name"], "augment")
            arguments = {key: value for key, value in step.items() if key != "name"}
            image = augment(image, fold_in(keys, number), **arguments)
        return image, {}

    def read(self) -> dict[str, tf.TensorSpec]:
        return {"image": tf.TensorSpec([None], tf.string, name="image")}


def _array_shape(split: Split) -> tuple[int, int, int]:
    shape = split.features["image"].shape
    if len(shape) != 3 or None in shape or shape[2] not in (1, 3):
        raise DataError(source(split), f"an image has the shape {shape}, not (height, width, 1 or 3)")
    return shape


def _encoded_shape(split: Split, chosen: tuple[int, int] | None) -> tuple[int, int, int]:
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
    for start in range(0, len(split), CHUNK):
        images = split.gather(tf.range(start, min(start + CHUNK, len(split)), dtype=tf.int64))["image"].numpy()
        wrong = ~np.isfinite(images).all(axis=(1, 2, 3))
        if wrong.any():
            raise DataError(split.ids[start + int(np.argmax(wrong))], "the image has NaN or infinite values")
        low, high = min(low, float(images.min())), max(high, float(images.max()))
    return [low, high]
