"""A class for each picture: encoded files of any size, or arrays.

Pictures are decoded and resized; in training augmented; preprocessed; in training mixed. Where nothing is augmented,
preprocessing is done with the decoding, so that a cache keeps its results; the step that makes one picture of several
frames always is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np
import tensorflow as tf

from kerasapp import components
from kerasapp.errors import StepError
from kerasapp.ops.decode import decode_frames
from kerasapp.tasks._base import Raw
from kerasapp.tasks._broken import name_broken
from kerasapp.tasks._classification import Classification
from kerasapp.tasks._labels import learn_labels
from kerasapp.tasks._pictures import decoded, learn_pictures, require_frames, scaled
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
    frames: PositiveInt | None = None
    """Of a moving GIF the first so many, of which the first step of preprocessing makes one picture; the last is there
    again where there are fewer.
    """
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
        if self.frames:
            require_frames(split, self.preprocessing)
        made = self.learned(**labels, image_shape=shape, value_range=value_range, input_shape=shape, learned_steps=[])
        learned, input_shape = learn(self.preprocessing, made._given, lambda: made._pictures(split))
        if len(input_shape) == 4:
            raise StepError("task.preprocessing", f"no step makes one picture of the {self.frames} frames")
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
        if self._early:
            steps = slice(0, self._early)
            image = preprocessed(self.pixels(raw), self.preprocessing[steps], self.learned_steps[steps])
        else:
            image = self._decoded(raw)[:, -1] if self.frames else self._decoded(raw)
        return {"image": image, **self.numbered(raw)}

    def pixels(self, raw: Raw) -> tf.Tensor:
        """What the first step of preprocessing is given, float32 in [0, 1]: (batch, [frames,] h, w, c)."""
        return scaled(self._decoded(raw), self._given, self.value_range)

    def encode(self, raw: Raw, keys: tf.Tensor | None = None) -> tuple[tf.Tensor, Raw]:
        if self._early:  # the cache has lost the shape
            image = tf.ensure_shape(
                raw["image"], [None, *(self.image_shape if self.augmentation else self.input_shape)]
            )
        else:
            image = scaled(raw["image"], self.image_shape, self.value_range)
        image = augmented(image, keys, self.augmentation) if keys is not None else image
        steps = slice(self._early, None)
        return preprocessed(image, self.preprocessing[steps], self.learned_steps[steps]), {}

    def elements(self, raw: Raw, keys: tf.Tensor | None = None) -> tuple:
        inputs, y = super().elements(raw, keys)
        return mixed(inputs, y, keys, self.mixing) if self.mixing and keys is not None else (inputs, y)

    @property
    def _early(self) -> int:
        """How many steps of preprocessing `prepare` does."""
        joins = 1 if self.frames and self.preprocessing else 0
        return joins if self.augmentation else len(self.preprocessing)

    @property
    def _given(self) -> list[int]:
        """The shape of what the first step of preprocessing is given."""
        return [self.frames, *self.image_shape] if self.frames else self.image_shape

    def _decoded(self, raw: Raw) -> tf.Tensor:
        """uint8, or an array's own dtype, (batch, *_given)."""
        if not self.frames:
            return decoded(raw["image"], self.image_shape, self.resize, self.value_range)
        *size, channels = self.image_shape
        return decode_frames(raw["image"], tuple(size), self.frames, channels=channels, mode=self.resize)

    def _pictures(self, split: Split) -> Iterator[tf.Tensor]:
        """`pixels` of a split, in parts. Raises DataError that names what can't be read."""
        chosen = np.linspace(0, len(split) - 1, min(LEARNED_FROM, len(split))).astype(np.int64)
        for start in range(0, len(chosen), PART):
            rows = chosen[start : start + PART]
            try:
                yield self.pixels(split.gather(tf.constant(rows)))
            except tf.errors.OpError as error:
                raise name_broken(self.plain(), split, rows) or error from None

    def read(self) -> dict[str, tf.TensorSpec]:
        return {"image": tf.TensorSpec([None], tf.string, name="image")}
