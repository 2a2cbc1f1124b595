"""Contrast-limited adaptive histogram equalisation (Zuiderveld, 1994), as OpenCV's CLAHE, in TensorFlow ops.

Each tile has its own equalisation, and a pixel's is interpolated between those of the four tiles around it. What a
histogram has above the limit is spread over all levels, so that flat regions are not blown up to noise.
"""

import tensorflow as tf

from kerasapp.ops._histogram import LEVELS, counts, levels
from kerasapp.ops._pictures import on_luminance, require_pictures
from kerasapp.types import PositiveFloat, PositiveInt


def apply(
    images: tf.Tensor, *, clip_limit: PositiveFloat = 2.0, tiles: tuple[PositiveInt, PositiveInt] = (8, 8)
) -> tf.Tensor:
    """Images (batch, h, w, 1 or 3) in [0, 1] of one known size -> the same; of colours the luminance.

    clip_limit: how many times its even share a level may have. tiles: down and across.
    Raises ValueError where the pictures have fewer pixels than tiles.
    """
    require_pictures(images, (1, 3))
    height, width = images.shape[1:3]
    if height is None or width is None or height <= tiles[0] or width <= tiles[1]:
        raise ValueError(f"{tiles[0]} x {tiles[1]} tiles are too many for pictures of {height} x {width}")
    return on_luminance(images, lambda grey: _adapted(levels(grey), clip_limit, tiles))


def _adapted(values: tf.Tensor, clip_limit: float, tiles: tuple[int, int]) -> tf.Tensor:
    """(batch, h, w, 1) int32 -> float32 in [0, 1]."""
    height, width = values.shape[1:3]
    tables, (tall, wide) = _tables(values, clip_limit, tiles)  # (batch, tiles * 256)
    top, bottom, lower = _neighbours(height, tall, tiles[0])
    left, right, righter = _neighbours(width, wide, tiles[1])
    flat = tf.reshape(values, [-1, height * width])

    def looked_up(rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
        tile = tf.reshape(rows[:, tf.newaxis] * tiles[1] + columns, [-1])  # (h * w,)
        return tf.reshape(tf.gather(tables, tile * LEVELS + flat, batch_dims=1), [-1, height, width])

    upper_row = looked_up(top, left) * (1 - righter) + looked_up(top, right) * righter
    lower_row = looked_up(bottom, left) * (1 - righter) + looked_up(bottom, right) * righter
    made = upper_row * (1 - lower[:, tf.newaxis]) + lower_row * lower[:, tf.newaxis]
    return tf.round(made)[..., tf.newaxis] / 255.0


def _tables(values: tf.Tensor, clip_limit: float, tiles: tuple[int, int]) -> tuple[tf.Tensor, tuple[int, int]]:
    """(batch, tiles down * tiles across * 256) float32, the level that each becomes; and the pixels of a tile.

    Where the tiles do not divide the picture it is first made larger as OpenCV does: by a whole number of tiles even on
    the side that they divide.
    """
    height, width = values.shape[1:3]
    left = [height % tiles[0], width % tiles[1]]
    more = [tiles[0] - left[0], tiles[1] - left[1]] if any(left) else [0, 0]
    padded = tf.pad(values[..., 0], [[0, 0], [0, more[0]], [0, more[1]]], "REFLECT")
    tall, wide = (height + more[0]) // tiles[0], (width + more[1]) // tiles[1]
    parts = tf.transpose(tf.reshape(padded, [-1, tiles[0], tall, tiles[1], wide]), [0, 1, 3, 2, 4])
    limited = _limited(counts(tf.reshape(parts, [-1, tall * wide])), max(int(clip_limit * tall * wide / LEVELS), 1))
    table = tf.minimum(tf.round(tf.cast(tf.cumsum(limited, axis=1), tf.float32) * (255.0 / (tall * wide))), 255.0)
    return tf.reshape(table, [-1, tiles[0] * tiles[1] * LEVELS]), (tall, wide)


def _limited(histogram: tf.Tensor, limit: int) -> tf.Tensor:
    """(rows, 256) int32 -> the same sums, what was above the limit spread evenly, the rest of it in equal steps."""
    above = tf.reduce_sum(tf.maximum(histogram - limit, 0), axis=1, keepdims=True)
    rest = above % LEVELS
    step = tf.maximum(LEVELS // tf.maximum(rest, 1), 1)
    level = tf.range(LEVELS)
    one_more = (level % step == 0) & (level // step < rest)
    return tf.minimum(histogram, limit) + above // LEVELS + tf.cast(one_more, tf.int32)


def _neighbours(length: int, tile: int, count: int) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """For each pixel of a side: the tile before it, the tile after it, and how near it is to the latter."""
    place = tf.range(length, dtype=tf.float32) / tile - 0.5
    first = tf.floor(place)
    before, after = (tf.clip_by_value(tf.cast(first + more, tf.int32), 0, count - 1) for more in (0.0, 1.0))
    return before, after, place - first
