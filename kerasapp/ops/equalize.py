"""Histogram equalisation, as OpenCV's equalizeHist: every grey level about equally often."""

import tensorflow as tf

from kerasapp.ops._histogram import equalized
from kerasapp.ops._pictures import on_luminance


def apply(images: tf.Tensor) -> tf.Tensor:
    """Images (batch, h, w, 1 or 3) in [0, 1] -> the same; of colours the luminance, in 256 levels, chrominance kept."""
    return on_luminance(images, equalized)
