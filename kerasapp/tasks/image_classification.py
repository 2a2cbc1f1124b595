"""A class for each picture: encoded files of any size, or arrays.

Pictures are decoded and resized; in training augmented; preprocessed; in training mixed. Where nothing is augmented,
preprocessing is done with the decoding, so that a cache keeps its results.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np
import tensorflow as tf

from kerasapp import components
from kerasapp.tasks._base import Raw
from kerasapp.tasks._broken import name_broken
from kerasapp.tasks._classification import Classification
from kerasapp.tasks._labels import learn_labels
from kerasapp.tasks._pictures import decoded, learn_pictures, scaled
from kerasapp.tasks._steps import Learned, augmented, learn, mixed, preprocessed
from kerasapp.types import Augmentation, Mixing, PositiveInt, Split, Steps

LEARNED_FROM = 2048  # training pictures that preprocessing learns from, spread evenly
PART = 32  # of these at a time


@dataclass(frozen=True, kw_only=True)
class ImageClassification(Classification):
    """Pictures -> one of the classes. The model's input is float32 (batch, height, width, channels) in [0, 1], or what
    the last step of preprocessing gives.
    """

    FACTS = ("image_shape", "num_classes")
    INPUT = "image"

    image_size: tuple[PositiveInt, PositiveInt] | None = None
    """Height and width. Default: the data's where it has one size, else the median of train, at most 224."""
    resize: Literal["stretch", "fit", "fill", "crop"] = "stretch"
    """How: to the size whatever the proportions; whole, with black beside it; filling it, what hangs over cut off; or
    not at all, the middle cut out.
    """
    channels: Literal[1, 3] | None = None
    """Default: 1 where all of train is grey, else 3."""
    preprocessing: Steps = ()
    """Fixed steps, in training, evaluation and serving, on pictures in [0, 1]."""
    augmentation: Augmentation = ()
    """Random steps, in training only, before preprocessing."""
    mixing: Mixing = ()
    """In training only, each example and its label with another, by one of these."""

    image_shape: list[int] = field(init=False, default=None, repr=False)
    """Height, width, channels, before preprocessing."""
    input_shape: list[int] = field(init=False, default=None, repr=False)
    """What preprocessing makes of it."""
    learned_steps: Learned = field(init=False, default=None, repr=False)
    """What its steps learned."""
    value_range: list[float] | None = field(init=False, default=None, repr=False)
    """What becomes 0 and 1 of arrays that aren't uint8."""

    def adapt(self, split: Split) -> Self:
        labels = learn_labels(split)
        shape, value_range = learn_pictures(split, self.image_size, self.channels)
        made = self.learned(**labels, image_shape=shape, value_range=value_range, input_shape=shape, learned_steps=[])
        learned, input_shape = learn(self.preprocessing, shape, lambda: made._pictures(split))
        if self.mixing:  # what it can't be is told before a model is made
            mixed(tf.zeros([1, *input_shape]), tf.zeros([1, len(made.labels)]), tf.zeros([1, 2], tf.int32), self.mixing)
        return made.learned(input_shape=input_shape, learned_steps=learned)

    def facts(self) -> dict[str, Any]:
        """`image_shape` is that of the model's input: (n,) after a step that makes numbers of pictures."""
        return {"image_shape": tuple(self.input_shape), "num_classes": len(self.labels)}

    def resolved(self) -> dict[str, Any]:
        return {"image_size": self.image_shape[:2], "channels": self.image_shape[2]}

    def in_graph(self) -> bool:
        return all(components.in_graph(step["name"]) for step in self.preprocessing)

    def plain(self) -> Self:
        bare = {"preprocessing": (), "augmentation": (), "mixing": ()}
        return self.learned(**bare, input_shape=self.image_shape, learned_steps=[])

    def augments(self) -> bool:
        return bool(self.augmentation or self.mixing)

    def prepare(self, raw: Raw) -> Raw:
        """`image` (batch, height, width, channels), uint8 or an array's own dtype, or the model's input where there is
        preprocessing and nothing is augmented; and `label` where there is one.
        """
        image = decoded(raw["image"], self.image_shape, self.resize, self.value_range)
        if self._early:
            image = self._preprocessed(self._scaled(image))
        return {"image": image, **self.numbered(raw)}

    def encode(self, raw: Raw, keys: tf.Tensor | None = None) -> tuple[tf.Tensor, Raw]:
        if self._early:
            return tf.ensure_shape(raw["image"], [None, *self.input_shape]), {}
        image = self._scaled(raw["image"])
        image = augmented(image, keys, self.augmentation) if keys is not None else image
        return self._preprocessed(image), {}

    def elements(self, raw: Raw, keys: tf.Tensor | None = None) -> tuple:
        inputs, y = super().elements(raw, keys)
        return mixed(inputs, y, keys, self.mixing) if self.mixing and keys is not None else (inputs, y)

    @property
    def _early(self) -> bool:
        """Whether `prepare` does the preprocessing."""
        return bool(self.preprocessing) and not self.augmentation

    def _scaled(self, image: tf.Tensor) -> tf.Tensor:
        return scaled(image, self.image_shape, self.value_range)

    def _preprocessed(self, image: tf.Tensor) -> tf.Tensor:
        return preprocessed(image, self.preprocessing, self.learned_steps)

    def _pictures(self, split: Split) -> Iterator[tf.Tensor]:
        """Pictures of a split in [0, 1], in parts. Raises DataError that names what can't be read."""
        plain = self.plain()
        chosen = np.linspace(0, len(split) - 1, min(LEARNED_FROM, len(split))).astype(np.int64)
        for start in range(0, len(chosen), PART):
            rows = chosen[start : start + PART]
            try:
                yield plain.encode(plain.prepare(split.gather(tf.constant(rows))))[0]
            except tf.errors.OpError as error:
                raise name_broken(plain, split, rows) or error from None

    def read(self) -> dict[str, tf.TensorSpec]:
        return {"image": tf.TensorSpec([None], tf.string, name="image")}
