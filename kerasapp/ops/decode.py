"""Encoded images -> pixels, in TensorFlow ops: the same inside tf.data, a tf.function and a SavedModel.

JPEG (CMYK too), PNG, GIF (its first frame, or the first few), BMP and WebP (still), turned upright by EXIF, and refused
by the size that the header tells before anything is decoded. Left out: TIFF, HEIF, AVIF, animated WebP, compressed BMP,
colour profiles.
"""

from typing import Literal

import tensorflow as tf

from kerasapp.ops._bytes import apart
from kerasapp.ops._exif import exif_orientation, upright
from kerasapp.ops._formats import bmp, gif, gif_frames, jpeg, jpeg_at, png, refused, webp
from kerasapp.ops._resize import place_images, resize_images, rounded

__all__ = [
    "MAX_PIXELS",
    "decode_frames",
    "decode_image",
    "decode_images",
    "exif_orientation",
    "place_images",
    "resize_images",
    "upright",
]

FILES = tf.TensorSpec([None], tf.string)
MAX_PIXELS = 89_478_485  # where Pillow begins to warn of a decompression bomb


def decode_image(data: tf.Tensor, *, channels: int = 3, max_pixels: int = MAX_PIXELS) -> tf.Tensor:
    """() string, an encoded image -> (height, width, channels) uint8, upright; channels is 1 or 3.

    Raises tf.errors.InvalidArgumentError, when it is run: over max_pixels, of another format, or broken.
    """
    orientation = exif_orientation(data)
    with tf.control_dependencies([orientation]):  # else a refused file stops its loop, and one of two errors is told
        return upright(_stored(data, channels, max_pixels, tf.constant([2**30, 2**30])), orientation)


def decode_images(
    data: tf.Tensor,
    size: tuple[int, int],
    *,
    channels: int = 3,
    max_pixels: int = MAX_PIXELS,
    mode: Literal["stretch", "fit", "fill", "crop"] = "stretch",
) -> tf.Tensor:
    """(batch,) string, encoded images -> (batch, height, width, channels) uint8 of size (height, width), upright.

    Resized as by `place_images`. A JPEG of more than twice the size each way is decoded at 1/2, 1/4 or 1/8 before, as
    long as that is larger; on photographs the result then differs by 1.5 to 3 of 255 in the mean. Raises as
    `decode_image`. It is traced once, and called in every graph: a trace takes most of a second.
    """
    traced = _decoded.get_concrete_function(FILES, tuple(size), channels, max_pixels, mode)
    return tf.ensure_shape(traced(data), (*data.shape, *size, channels))


def decode_frames(
    data: tf.Tensor,
    size: tuple[int, int],
    frames: int,
    *,
    channels: int = 3,
    max_pixels: int = MAX_PIXELS,
    mode: Literal["stretch", "fit", "fill", "crop"] = "stretch",
) -> tf.Tensor:
    """(batch,) string -> (batch, frames, height, width, channels) uint8, the first frames of moving GIFs. The last is
    there again where there are fewer; a still picture of any format is all of them.

    Resized as by `decode_images`, and raises as that does, `max_pixels` being those of all frames together.
    """
    result = tf.TensorSpec((frames, *size, channels), tf.uint8)

    def still(file: tf.Tensor) -> tf.Tensor:
        image = decode_images(file[tf.newaxis], size, channels=channels, max_pixels=max_pixels, mode=mode)
        return tf.repeat(image, frames, axis=0)

    def moving(file: tf.Tensor) -> tf.Tensor:
        return place_images(gif_frames(file, channels, max_pixels, frames), size, mode)

    def read(file: tf.Tensor) -> tf.Tensor:
        made = tf.cond(tf.strings.substr(file, 0, 1) == b"G", lambda: moving(file), lambda: still(file))
        return tf.ensure_shape(made, result.shape)

    return tf.map_fn(read, data, fn_output_signature=result)


@tf.function(autograph=False)
def _decoded(data: tf.Tensor, size: tuple[int, int], channels: int, max_pixels: int, mode: str) -> tf.Tensor:
    orientation = exif_orientation(data)
    result = tf.TensorSpec((*size, channels), tf.uint8)

    def any_image(file: tf.Tensor, turn: tf.Tensor) -> tf.Tensor:
        return tf.ensure_shape(_any_image(file, turn, size, channels, max_pixels, mode), result.shape)

    def any_images() -> tf.Tensor:
        return tf.map_fn(lambda each: any_image(*each), (data, orientation), fn_output_signature=result)

    if mode != "stretch" or 16 * size[0] * size[1] > max_pixels:
        return any_images()

    def photograph(file: tf.Tensor) -> tf.Tensor:
        """As `any_image` does, with as few steps as there can be: each costs some 2 % of decoding."""
        quick = [lambda ratio=ratio: rounded(tf.image.resize(jpeg_at(file, channels, ratio), size)) for ratio in (1, 2)]
        image = tf.switch_case(_way(file, size, channels), [*quick, lambda: any_image(file, tf.constant(1))])
        return tf.ensure_shape(image, result.shape)

    def photographs() -> tf.Tensor:
        return tf.map_fn(photograph, data, fn_output_signature=result)

    plain = (tf.strings.substr(data, 0, 1) == b"\xff") & (orientation == 1)
    return tf.cond(tf.reduce_all(plain), photographs, any_images)


def _way(file: tf.Tensor, size: tuple[int, int], channels: int) -> tf.Tensor:
    """() int32: 0 for a JPEG of up to twice the size, 1 for one of up to four times, 2 for what needs a closer look."""
    shape = tf.io.extract_jpeg_shape(file)
    height, width = size
    most = 4 if channels == 3 else 3  # CMYK has 4, and libjpeg makes no grey of it
    up_to_twice = tf.reduce_all(shape <= [2 * height, 2 * width, most])
    beyond = tf.reduce_all((shape > [2 * height, 2 * width, 0]) & (shape <= [4 * height, 4 * width, most]))
    return tf.where(up_to_twice, 0, tf.where(beyond, 1, 2))


@apart
def _any_image(
    data: tf.Tensor, orientation: tf.Tensor, size: tuple[int, int], channels: int, max_pixels: int, mode: str
) -> tf.Tensor:
    """One image of any kind and size, resized and upright."""
    stored = tf.where(orientation >= 5, size[::-1], size)
    if mode == "stretch":
        return upright(resize_images(_stored(data, channels, max_pixels, stored), stored), orientation)
    enough = tf.constant([2**30, 2**30]) if mode == "crop" else stored  # covered by what is decoded at a smaller scale
    return place_images(upright(_stored(data, channels, max_pixels, enough), orientation), size, mode)


def _stored(data: tf.Tensor, channels: int, max_pixels: int, wanted: tf.Tensor) -> tf.Tensor:
    """() string -> pixels as stored; the first byte tells the formats apart, and their decoders look at the rest."""
    first = tf.strings.substr(data, 0, 1)
    formats = {b"\x89": png, b"G": gif, b"B": bmp, b"R": webp}

    def other() -> tf.Tensor:
        cases = [(first == byte, lambda read=read: read(data, channels, max_pixels)) for byte, read in formats.items()]
        return tf.case(cases, default=lambda: refused(channels, "no JPEG, PNG, GIF, BMP or WebP"))

    return tf.cond(first == b"\xff", lambda: jpeg(data, channels, max_pixels, wanted), other)
