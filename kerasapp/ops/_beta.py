"""A symmetric Beta distribution by its quantiles: a pure function of a number in [0, 1)."""

import numpy as np
import tensorflow as tf

QUANTILES = 4096  # between two of which it is straight


def beta(drawn: tf.Tensor, alpha: float) -> tf.Tensor:
    """Numbers evenly distributed in [0, 1) -> distributed as Beta(alpha, alpha); float32, the same shape."""
    from scipy.special import betaincinv

    table = tf.constant(betaincinv(alpha, alpha, np.linspace(0, 1, QUANTILES + 1)), tf.float32)
    place = drawn * QUANTILES
    lower = tf.floor(place)
    low, high = (tf.gather(table, tf.cast(lower + more, tf.int32)) for more in (0.0, 1.0))
    return low + (place - lower) * (high - low)
