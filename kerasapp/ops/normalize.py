"""Zero mean and unit variance: by the channels of the training pictures, by given numbers, or picture by picture."""

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import tensorflow as tf

SMALLEST = 1e-6  # a deviation that is divided by


def learn(
    batches: Iterable[np.ndarray],
    *,
    by: Literal["train", "image"] = "train",
    mean: list[float] | None = None,
    std: list[float] | None = None,
) -> dict[str, Any]:
    """`mean` and `std` of each channel (or of each number, after a step that makes such) of training batches."""
    if by == "image" or (mean is not None and std is not None):
        return {}
    count, total, squares = 0, 0.0, 0.0
    for batch in batches:
        rows = batch.reshape(-1, batch.shape[-1]).astype(np.float64)
        count, total, squares = count + len(rows), total + rows.sum(axis=0), squares + (rows**2).sum(axis=0)
    middle = total / count
    return {"mean": middle.tolist(), "std": np.sqrt(np.maximum(squares / count - middle**2, 0)).tolist()}


def apply(
    images: tf.Tensor,
    learned: dict[str, Any],
    *,
    by: Literal["train", "image"] = "train",
    mean: list[float] | None = None,
    std: list[float] | None = None,
) -> tf.Tensor:
    """Images (batch, h, w, c) or features (batch, n) -> the same shape, (x - mean) / std.

    by: "train": the mean and standard deviation of each channel over pictures of train, or those given; "image": each
    picture by its own, over all of its channels, as tf.image.per_image_standardization.
    Raises ValueError where as many are not given as there are channels.
    """
    if by == "image":
        axes = list(range(1, images.shape.rank))
        middle, variance = tf.nn.moments(images, axes, keepdims=True)
        pixels = tf.cast(tf.reduce_prod(tf.shape(images)[1:]), tf.float32)
        return (images - middle) / tf.maximum(tf.sqrt(variance), tf.math.rsqrt(pixels))
    channels = images.shape[-1]
    for name, given in (("mean", mean), ("std", std)):
        if given is not None and len(given) not in (1, channels):
            raise ValueError(f"{name} has {len(given)} numbers, and there are {channels} channels")
    middle = np.asarray(learned["mean"] if mean is None else mean, np.float32)
    deviation = np.asarray(learned["std"] if std is None else std, np.float32)
    return (images - middle) / np.where(deviation < SMALLEST, np.float32(1), deviation)
