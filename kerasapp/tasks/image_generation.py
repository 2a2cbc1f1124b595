"""Pictures like those of train: drawn from codes, or brought back from the codes that they are made into.

What a model must have, besides being a `keras.Model` that is trained on pictures (batch, height, width, channels) in
[0, 1]: `latent_dimensions`; `prior` ("normal", "uniform", or None where no distribution of codes is known);
`conditional`, whether it asks for a class as well; `decode(codes, labels)` -> pictures in [0, 1], where labels are
(batch, classes) one-hot or None. One that makes codes has `encode(pictures)` -> codes too.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

import keras
import numpy as np
import tensorflow as tf

from kerasapp import pictures
from kerasapp.data._split import Subset
from kerasapp.errors import DataError, KerasappError, StepError
from kerasapp.files import write
from kerasapp.names import lacking, some
from kerasapp.ops._latent import between, drawn
from kerasapp.tasks._base import Raw, Task
from kerasapp.tasks._generative import endpoints, in_parts, makes_codes, over, reconstructed
from kerasapp.tasks._labels import label_numbers, learn_labels
from kerasapp.tasks._losses import own_loss
from kerasapp.tasks._pictures import decoded, extremes, learn_pictures, scaled
from kerasapp.tasks._steps import augmented
from kerasapp.tasks._vocabulary import numbered
from kerasapp.types import Augmentation, Extractor, Fraction, PositiveInt, Spec, Split

ASKED = 64  # codes that an export is checked with
DRAWN = 64  # pictures in a sheet
COLUMNS = 8  # of one
INTERPOLATED = 10  # pictures from one code to another
SHEET, SHEETS, ANIMATION = "samples.png", "sheets", "samples.webp"
"""In a run's folder: what the model draws, what it drew on the way, and that as an animation."""
FRAME = 150  # milliseconds
NAMED = 20  # classes
BEYOND = 0.01  # of the scale, what a value may lie outside it


@dataclass(frozen=True, kw_only=True)
class ImageGeneration(Task):
    """Pictures of any source, with labels or without. Where some classes are `normal` only these are trained on, and
    the report says how well the others are told from them by the error of their reconstruction.
    """

    FACTS = ("image_shape", "num_classes")
    METRICS = ("loss", "elbo", "kl", "reconstruction", "bits_per_dimension", "d_loss", "g_loss", "d_real", "d_fake",
               "d_accuracy", "d_gradient", "g_gradient", "diversity", "fid", "kid")  # fmt: skip
    SPLIT = {"validation": 0.1, "test": 0.1}  # noqa: RUF012 - read as a literal
    TRAIN = {"epochs": 50, "batch_size": 64}  # noqa: RUF012
    INPUT = "image"
    EVALUATION = "generation"
    WHOLE_BATCHES = True

    codes = None  # how many numbers a code has, where it is codes that are read
    conditional = False  # whether a class is read beside them

    image_size: tuple[PositiveInt, PositiveInt] | None = None
    """Height and width. Default: the data's where it has one size, else the median of train, at most 224."""
    resize: Literal["stretch", "fit", "fill", "crop"] = "stretch"
    """How, as in image_classification."""
    channels: Literal[1, 3] | None = None
    """Default: 1 where all of train is grey, else 3."""
    augmentation: Augmentation = ()
    """Random steps, in training only."""
    normal: list[str] | None = None
    """The classes that are trained on; all others are anomalies, in validation and test."""
    false_alarms: Fraction = 0.05
    """The share of normal pictures of validation that the threshold of an anomaly lets be one."""
    draw_every: PositiveInt | None = None
    """Epochs between two sheets of pictures from the same codes. Default: about 50 in the whole training."""

    features: Extractor | None = None
    """What `val_fid` and `val_kid` are measured by, each `train.measure_every` epochs, of `feature_samples`; against
    train where there is no validation.
    """
    feature_samples: PositiveInt = 2000

    image_shape: list[int] = field(init=False, default=None, repr=False)
    value_range: list[float] | None = field(init=False, default=None, repr=False)
    """What becomes 0 and 1 of arrays that aren't uint8."""
    labels: list[str] | None = field(init=False, default=None, repr=False)
    """The classes' names, where train has two or more."""
    label_values: list[int] | None = field(init=False, default=None, repr=False)
    threshold: float | None = field(init=False, default=None, repr=False)
    """The error of reconstruction above which a picture is an anomaly, chosen on validation."""

    def adapt(self, split: Split) -> Self:
        shape, value_range = learn_pictures(split, self.image_size, self.channels)
        known = _classes(split)
        for name in self.normal or ():
            if name not in (known["labels"] or ()):
                raise StepError("task.normal", lacking("class", name, known["labels"] or ()))
        return self.learned(image_shape=shape, value_range=value_range, **known)

    def check(self, split: Split, name: str) -> None:
        """Raises DataError at a value outside the scale of train."""
        if self.value_range is None or split.features["image"].dtype in ("uint8", "string"):
            return
        low, high = self.value_range
        margin = BEYOND * (high - low)
        for start, lows, highs in extremes(split):
            wrong = (lows < low - margin) | (highs > high + margin)
            if wrong.any():
                at = int(np.argmax(wrong))
                told = f"values from {lows[at]:g} to {highs[at]:g}, and train lies within {low:g} and {high:g}"
                raise DataError(split.ids[start + at], f"{told}. Bring both to one scale")

    def cut(self, split: Split, asked: Collection[str] = ()) -> Split:
        if not self.normal:
            return split
        normal = self.is_normal(split)
        if not normal.any():
            raise StepError("task.normal", f"no picture of {', '.join(self.normal)} here")
        return Subset(split, np.flatnonzero(normal))

    def is_normal(self, split: Split) -> np.ndarray:
        """(examples,) bool."""
        places = [self.labels.index(name) for name in self.normal]
        return np.isin(label_numbers(split, self.labels, self.label_values), places)

    def facts(self) -> dict[str, Any]:
        return {"image_shape": tuple(self.image_shape), "num_classes": len(self.labels) if self.labels else None}

    def resolved(self) -> dict[str, Any]:
        return {"image_size": self.image_shape[:2], "channels": self.image_shape[2]}

    def augments(self) -> bool:
        return bool(self.augmentation)

    def plain(self) -> Self:
        return self.learned(augmentation=())

    def prepare(self, raw: Raw) -> Raw:
        """`image` (batch, height, width, channels), uint8 or an array's own dtype, and `label` (batch,) int64 where
        there is one; in serving from codes these as they are.
        """
        label = {"label": numbered(raw["label"], self.labels, self.label_values)} if self._labelled(raw) else {}
        if "code" in raw:
            return {"code": raw["code"], **{name: self._known(places) for name, places in label.items()}}
        return {"image": decoded(raw["image"], self.image_shape, self.resize, self.value_range), **label}

    def encode(self, raw: Raw, keys: tf.Tensor | None = None) -> tuple[Any, Raw]:
        if "code" in raw:
            return {"code": raw["code"], **({"label": self._one_hot(raw)} if self.conditional else {})}, {}
        image = scaled(raw["image"], self.image_shape, self.value_range)
        return augmented(image, keys, self.augmentation) if keys is not None else image, {}

    def elements(self, raw: Raw, keys: tf.Tensor | None = None) -> tuple:
        """(pictures,), or (pictures, {"label": (batch, classes) one-hot})."""
        inputs, context = self.encode(raw, keys)
        return (inputs, self.target(raw, context)) if "label" in raw else (inputs,)

    def target(self, raw: Raw, context: Raw) -> Raw:
        return {"label": self._one_hot(raw)}

    def loss(self, chosen: Spec | None = None, label_smoothing: float = 0.0) -> None:
        own_loss(chosen, label_smoothing)

    def metrics(self) -> list[keras.metrics.Metric]:
        """None: they are the model's."""
        return []

    def measured(self, model: keras.Model, splits: dict[str, Split]) -> Collection[str] | None:
        tracked = getattr(model, "tracked", None)
        if tracked is None:
            return None
        own = {metric.name for metric in tracked} | (set() if hasattr(model, "OPTIMIZERS") else {"loss"})
        validated = {f"val_{name}" for name in own} if "validation" in splits else set()
        return own | validated | ({"val_fid", "val_kid"} if self.features else set())

    def decode(self, outputs: Raw, context: Raw) -> Raw:
        """From codes: `image` float32 (batch, height, width, channels). From pictures: `code`, `error`, the mean
        squared difference of the reconstruction, and `anomaly`, bool, where a threshold is known.
        """
        if self.threshold is None or "error" not in outputs:
            return outputs
        return {**outputs, "anomaly": outputs["error"] > self.threshold}

    def read(self) -> dict[str, tf.TensorSpec]:
        if self.codes is None:
            return {"image": tf.TensorSpec([None], tf.string, name="image")}
        label = {"label": tf.TensorSpec([None], tf.string)} if self.conditional else {}
        return {"code": tf.TensorSpec([None, self.codes], tf.float32), **label}

    def asked(self, examples: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        if self.codes is None:
            return examples
        code = np.random.default_rng(0).standard_normal((ASKED, self.codes)).astype(np.float32)
        label = [self.labels[at % len(self.labels)].encode() for at in range(ASKED)] if self.conditional else []
        return {"code": code, **({"label": np.array(label, object)} if label else {})}

    def served(self, model: keras.Model) -> tuple[Callable, Self]:
        """Pictures, of a model that makes codes of them; else codes, and the class where it asks for one."""
        if makes_codes(model):
            return lambda images: dict(zip(("code", "error"), reconstructed(model, images)[::2], strict=True)), self
        task = self.learned(codes=model.latent_dimensions, conditional=model.conditional)
        return lambda inputs: {"image": model.decode(inputs["code"], inputs.get("label"))}, task

    def signatures(self, model: keras.Model) -> dict[str, Callable]:
        """`serving_default`; `decode`, codes to `image` and PNG files; `generate`, these from a seed and a count; and
        of a model that makes codes `encode` and `reconstruct`.
        """
        return super().signatures(model) | endpoints(self, model)

    def conclude(self, model: keras.Model, splits: dict[str, Split]) -> Self:
        """Learns the threshold of an anomaly from the errors of normal pictures of validation."""
        if not makes_codes(model) or "validation" not in splits:
            return self
        (found,) = over(self, self.cut(splits["validation"]), lambda images: reconstructed(model, images)[2:])
        return self.learned(threshold=float(np.quantile(found, 1 - self.false_alarms)))

    def sheet(self, model: keras.Model, split: Split | None = None) -> np.ndarray:
        """What a model draws from codes that are always the same; where no distribution of codes is known, rows of
        pictures of a split, each above the row of their reconstructions. uint8 (height, width, channels).
        """
        if model.prior is not None:
            columns = len(self.labels) if model.conditional and len(self.labels) <= 16 else COLUMNS
            count = columns * -(-DRAWN // columns) if model.conditional else DRAWN
            return pictures.tiled(self.draw(model, count, seed=0), columns)
        rows = tf.range(min(DRAWN // 2, len(split)) // COLUMNS * COLUMNS or len(split), dtype=tf.int64)
        given, _ = self.encode(self.prepare(split.gather(rows)))
        back = model.decode(model.encode(given), None)
        return pictures.tiled(pictures.in_rows(given, back, COLUMNS), min(COLUMNS, len(rows)))

    def draw(self, model: keras.Model, count: int, seed: int, label: str | None = None) -> np.ndarray:
        """(count, height, width, channels) uint8, of one class or of all in turn."""
        codes = drawn(seed, count, model.latent_dimensions, model.prior)
        return in_parts(model.decode, codes, self.one_hot(model, count, label))

    def interpolate(self, model: keras.Model, rows: int, seed: int, label: str | None = None) -> np.ndarray:
        """(rows x INTERPOLATED, height, width, channels) uint8: each row goes from one code to another."""
        ends = np.asarray(drawn(seed, 2 * rows, model.latent_dimensions, model.prior))
        codes = [between(*ends[2 * at : 2 * at + 2], INTERPOLATED, model.prior) for at in range(rows)]
        labels = self.one_hot(model, rows, label)
        labels = None if labels is None else np.repeat(labels, INTERPOLATED, axis=0)
        return in_parts(model.decode, np.concatenate(codes), labels)

    def one_hot(self, model: keras.Model, count: int, label: str | None = None) -> tf.Tensor | None:
        """(count, classes) for a model that asks for a class: one, or all in turn. Raises KerasappError."""
        if not model.conditional:
            if label is not None:
                raise KerasappError("--label: this model draws without being told a class. Leave it out")
            return None
        if label is not None and label not in self.labels:
            raise KerasappError(f"--label: {lacking('class', label, self.labels)}")
        places = tf.range(count) % len(self.labels) if label is None else tf.fill([count], self.labels.index(label))
        return tf.one_hot(places, len(self.labels))

    def keep(self, result: keras.Model, folder: Path) -> None:
        """samples.png, where it draws from a known distribution, and samples.webp, where it drew on the way."""
        if result.prior is not None:
            write(folder / SHEET, pictures.png(self.sheet(result)))
        frames = [path.read_bytes() for path in sorted((folder / SHEETS).glob("*.png"))]
        if len(frames) > 1:
            write(folder / ANIMATION, pictures.animated(frames, FRAME))

    def _labelled(self, raw: Raw) -> bool:
        return self.labels is not None and "label" in raw

    def _one_hot(self, raw: Raw) -> tf.Tensor:
        return tf.one_hot(raw["label"], len(self.labels))

    def one_hot_of(self, names: tf.Tensor) -> tf.Tensor:
        """(batch,) strings -> (batch, classes). Serving answers with an error where one is no class."""
        return tf.one_hot(self._known(numbered(names, self.labels, self.label_values)), len(self.labels))

    def _known(self, places: tf.Tensor) -> tf.Tensor:
        """The same numbers of classes, none of them -1."""
        told = f"label: no such class. There are {some(self.labels, NAMED)}"
        with tf.control_dependencies([tf.debugging.Assert(tf.reduce_all(places >= 0), [told])]):
            return tf.identity(places)


def _classes(split: Split) -> dict[str, Any]:
    """`labels` and `label_values` where train has two classes or more, else None of both."""
    try:
        found = learn_labels(split)
    except DataError:
        return {"labels": None, "label_values": None}
    return {"labels": found["labels"], "label_values": found["label_values"]}
