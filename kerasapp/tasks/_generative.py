"""What the pictures' generation has in serving besides its one answer, and how it goes through many examples."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from kerasapp.ops._latent import drawn
from kerasapp.pictures import as_pixels
from kerasapp.tasks._base import Raw
from kerasapp.types import Split

if TYPE_CHECKING:
    from kerasapp.tasks.image_generation import ImageGeneration

AT_ONCE = 256  # examples in memory


def makes_codes(model: keras.Model) -> bool:
    """Whether a model makes codes of pictures, as autoencoders do."""
    return hasattr(model, "encode")


def squared_error(images: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """(batch, h, w, c) twice -> (batch,) float32, the mean squared difference."""
    return tf.reduce_mean(tf.square(tf.cast(images, tf.float32) - tf.cast(others, tf.float32)), axis=[1, 2, 3])


def reconstructed(model: keras.Model, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Of pictures (batch, h, w, c): their codes, what these are decoded to, and the error of that."""
    codes = model.encode(images)
    back = model.decode(codes, None)
    return codes, back, squared_error(images, back)


def in_parts(function: Callable, codes: tf.Tensor, labels: tf.Tensor | None) -> np.ndarray:
    """`function(codes, labels)`, pictures, with a part of both at a time, joined: uint8."""
    parts = [
        as_pixels(np.asarray(function(codes[at : at + AT_ONCE], None if labels is None else labels[at : at + AT_ONCE])))
        for at in range(0, len(codes), AT_ONCE)
    ]
    return np.concatenate(parts)


def spread(length: int, most: int) -> np.ndarray:
    """At most so many of `length` rows, evenly: a part of them from the front may be of some classes alone."""
    return np.unique(np.linspace(0, length - 1, min(most, length)).astype(int))


def over(task: "ImageGeneration", split: Split, function: Callable, rows: np.ndarray | None = None) -> list[np.ndarray]:
    """What `function(pictures)`, a tuple of tensors (batch, ...), gives for a split, or for some rows of it, joined."""
    call = tf.function(lambda raw: function(task.encode(task.prepare(raw))[0]), autograph=False, reduce_retracing=True)
    rows = np.arange(len(split)) if rows is None else np.asarray(rows)
    parts = [call(split.gather(tf.constant(rows[at : at + AT_ONCE]))) for at in range(0, len(rows), AT_ONCE)]
    return [np.concatenate([part.numpy() for part in column]) for column in zip(*parts, strict=True)]


def as_png(images: tf.Tensor) -> tf.Tensor:
    """(batch, h, w, c) float in [0, 1] -> (batch,) PNG files."""
    pixels = tf.cast(tf.round(255.0 * tf.clip_by_value(images, 0.0, 1.0)), tf.uint8)
    return tf.map_fn(tf.io.encode_png, pixels, fn_output_signature=tf.string)


def endpoints(task: "ImageGeneration", model: keras.Model) -> dict[str, Callable]:
    """`decode` takes codes, `generate` a seed and a count, where codes have a known distribution: both give `image`
    float32 (batch, h, w, c) and `png`, files. Where a model draws by class, `label`, its name, is asked for as well.
    `encode` takes image files and gives `code`; `reconstruct` takes them and gives `image`, `png` and `error`.
    """
    code = tf.TensorSpec([None, model.latent_dimensions], tf.float32, name="code")
    name = [tf.TensorSpec([None], tf.string, name="label")] if model.conditional else []
    file = tf.TensorSpec([None], tf.string, name="image")
    number, many = tf.TensorSpec([], tf.int64, name="seed"), tf.TensorSpec([], tf.int32, name="count")

    def labels_of(label: tuple[tf.Tensor, ...]) -> tf.Tensor | None:
        return task.one_hot_of(*label) if label else None

    def both(image: tf.Tensor) -> Raw:
        return {"image": image, "png": as_png(image)}

    @tf.function(input_signature=[code, *name], autograph=False)
    def decode(code: tf.Tensor, *label: tf.Tensor) -> Raw:
        return both(model.decode(code, labels_of(label)))

    @tf.function(input_signature=[number, many, *(tf.TensorSpec([], tf.string, name="label") for _ in name)],
                 autograph=False)  # fmt: skip
    def generate(seed: tf.Tensor, count: tf.Tensor, *label: tf.Tensor) -> Raw:
        codes = drawn(seed, count, model.latent_dimensions, model.prior)
        return both(model.decode(codes, labels_of(tuple(tf.fill([count], one) for one in label))))

    def pictures(image: tf.Tensor) -> tf.Tensor:
        return task.encode(task.prepare({"image": image}))[0]

    @tf.function(input_signature=[file], autograph=False)
    def encode(image: tf.Tensor) -> Raw:
        return {"code": model.encode(pictures(image))}

    @tf.function(input_signature=[file], autograph=False)
    def reconstruct(image: tf.Tensor) -> Raw:
        _, back, error = reconstructed(model, pictures(image))
        return {**both(back), "error": error}

    found = {"decode": decode}
    found |= {"generate": generate} if model.prior is not None else {}
    return found | ({"encode": encode, "reconstruct": reconstruct} if makes_codes(model) else {})
