"""Gaussian smoothing, as OpenCV's GaussianBlur: mirrored at the edges, the kernel cut at three deviations."""

import math

import numpy as np
import tensorflow as tf

from kerasapp.ops._pictures import filtered, require_pictures
from kerasapp.types import PositiveFloat

DEVIATIONS = 3  # beyond which .3 % of the kernel lies


def apply(images: tf.Tensor, *, sigma: PositiveFloat = 1.0) -> tf.Tensor:
    """Images (batch, h, w, c) -> the same, smoothed with a standard deviation of `sigma` pixels.

    Raises ValueError where the kernel is larger than the pictures.
    """
    require_pictures(images)
    place = np.arange(-math.ceil(DEVIATIONS * sigma), math.ceil(DEVIATIONS * sigma) + 1)
    weights = np.exp(-(place**2) / (2 * sigma**2))
    kernel = weights / weights.sum()
    return filtered(images, kernel, kernel)
