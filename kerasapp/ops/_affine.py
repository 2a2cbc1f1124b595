"""Affine warps of a batch, one matrix an image, about the image's centre."""

import tensorflow as tf


def warp(images: tf.Tensor, matrices: tf.Tensor, *, fill_mode: str = "reflect", fill_value: float = 0.0) -> tf.Tensor:
    """Images (batch, h, w, c) float32 by matrices (batch, 2, 3) -> (batch, h, w, c), bilinear.

    A matrix takes a pixel (x, y) of the result, counted from the centre, to where in the image its value is read.
    """
    shape = tf.shape(images)
    centre = tf.cast(tf.stack([shape[2] - 1, shape[1] - 1]), tf.float32) / 2.0  # (x, y)
    linear, shift = matrices[:, :, :2], matrices[:, :, 2]
    shift = shift + centre - tf.linalg.matvec(linear, centre)  # ImageProjectiveTransform counts from the corner
    rows = tf.concat([linear, shift[:, :, None]], axis=2)  # (batch, 2, 3)
    flat = tf.concat([tf.reshape(rows, (-1, 6)), tf.zeros((shape[0], 2))], axis=1)
    warped = tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=flat,
        output_shape=shape[1:3],
        interpolation="BILINEAR",
        fill_mode=fill_mode.upper(),
        fill_value=fill_value,
    )
    return tf.ensure_shape(warped, images.shape)


def matrix(a: tf.Tensor, b: tf.Tensor, c: tf.Tensor, d: tf.Tensor, e: tf.Tensor, f: tf.Tensor) -> tf.Tensor:
    """(batch, 2, 3) of six (batch,) columns: x' = ax + by + c, y' = dx + ey + f."""
    return tf.stack([tf.stack([a, b, c], axis=1), tf.stack([d, e, f], axis=1)], axis=1)
