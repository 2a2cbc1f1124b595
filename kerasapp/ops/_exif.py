"""Which way up a photograph was taken: the EXIF orientation of encoded files, and turning pixels by it.

EXIF (CIPA DC-008) keeps a small TIFF file in an APP1 segment of a JPEG, the eXIf chunk of a PNG, the EXIF chunk of a
WebP. Left out: an orientation that only XMP tells, and EXIF behind a PNG's pixels or a JPEG's tables.
"""

from collections.abc import Callable

import tensorflow as tf

from kerasapp.ops._bytes import apart, numbers_at

ORIENTATION, SHORT = 0x0112, 3  # the tag and its type
MAX_ENTRIES = 64  # of the first directory; cameras write about 12
MAX_PARTS = 300  # before EXIF; a colour profile takes 255 at most
APP0, APP1 = 0xFFE0, 0xFFE1  # markers of a JPEG: from APP0 on they are applications' and comments
EX = int.from_bytes(b"Ex")  # how EXIF in APP1 begins, where XMP has "ht"
FLIPS = ([], [1], [0, 1], [0])  # axes to reverse for orientations 1 ... 4, and for 5 ... 8 after a transposition

Step = Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor, tf.Tensor]]


def exif_orientation(data: tf.Tensor) -> tf.Tensor:
    """Encoded images, () or (batch,) string -> int32 of the same shape, 1 ... 8; 1, upright, where none is told."""
    files = tf.reshape(data, [-1])
    tiff = _tiff_position(files)
    orientation = tf.cond(tf.reduce_any(tiff > 0), lambda: _tagged(files, tiff), lambda: tf.ones_like(tiff))
    return tf.reshape(orientation, tf.shape(data))


def upright(image: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """(height, width, channels), () int32 orientation -> the image as seen; 5 ... 8 exchange height and width."""
    turned = tf.cond(orientation > 1, lambda: _turned(image, orientation), lambda: image)
    return tf.ensure_shape(turned, (None, None, image.shape[-1]))


@apart
def _turned(image: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    flips = tf.constant([[axis in axes for axis in (0, 1)] for axes in 2 * FLIPS])
    axes = tf.boolean_mask([0, 1], flips[orientation - 1])
    return tf.reverse(tf.transpose(image, tf.where(orientation >= 5, [1, 0, 2], [0, 1, 2])), axes)


def _tiff_position(files: tf.Tensor) -> tf.Tensor:
    """(batch,) where EXIF's TIFF begins, 0 where there is none."""
    ends, first = tf.strings.length(files), tf.strings.substr(files, 0, 1)

    def segment(at: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        words = numbers_at(files, at, 3, tf.uint16, little=False)
        marker = words[:, 0]
        return (marker == APP1) & (words[:, 2] == EX), marker >= APP0, words[:, 1] + 2

    def chunks() -> tf.Tensor:
        return tf.maximum(in_jpeg, _in_chunks(files, first, ends))

    in_jpeg = _walk(segment, 2, 10, first == b"\xff", ends)
    return tf.cond(tf.reduce_any((first == b"\x89") | (first == b"R")), chunks, lambda: in_jpeg)


@apart
def _in_chunks(files: tf.Tensor, first: tf.Tensor, ends: tf.Tensor) -> tf.Tensor:
    """As `_tiff_position`, for PNG and WebP."""

    def of_png(at: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        length, name = tf.unstack(numbers_at(files, at, 2, tf.int32, little=False), axis=1)
        return name == int.from_bytes(b"eXIf"), name != int.from_bytes(b"IDAT"), length + 12

    def of_webp(at: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        name, length = tf.unstack(numbers_at(files, at, 2, tf.int32), axis=1)
        return name == int.from_bytes(b"EXIF", "little"), tf.ones_like(at, tf.bool), length + length % 2 + 8

    in_png = _walk(of_png, 8, 8, first == b"\x89", ends)
    in_webp = _walk(of_webp, 12, 8, first == b"R", ends)
    prefixed = numbers_at(files, in_webp, 1)[:, 0] == ord("E")  # some writers of WebP keep JPEG's "Exif\0\0"
    return tf.maximum(in_png, in_webp + tf.where(prefixed, 6, 0))


def _walk(read: Step, start: int, inside: int, active: tf.Tensor, ends: tf.Tensor) -> tf.Tensor:
    """(batch,) the position `inside` the part that is searched for, 0 where it isn't found before the end.

    `read` looks at the parts at positions (batch,) and gives (found, more, length): whether this is the one, whether
    to go on after it, how long it is.
    """

    def step(active: tf.Tensor, at: tf.Tensor, position: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        found, more, length = read(at)
        there = active & found & (ends - at > inside)
        active &= more & ~found & (length > 0) & (length < ends - at)
        return active, tf.where(active, at + length, at), tf.where(there, at + inside, position)

    state = (active & (ends > start), tf.minimum(ends, start), tf.zeros_like(ends))
    return tf.while_loop(lambda active, *_: tf.reduce_any(active), step, state, maximum_iterations=MAX_PARTS)[2]


@apart
def _tagged(files: tf.Tensor, tiff: tf.Tensor) -> tf.Tensor:
    """The orientation in the first directory of the TIFF at each position."""
    little = numbers_at(files, tiff, 1) == ord("I")

    def read(at: tf.Tensor, count: int, dtype: tf.DType) -> tf.Tensor:
        at = tf.maximum(at, 0)
        return tf.where(little, numbers_at(files, at, count, dtype), numbers_at(files, at, count, dtype, little=False))

    directory = tiff + read(tiff + 4, 1, tf.int32)[:, 0]
    count = read(directory, 1, tf.uint16)
    entries = tf.reshape(read(directory + 2, 6 * MAX_ENTRIES, tf.uint16), [-1, MAX_ENTRIES, 6])
    tag, kind, value = entries[:, :, 0], entries[:, :, 1], entries[:, :, 4]
    meant = (tag == ORIENTATION) & (kind == SHORT) & (tf.range(MAX_ENTRIES) < count) & (value >= 1) & (value <= 8)
    meant &= tiff[:, tf.newaxis] > 0
    return tf.maximum(tf.reduce_max(tf.where(meant, value, 0), axis=1), 1)
