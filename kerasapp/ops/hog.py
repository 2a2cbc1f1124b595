"""Histograms of oriented gradients (Dalal and Triggs, 2005), number for number as OpenCV's HOGDescriptor.

Square root of the pixels, of colours the channel with the steepest gradient, directions without sign, votes shared
between the two nearest directions and the four nearest cells under a Gaussian window, blocks normalised by L2-Hys.
Left out: signed directions, other normalisations, and pixels at the right and lower edge that fill no cell.
"""

import math

import numpy as np
import tensorflow as tf

from kerasapp.ops._pictures import mirrored, require_pictures
from kerasapp.types import PositiveInt

CLIP = 0.2  # L2-Hys: where a normalised block is cut before it is normalised again; Lowe, 2004


def apply(
    images: tf.Tensor, *, orientations: PositiveInt = 9, cell_size: PositiveInt = 8, block_size: PositiveInt = 2
) -> tf.Tensor:
    """Images (batch, h, w, 1 or 3) in [0, 1] of one known size -> float32 (batch, n), at most .2 or little more.

    cell_size: in pixels. block_size: in cells a side; blocks overlap, one begins at each cell. n is blocks across *
    blocks down * block_size squared * orientations. Raises ValueError where the pictures are smaller than a block.
    """
    require_pictures(images, (1, 3))
    height, width = images.shape[1:3]
    side = cell_size * block_size
    if height is None or width is None or min(height, width) < side:
        told = f"{block_size} x {block_size} cells of {cell_size} pixels do not fit pictures of {height} x {width}"
        raise ValueError(f"{told}: set cell_size, or task.image_size")
    votes = _votes(tf.sqrt(255.0 * tf.clip_by_value(images, 0.0, 1.0)), orientations)  # (batch, h, w, orientations)
    shared = _shares(cell_size, block_size)  # (side, side, cells)
    kernel = tf.tile(tf.constant(shared)[:, :, tf.newaxis], [1, 1, orientations, 1])
    blocks = tf.nn.depthwise_conv2d(votes, kernel, [1, cell_size, cell_size, 1], "VALID")
    down, across, cells = blocks.shape[1], blocks.shape[2], block_size**2
    blocks = tf.reshape(blocks, [-1, down, across, orientations, cells])
    blocks = tf.transpose(blocks, [0, 2, 1, 4, 3])  # OpenCV's order: column of blocks, block, cell, direction
    return tf.reshape(_normalised(tf.reshape(blocks, [-1, across * down, cells * orientations])),
                      [-1, across * down * cells * orientations])  # fmt: skip


def _votes(pixels: tf.Tensor, orientations: int) -> tf.Tensor:
    """(batch, h, w, c) -> (batch, h, w, orientations): each pixel's gradient, shared by its two nearest directions."""
    padded = mirrored(pixels, 1)
    across = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    steepness = across**2 + down**2
    steepest = tf.one_hot(tf.argmax(steepness, axis=-1), pixels.shape[-1])
    across, down = tf.reduce_sum(across * steepest, axis=-1), tf.reduce_sum(down * steepest, axis=-1)
    size = tf.sqrt(across**2 + down**2)
    direction = tf.atan2(down, across) * (orientations / math.pi) - 0.5
    first = tf.floor(direction)
    share = direction - first
    place = tf.cast(first, tf.int32) % orientations
    lower, upper = tf.one_hot(place, orientations), tf.one_hot((place + 1) % orientations, orientations)
    return size[..., tf.newaxis] * ((1.0 - share)[..., tf.newaxis] * lower + share[..., tf.newaxis] * upper)


def _shares(cell: int, count: int) -> np.ndarray:
    """(side, side, cells) float32: how much of a block's pixel goes to each of its cells, columns of cells first."""
    side = cell * count
    place = np.arange(side)
    window = np.exp(-((place - side / 2) ** 2) / (2 * (side / 4) ** 2))
    near = np.maximum(1 - np.abs((place[:, None] + 0.5) / cell - 0.5 - np.arange(count)), 0)  # (side, count)
    along = window[:, None] * near
    return np.einsum("yj,xi->yxij", along, along).reshape(side, side, count**2).astype(np.float32)


def _normalised(blocks: tf.Tensor) -> tf.Tensor:
    """(..., n), with the small numbers that OpenCV adds against division by zero."""
    numbers = blocks.shape[-1]
    blocks = tf.minimum(blocks / (tf.norm(blocks, axis=-1, keepdims=True) + 0.1 * numbers), CLIP)
    return blocks / (tf.norm(blocks, axis=-1, keepdims=True) + 1e-3)
