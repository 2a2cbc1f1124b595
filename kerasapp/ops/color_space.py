"""Another colour space, each channel in [0, 1].

HSV as tf.image.rgb_to_hsv and scikit-image have it, hue in turns. LAB is CIE L*a*b* (1976) of sRGB under D65, as in
OpenCV, its three numbers brought to [0, 1] as OpenCV's 8-bit form does: L / 100, (a + 128) / 255, (b + 128) / 255.
"""

from typing import Literal

import tensorflow as tf

from kerasapp.ops._pictures import luminance, require_pictures

TO_XYZ = (
    (0.412453 / 0.950456, 0.357580 / 0.950456, 0.180423 / 0.950456),
    (0.212671, 0.715160, 0.072169),
    (0.019334 / 1.088754, 0.119193 / 1.088754, 0.950227 / 1.088754),
)  # sRGB's primaries, by its white D65
DARK, SLOPE = 0.008856, 903.3  # CIE: below this Y, L is linear


def apply(images: tf.Tensor, *, to: Literal["RGB", "BGR", "gray", "HSV", "LAB"] = "gray") -> tf.Tensor:
    """Images (batch, h, w, 3), RGB in [0, 1], or grey (batch, h, w, 1) -> (batch, h, w, 3), or 1 channel for "gray"."""
    require_pictures(images, (1, 3))
    if to == "gray":
        return luminance(images)
    colours = tf.tile(images, [1, 1, 1, 3]) if images.shape[3] == 1 else images
    if to == "BGR":
        return colours[..., ::-1]
    if to == "HSV":
        return tf.image.rgb_to_hsv(colours)
    return _lab(colours) if to == "LAB" else colours


def _lab(colours: tf.Tensor) -> tf.Tensor:
    bright = ((tf.maximum(colours, 0.04045) + 0.055) / 1.055) ** 2.4
    linear = tf.where(colours > 0.04045, bright, colours / 12.92)  # IEC 61966-2-1
    xyz = tf.einsum("bhwc,xc->bhwx", linear, tf.constant(TO_XYZ, tf.float32))
    root = tf.where(xyz > DARK, tf.maximum(xyz, DARK) ** (1 / 3), SLOPE / 116 * xyz + 16 / 116)
    x, y, z = tf.unstack(root, axis=-1)
    lightness = (116 * y - 16) / 100
    return tf.stack([lightness, (500 * (x - y) + 128) / 255, (200 * (y - z) + 128) / 255], axis=-1)
