"""RandAugment (Cubuk et al., 2019, arXiv:1909.13719): a few of 14 operations, by chance, all of one strength.

Ranges are those of torchvision's RandAugment, after AutoAugment (Cubuk et al., 2018, arXiv:1805.09501, table 6). What
has a direction gets one by chance. Other than there, edges are mirrored, not filled with black.
"""

import math

import tensorflow as tf

from kerasapp.ops._affine import matrix, warp
from kerasapp.ops._blend import blend, mean_grey
from kerasapp.ops._histogram import equalized
from kerasapp.ops._pictures import filtered, luminance
from kerasapp.ops._random import fold_in, uniform
from kerasapp.types import PositiveInt

STRONGEST = 10  # the paper's largest magnitude
TURN, SHEAR, SHIFT, BLEND = math.radians(30), 0.3, 150 / 331, 0.9
MOVES = ("identity", "rotate", "shear_x", "shear_y", "shift_x", "shift_y")
BLENDS = ("brightness", "contrast", "saturation", "sharpness")
LEVELS = ("autocontrast", "equalize", "solarize", "posterize")
OPERATIONS = (*MOVES, *BLENDS, *LEVELS)


def augment(
    images: tf.Tensor, keys: tf.Tensor, *, operations: PositiveInt = 2, magnitude: PositiveInt = 9
) -> tf.Tensor:
    """Images (batch, h, w, 1 or 3) in [0, 1] and keys (batch, 2) int32 -> images in [0, 1].

    operations: one after the other, each any of the 14. magnitude: 1 to 10; the paper has 2 of 9 for ResNet-50 on
    ImageNet. Raises ValueError at a magnitude beyond 10.
    """
    if magnitude > STRONGEST:
        raise ValueError(f"magnitude is {magnitude}, and at most {STRONGEST}")
    for number in range(operations):
        drawn = uniform(fold_in(keys, number), 0, 2)  # (batch, 2)
        chosen = tf.cast(drawn[:, 0] * len(OPERATIONS), tf.int32)
        strength = tf.where(drawn[:, 1] < 0.5, -1.0, 1.0) * (magnitude / STRONGEST)
        images = _moved(images, chosen, strength)
        images = _blended(images, chosen, strength)
        images = _levelled(images, chosen, magnitude / STRONGEST)
    return images


def _is(chosen: tf.Tensor, name: str) -> tf.Tensor:
    """(batch,) bool."""
    return tf.equal(chosen, OPERATIONS.index(name))


def _only(chosen: tf.Tensor, name: str, value: tf.Tensor, otherwise: float = 0.0) -> tf.Tensor:
    return tf.where(_is(chosen, name), value, otherwise)


def _moved(images: tf.Tensor, chosen: tf.Tensor, strength: tf.Tensor) -> tf.Tensor:
    """All that move pixels are one affine map each."""
    size = tf.cast(tf.shape(images)[1:3], tf.float32)
    angle = _only(chosen, "rotate", TURN * strength)
    shear_x, shear_y = (_only(chosen, f"shear_{axis}", SHEAR * strength) for axis in "xy")
    right, down = (_only(chosen, f"shift_{axis}", SHIFT * strength * size[at]) for axis, at in (("x", 1), ("y", 0)))
    rows = matrix(tf.cos(angle), shear_x - tf.sin(angle), right, shear_y + tf.sin(angle), tf.cos(angle), down)
    return tf.clip_by_value(warp(images, rows), 0.0, 1.0)


def _blended(images: tf.Tensor, chosen: tf.Tensor, strength: tf.Tensor) -> tf.Tensor:
    """All that go towards a plainer picture, or away from it."""
    smooth = filtered(images, [1 / 3] * 3, [1 / 3] * 3)
    smooth = smooth + 4 / 13 * (images - smooth)  # Pillow's SMOOTH: 5 in the middle of eight 1
    plainer = {
        "brightness": tf.zeros_like(images),
        "contrast": mean_grey(images) + tf.zeros_like(images),
        "saturation": luminance(images) + tf.zeros_like(images),
        "sharpness": smooth,
    }
    other = images
    for name, value in plainer.items():
        other = tf.where(_is(chosen, name)[:, tf.newaxis, tf.newaxis, tf.newaxis], value, other)
    return blend(images, other, (1.0 + BLEND * strength)[:, tf.newaxis, tf.newaxis, tf.newaxis])


def _levelled(images: tf.Tensor, chosen: tf.Tensor, strength: float) -> tf.Tensor:
    """All that put another value in the place of each; they have no direction."""
    lowest, highest = (reduce(images, axis=[1, 2], keepdims=True) for reduce in (tf.reduce_min, tf.reduce_max))
    steps = 2.0 ** round(8 - 4 * strength)  # of the 8 bits, 4 to 8 stay
    changed = {
        "autocontrast": tf.where(highest > lowest, tf.math.divide_no_nan(images - lowest, highest - lowest), images),
        "equalize": _equalized(images),
        "solarize": tf.where(images < 1.0 - strength, images, 1.0 - images),  # white alone at strength 0, all at 1
        "posterize": tf.minimum(tf.floor(images * steps), steps - 1.0) / steps,
    }
    for name, value in changed.items():
        images = tf.where(_is(chosen, name)[:, tf.newaxis, tf.newaxis, tf.newaxis], value, images)
    return images


def _equalized(images: tf.Tensor) -> tf.Tensor:
    """Channel by channel, as Pillow does."""
    return tf.concat([equalized(channel) for channel in tf.split(images, images.shape[3], axis=3)], axis=3)
