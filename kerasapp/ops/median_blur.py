"""The median of a square, which takes single wrong pixels away and leaves edges sharp, as OpenCV's medianBlur."""

import tensorflow as tf

from kerasapp.ops._pictures import require_odd, require_pictures
from kerasapp.types import PositiveInt


def apply(images: tf.Tensor, *, size: PositiveInt = 3) -> tf.Tensor:
    """Images (batch, h, w, c) -> each pixel of a channel the median of `size` x `size`, the edges repeated.

    Picture by picture, which a processor's cache holds. Raises ValueError where size is even.
    """
    require_pictures(images)
    require_odd(size)
    return tf.map_fn(lambda image: _median(image, size), images)


def _median(image: tf.Tensor, size: int) -> tf.Tensor:
    height, width = tf.shape(image)[0], tf.shape(image)[1]
    padded = image
    for axis, side in enumerate((height, width)):
        places = tf.range(-(size // 2), side + size // 2)
        padded = tf.gather(padded, tf.clip_by_value(places, 0, side - 1), axis=axis)
    shifts = [padded[down : down + height, across : across + width] for down in range(size) for across in range(size)]
    return tf.ensure_shape(_middle(shifts), image.shape)


def _middle(values: list[tf.Tensor]) -> tf.Tensor:
    """The median of an odd number of tensors, element by element, by forgetful selection (Paeth, 1990, Graphics Gems).

    Of one more than half of them neither the smallest nor the largest is the median: both are left out, one comes in.
    """
    kept, rest = values[: len(values) // 2 + 2], values[len(values) // 2 + 2 :]
    while len(kept) > 1:
        for at in range(1, len(kept)):
            kept[0], kept[at] = tf.minimum(kept[0], kept[at]), tf.maximum(kept[0], kept[at])
        for at in range(1, len(kept) - 1):
            kept[at], kept[-1] = tf.minimum(kept[at], kept[-1]), tf.maximum(kept[at], kept[-1])
        kept = [*kept[1:-1], *rest[:1]]
        rest = rest[1:]
    return kept[0]
