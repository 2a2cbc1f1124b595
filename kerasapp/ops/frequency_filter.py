"""A low or high pass by the Fourier transform of each channel: what is smooth, or what is fine, is left.

Left out: padding; the picture counts as repeated without end, so that the left edge shows at the right.
"""

from typing import Literal

import numpy as np
import tensorflow as tf

from kerasapp.ops._pictures import require_pictures
from kerasapp.types import Fraction

HIGHEST = 0.5  # cycles a pixel


def apply(
    images: tf.Tensor,
    *,
    keep: Literal["low", "high"] = "low",
    cutoff: Fraction = 0.25,
    shape: Literal["gaussian", "ideal"] = "gaussian",
) -> tf.Tensor:
    """Images (batch, h, w, c) of one known size -> the same shape; "low" is cut to [0, 1], "high" lies about 0.

    cutoff: as a share of the highest frequency, half a cycle a pixel: a Gaussian's standard deviation there, or, for
    "ideal", the frequency beyond which nothing is left of the low pass; that one rings at edges.
    Raises ValueError for pictures of unknown size.
    """
    require_pictures(images)
    height, width = images.shape[1:3]
    if height is None or width is None:
        raise ValueError("takes pictures of one size")
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))  # (h, w // 2 + 1), cycles a pixel
    limit = cutoff * HIGHEST
    if shape == "ideal" or limit == 0:
        low = (frequency <= limit).astype("float32")
    else:
        low = np.exp(-(frequency**2) / (2 * limit**2))
    channels_first = tf.transpose(images, [0, 3, 1, 2])
    spectrum = tf.signal.rfft2d(channels_first) * tf.cast(low if keep == "low" else 1 - low, tf.complex64)
    made = tf.transpose(tf.signal.irfft2d(spectrum, [height, width]), [0, 2, 3, 1])
    return tf.clip_by_value(made, 0.0, 1.0) if keep == "low" else made
