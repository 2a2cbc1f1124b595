"""The Laplacian of a Gaussian (Marr and Hildreth, 1980): edges are where it changes sign, blobs where it is extreme."""

import math

import numpy as np
import tensorflow as tf

from kerasapp.ops._pictures import filtered, require_pictures
from kerasapp.types import PositiveFloat

DEVIATIONS = 4  # where scipy.ndimage.gaussian_laplace cuts its kernel


def apply(images: tf.Tensor, *, sigma: PositiveFloat = 1.5) -> tf.Tensor:
    """Images (batch, h, w, c) -> the same shape, about 0: negative on bright blobs of some 1.4 `sigma` pixels' radius.

    It is times sigma squared, so that blobs of all sizes answer alike (Lindeberg, 1998, "Feature detection with
    automatic scale selection"), and 0 where the picture is flat. Raises ValueError where the kernel is larger than the
    pictures.
    """
    require_pictures(images)
    radius = math.floor(DEVIATIONS * sigma + 0.5)
    place = np.arange(-radius, radius + 1)
    weights = np.exp(-(place**2) / (2 * sigma**2))
    smooth = weights / weights.sum()
    curved = (place**2 / sigma**2 - 1) * smooth  # the second derivative, times sigma squared
    curved -= curved.sum() * smooth
    return filtered(images, curved, smooth) + filtered(images, smooth, curved)
