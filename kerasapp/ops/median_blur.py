"""The median of a square, which takes single wrong pixels away and leaves edges sharp, as OpenCV's medianBlur."""

import tensorflow as tf

from kerasapp.ops._pictures import require_odd, require_pictures
from kerasapp.types import PositiveInt


def apply(images: tf.Tensor, *, size: PositiveInt = 3) -> tf.Tensor:
    """Images (batch, h, w, c) -> each pixel of a channel the median of `size` x `size`, the edges repeated.

    Picture by picture, because it holds size * size values for each pixel. Raises ValueError where size is even.
    """
    require_pictures(images)
    require_odd(size)
    return tf.map_fn(lambda image: _median(image, size), images)


def _median(image: tf.Tensor, size: int) -> tf.Tensor:
    height, width, channels = tf.shape(image)[0], tf.shape(image)[1], image.shape[2]
    for axis, side in enumerate((height, width)):
        places = tf.range(-(size // 2), side + size // 2)
        image = tf.gather(image, tf.clip_by_value(places, 0, side - 1), axis=axis)
    window = [1, size, size, 1]
    patches = tf.image.extract_patches(image[tf.newaxis], window, [1, 1, 1, 1], [1, 1, 1, 1], "VALID")
    patches = tf.reshape(patches, [height, width, size * size, channels])
    upper = tf.math.top_k(tf.transpose(patches, [0, 1, 3, 2]), size * size // 2 + 1).values  # (h, w, c, half)
    return tf.ensure_shape(upper[..., -1], [None, None, channels])
