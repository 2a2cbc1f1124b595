"""Codes to make pictures from, as a pure function of a seed: the same in a verb, while training and in an export."""

from typing import Literal

import numpy as np
import tensorflow as tf

Prior = Literal["normal", "uniform"]


def drawn(seed: int | tf.Tensor, count: int | tf.Tensor, dimensions: int, prior: Prior) -> tf.Tensor:
    """(count, dimensions) float32, standard normal or uniform in [-1, 1), a function of the seed's lowest 64 bits."""
    key = tf.stack([tf.cast(seed, tf.int64), tf.constant(0, tf.int64)])
    shape = tf.stack([tf.cast(count, tf.int32), dimensions])
    if prior == "uniform":
        codes = tf.random.stateless_uniform(shape, key, -1.0, 1.0)
    else:
        codes = tf.random.stateless_normal(shape, key)
    return tf.ensure_shape(codes, [None, dimensions])


def between(a: np.ndarray, b: np.ndarray, steps: int, prior: Prior) -> np.ndarray:
    """(dimensions,) each -> (steps, dimensions) from `a` to `b`: along the sphere where codes are normal, whose length
    hardly varies (White, 2016, arXiv:1609.04468, section 2.1), else straight.
    """
    shares = np.linspace(0, 1, steps)[:, None]
    cosine = np.dot(a, b) / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-12)
    angle = np.arccos(np.clip(cosine, -1, 1))
    if prior == "uniform" or np.sin(angle) < 1e-6:
        return ((1 - shares) * a + shares * b).astype(np.float32)
    return ((np.sin((1 - shares) * angle) * a + np.sin(shares * angle) * b) / np.sin(angle)).astype(np.float32)
