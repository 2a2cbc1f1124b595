"""One function a format: encoded bytes -> pixels as stored, not turned upright; refused by size before it is decoded.

`(data: () string, channels: 1 or 3, max_pixels) -> (height, width, channels) uint8`.
Grey is ITU-R 601-2 luma, as in Pillow; an alpha channel is dropped; of 16 bits the upper 8 are kept.
"""

from collections.abc import Callable

import tensorflow as tf

from kerasapp.ops._bytes import apart, numbers_at

LUMA = (19595, 38470, 7471)  # .299, .587, .114 of 2**16, as Pillow's convert("L")
EXTENSION, FRAME = ord("!"), ord(",")  # begin a block of a GIF
PLAIN = (0, 3)  # BMP's BI_RGB and BI_BITFIELDS: not compressed
ANIMATED = 0x02  # flag of a WebP


def jpeg(data: tf.Tensor, channels: int, max_pixels: int, wanted: tf.Tensor) -> tf.Tensor:
    """At 1/2, 1/4 or 1/8 where that still has more than `wanted` (2,) int32 pixels in height and width."""
    shape = tf.io.extract_jpeg_shape(data)
    spare = tf.reduce_min((shape[:2] - 1) // wanted)
    halvings = tf.reduce_sum(tf.cast(spare >= [2, 4, 8], tf.int32))

    def decoded(stored: int = channels) -> tf.Tensor:
        return tf.switch_case(halvings, [lambda ratio=ratio: jpeg_at(data, stored, ratio) for ratio in (1, 2, 4, 8)])

    def grey() -> tf.Tensor:  # libjpeg makes none of CMYK
        return tf.cond(shape[2] == 4, lambda: _with_channels(decoded(3), 1), decoded)

    return _guarded(shape[:2], channels, max_pixels, grey if channels == 1 else decoded)


def jpeg_at(data: tf.Tensor, channels: int, ratio: int) -> tf.Tensor:
    """At 1/ratio of its size, with the transform that Pillow uses."""
    return tf.io.decode_jpeg(data, channels=channels, ratio=ratio, dct_method="INTEGER_ACCURATE")


def png(data: tf.Tensor, channels: int, max_pixels: int) -> tf.Tensor:
    size = numbers_at(data, 16, 2, tf.int32, little=False)[::-1]
    return _guarded(size, channels, max_pixels, lambda: tf.io.decode_png(data, channels=channels))


@apart
def gif(data: tf.Tensor, channels: int, max_pixels: int) -> tf.Tensor:
    """The first frame alone: what follows is cut off before it is decoded, or 1 MB could unfold to gigabytes."""
    frame, end = _first_frame(data)
    size = numbers_at(data, frame + 5, 2, tf.uint16)[::-1]

    def decoded() -> tf.Tensor:
        head, tail = tf.strings.substr(data, 0, frame + 1), tf.strings.substr(data, frame + 5, end - frame - 5)
        first = tf.strings.join([head, b"\0\0\0\0", tail, b";"])  # at the left and top of the screen, and nothing after
        return _with_channels(tf.raw_ops.DecodeGif(contents=first)[0], channels)

    return _guarded(size, channels, max_pixels, decoded)


@apart
def gif_frames(data: tf.Tensor, channels: int, max_pixels: int, frames: int) -> tf.Tensor:
    """(frames, height, width, channels): the first so many, the last one again where there are fewer. What follows them
    is cut off before it is decoded.
    """
    end, size = _first_frames(data, frames)

    def decoded() -> tf.Tensor:
        found = tf.raw_ops.DecodeGif(contents=tf.strings.join([tf.strings.substr(data, 0, end), b";"]))
        found = _with_channels(found[:frames], channels)
        return tf.gather(found, tf.minimum(tf.range(frames), tf.shape(found)[0] - 1))

    pixels = frames * tf.reduce_prod(tf.cast(size, tf.int64))
    text = f"{frames} frames of {{}} x {{}} pixels (height x width): none, or over the {max_pixels} that are allowed"

    def refusal() -> tf.Tensor:
        return refused(channels, text, size[0], size[1])[tf.newaxis]

    made = tf.cond((pixels > 0) & (pixels <= max_pixels), decoded, refusal)
    return tf.ensure_shape(made, (None, None, None, channels))


@apart
def bmp(data: tf.Tensor, channels: int, max_pixels: int) -> tf.Tensor:
    """8 (with a palette), 24 or 32 bits a pixel, not compressed."""
    header, width, height, bits, compression = tf.unstack(numbers_at(data, 14, 5, tf.int32))
    bits //= 2**16
    known = (header >= 40) & tf.reduce_any(compression == PLAIN) & tf.reduce_any(bits == [8, 24, 32])

    def indexed() -> tf.Tensor:
        blue_first = tf.reshape(numbers_at(data, 14 + header, 4 * 256), [256, 4])
        places = tf.io.decode_bmp(data, channels=0)[:, :, 0]
        return tf.cast(tf.gather(blue_first[:, 2::-1], tf.cast(places, tf.int32)), tf.uint8)

    def decoded() -> tf.Tensor:
        image = tf.cond(bits == 8, indexed, lambda: tf.io.decode_bmp(data, channels=0)[:, :, :3])
        return _with_channels(image, channels)

    text = "a BMP of {} bits a pixel, compression {}, is not read: save it as PNG"
    return tf.cond(
        known,
        lambda: _guarded(tf.stack([tf.abs(height), width]), channels, max_pixels, decoded),
        lambda: refused(channels, text, bits, compression),
    )


@apart
def webp(data: tf.Tensor, channels: int, max_pixels: int) -> tf.Tensor:
    """Still pictures; an animation is refused."""
    extended, lossless = (tf.strings.substr(data, 12, 4) == kind for kind in (b"VP8X", b"VP8L"))
    canvas = tf.concat([numbers_at(data, position, 1, tf.int32) % 2**24 + 1 for position in (27, 24)], axis=0)
    both = numbers_at(data, 21, 1, tf.int32)
    packed = tf.concat([both // 2**14, both], axis=0) % 2**14 + 1
    frame = numbers_at(data, 26, 2, tf.uint16)[::-1] % 2**14
    size = tf.where(extended, canvas, tf.where(lossless, packed, frame))
    animated = extended & (numbers_at(data, 20, 1)[0] // ANIMATED % 2 == 1)

    def decoded() -> tf.Tensor:
        return _with_channels(tf.raw_ops.DecodeWebP(contents=data)[0, :, :, :3], channels)

    return tf.cond(
        animated,
        lambda: refused(channels, "an animated WebP is not read: save one frame of it"),
        lambda: _guarded(size, channels, max_pixels, decoded),
    )


def refused(channels: int, text: str, *numbers: tf.Tensor) -> tf.Tensor:
    """Fails when it is run, with a text whose {} are filled by numbers; in the place of an image."""
    message = tf.strings.format(text, numbers) if numbers else tf.constant(text)
    with tf.control_dependencies([tf.debugging.Assert(tf.constant(False), [message])]):
        return tf.zeros((0, 0, channels), tf.uint8)


def _guarded(size: tf.Tensor, channels: int, max_pixels: int, decoded: Callable[[], tf.Tensor]) -> tf.Tensor:
    """`decoded()` where the size (2,) int32 that the header tells is allowed."""
    pixels = tf.reduce_prod(tf.cast(size, tf.int64))
    fits = tf.reduce_all(size > 0) & (pixels <= max_pixels)
    text = f"an image of {{}} x {{}} pixels (height x width): none, or over the {max_pixels} that are allowed"
    image = tf.cond(fits, decoded, lambda: refused(channels, text, size[0], size[1]))
    return tf.ensure_shape(image, (None, None, channels))


def _with_channels(image: tf.Tensor, channels: int) -> tf.Tensor:
    if channels == 3:
        return image
    weighted = tf.reduce_sum(tf.cast(image, tf.int32) * LUMA, axis=-1, keepdims=True)
    return tf.cast((weighted + 2**15) // 2**16, tf.uint8)


def _first_frame(data: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """() int32 each: where the descriptor of a GIF's first frame is, and where its pixels end."""
    places, end = _places(data)
    return _frame_from(places, end, tf.minimum(13 + _colours(places[10]), end))


def _first_frames(data: tf.Tensor, most: int) -> tuple[tf.Tensor, tf.Tensor]:
    """() int32, where the pixels of a GIF's first `most` frames end; (2,) int32, the height and width of the largest of
    them.
    """
    places, end = _places(data)

    def size(frame: tf.Tensor) -> tf.Tensor:
        width, height = (places[frame + at] + 256 * places[frame + at + 1] for at in (5, 7))
        return tf.stack([height, width])

    def following(count: tf.Tensor, at: tf.Tensor, largest: tf.Tensor) -> list[tf.Tensor]:
        frame, after = _frame_from(places, end, at)
        there = places[frame] == FRAME
        return [
            tf.where(there, count + 1, most),
            tf.where(there, after, at),
            tf.where(there, tf.maximum(largest, size(frame)), largest),
        ]

    frame, first = _first_frame(data)
    given = [tf.constant(1), first, size(frame)]
    _, last, largest = tf.while_loop(lambda count, *_: count < most, following, given)
    return last, largest


def _places(data: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """A file's bytes as int32, zeros behind them; and their number."""
    return tf.pad(tf.cast(tf.io.decode_raw(data, tf.uint8), tf.int32), [[0, 1024]]), tf.strings.length(data)


def _frame_from(places: tf.Tensor, end: tf.Tensor, start: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Past the extensions at `start`: where a frame's descriptor is, and where its pixels end."""

    def behind(position: tf.Tensor) -> tf.Tensor:
        """Past the sub-blocks that begin here: each a count and as many bytes, the last one empty."""
        (last,) = tf.while_loop(
            lambda at: places[at] > 0, lambda at: [tf.minimum(at + 1 + places[at], end)], [position]
        )
        return tf.minimum(last + 1, end)

    (frame,) = tf.while_loop(lambda at: places[at] == EXTENSION, lambda at: [behind(at + 2)], [start])
    return frame, behind(tf.minimum(frame + 11 + _colours(places[frame + 9]), end))


def _colours(flags: tf.Tensor) -> tf.Tensor:
    """Bytes of the colour table that follows, if any."""
    return tf.where(flags >= 0x80, 3 * tf.bitwise.left_shift(2, flags % 8), 0)
