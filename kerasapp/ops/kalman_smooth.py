"""One picture of a film's frames, each pixel smoothed over time: Kalman's filter forward (Kalman, 1960), and back the
smoother of Rauch, Tung and Striebel (1965, "Maximum Likelihood Estimates of Linear Dynamic Systems").

A pixel's true value is a random walk, x[t + 1] = x[t] + w, that a frame shows with noise, y[t] = x[t] + v; w and v are
normal, of the variances that the recipe names, and nothing is known of x before the first frame. What is made is the
mean of x at one frame, all frames being known: the most probable film, as all is normal. Left out: motion.
"""

from typing import Literal

import numpy as np
import tensorflow as tf

from kerasapp.types import NonNegativeFloat, PositiveFloat


def apply(
    images: tf.Tensor,
    *,
    process_variance: NonNegativeFloat = 1e-3,
    measurement_variance: PositiveFloat = 1e-2,
    frame: Literal["first", "middle", "last"] = "middle",
) -> tf.Tensor:
    """Frames (batch, frames, h, w, c) -> float32 (batch, h, w, c), the smoothed one that `frame` names.

    process_variance: how much a pixel changes from frame to frame, 0: not at all, which makes the mean of them.
    measurement_variance: of the noise, both in squares of [0, 1]. Raises ValueError where there are no frames.
    """
    if images.shape.rank != 5:
        raise ValueError("takes the frames of moving pictures, and gets single ones. Set task.frames, and put it first")
    count = images.shape[1]
    at = {"first": 0, "middle": count // 2, "last": count - 1}[frame]
    weights = smoothing(count, process_variance, measurement_variance)[at]
    return tf.tensordot(tf.constant(weights, tf.float32), images, [[0], [1]])


def smoothing(count: int, process_variance: float, measurement_variance: float) -> np.ndarray:
    """(frames, frames) float64: the share that each frame has in each smoothed one.

    Variances and gains are the same for every pixel, whatever it shows. So both passes are done once, on the rows of
    the unit matrix: frames of which each is 1 in a column of its own.
    """
    filtered, variances = [np.eye(count)[0]], [measurement_variance]
    for observed in np.eye(count)[1:]:
        expected = variances[-1] + process_variance
        gain = expected / (expected + measurement_variance)
        filtered.append(filtered[-1] + gain * (observed - filtered[-1]))
        variances.append((1 - gain) * expected)
    smoothed = filtered[-1:]
    for mean, variance in zip(filtered[-2::-1], variances[-2::-1], strict=True):
        gain = variance / (variance + process_variance)
        smoothed.insert(0, mean + gain * (smoothed[0] - mean))
    return np.stack(smoothed)
