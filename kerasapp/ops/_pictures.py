"""What the steps of preprocessing share: what they take, what lies beyond the edge, brightness, smoothing."""

from collections.abc import Callable, Sequence

import tensorflow as tf

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow and OpenCV make grey


def require_pictures(images: tf.Tensor, channels: Sequence[int] = ()) -> None:
    """Raises ValueError where a batch is not (batch, h, w, c), or c none of `channels`."""
    if images.shape.rank == 5:
        raise ValueError(f"takes pictures, and gets {images.shape[1]} frames of each. Put kalman_smooth before it")
    if images.shape.rank != 4:
        raise ValueError(f"takes pictures, and gets {images.shape[-1]} numbers. Put it before the step that makes them")
    if channels and images.shape[3] not in channels:
        raise ValueError(f"takes pictures of {' or '.join(map(str, channels))} channels, and gets {images.shape[3]}")


def require_odd(size: int) -> None:
    """Raises ValueError: a kernel has its middle on a pixel."""
    if size % 2 == 0:
        raise ValueError(f"size is {size}, and must be odd")


def luminance(images: tf.Tensor) -> tf.Tensor:
    """Images (batch, h, w, 1 or 3) -> (batch, h, w, 1)."""
    require_pictures(images, (1, 3))
    return images if images.shape[3] == 1 else tf.tensordot(images, tf.constant(LUMA), 1)[..., tf.newaxis]


def on_luminance(images: tf.Tensor, change: Callable[[tf.Tensor], tf.Tensor]) -> tf.Tensor:
    """Images (batch, h, w, 1 or 3) in [0, 1] with another luminance and their own chrominance, cut to [0, 1].

    `change` makes (batch, h, w, 1) of the same.
    """
    before = luminance(images)
    return tf.clip_by_value(images + (change(before) - before), 0.0, 1.0)


def mirrored(images: tf.Tensor, radius: int) -> tf.Tensor:
    """Images with `radius` pixels more on each side, mirrored at the edge pixel: OpenCV's default border.

    Raises ValueError where they are too small for it.
    """
    if any(side is not None and side <= radius for side in images.shape[1:3]):
        height, width = images.shape[1:3]
        raise ValueError(f"a kernel of {2 * radius + 1} pixels is too large for pictures of {height} x {width}")
    return tf.pad(images, [[0, 0], [radius, radius], [radius, radius], [0, 0]], "REFLECT")


def filtered(images: tf.Tensor, down: Sequence[float], across: Sequence[float]) -> tf.Tensor:
    """Images (batch, h, w, c) under a kernel that is the product of two symmetric ones of one odd length."""
    channels = images.shape[3]
    vertical, horizontal = (
        tf.tile(tf.reshape(tf.constant(kernel, tf.float32), shape), [1, 1, channels, 1])
        for kernel, shape in ((down, (-1, 1, 1, 1)), (across, (1, -1, 1, 1)))
    )
    padded = mirrored(images, len(down) // 2)
    rows = tf.nn.depthwise_conv2d(padded, vertical, [1, 1, 1, 1], "VALID")
    return tf.nn.depthwise_conv2d(rows, horizontal, [1, 1, 1, 1], "VALID")
