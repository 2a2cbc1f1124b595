"""The headers of image files: sizes for the task to choose from, and what TensorFlow could not decode."""

import os
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO

import tensorflow as tf
from PIL import Image

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp"})
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP")
SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"BM")
GREY = ("1", "L", "LA", "I", "I;16", "I;16B", "F")
ALPHA = ("RGBA", "PA", "RGBa")
ORIENTATION = 0x0112  # EXIF; 5 to 8 are stored on their side
CORES = os.cpu_count() or 1
THREADS = min(32, 4 * CORES)  # that wait for a disk


@dataclass(frozen=True, slots=True)
class Header:
    """What an image file says of itself: size in pixels as it is to be looked at (EXIF applied), 1, 3 or 4 channels."""

    format: str
    mode: str
    height: int
    width: int
    channels: int


def headers(paths: Sequence[str], max_pixels: int, decode: bool = False) -> list[Header | str]:
    """The header of each file, or, a `str`, what is wrong with it. `decode` decodes all files, not only suspicious
    ones.
    """
    with warnings.catch_warnings(), ThreadPoolExecutor(CORES if decode else THREADS) as pool:
        warnings.simplefilter("ignore")  # Pillow's on large images; max_pixels is our own
        return list(pool.map(lambda path: _look(path, max_pixels, decode), paths))


def _look(path: str, max_pixels: int, decode: bool) -> Header | str:
    try:
        if os.path.getsize(path) == 0:
            return "empty"
        with open(path, "rb") as file:
            found = header(file)
            refused = _refused(found, max_pixels)
            whole = not decode and _is_whole(file, found.format)
    except OSError as error:
        return _not_read(path, error)
    except Image.DecompressionBombError:
        return f"more than {2 * Image.MAX_IMAGE_PIXELS} pixels"
    except Exception as error:  # whatever a reader of Pillow's raises on a damaged header
        return f"damaged: {error}"
    return refused or (found if whole or _decodes(path) else "cut short or damaged")


def header(file: BinaryIO) -> Header:
    """The header of one open image file. Raises what Pillow raises: OSError, ValueError, DecompressionBombError, ..."""
    with Image.open(file, formats=FORMATS) as image:
        width, height = image.size
        if image.format in ("JPEG", "MPO") and _lies_on_its_side(image):
            width, height = height, width
        channels = 1 if image.mode in GREY else 4 if image.mode in ALPHA else 3
        mode = "animation" if image.format == "WEBP" and image.is_animated else image.mode
        return Header("JPEG" if image.format == "MPO" else image.format, mode, height, width, channels)


def _lies_on_its_side(image: Image.Image) -> bool:
    try:
        return image.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)
    except Exception:  # a broken EXIF block says nothing, and its picture can be fine
        return False


def _refused(found: Header, max_pixels: int) -> str | None:
    """What a header alone says against a file."""
    if found.height * found.width > max_pixels:
        return f"{found.width} x {found.height} pixels, more than data.max_pixels ({max_pixels})"
    if found.format == "BMP" and found.mode in ("1", "P"):
        return "a BMP with a palette, which TensorFlow reads wrongly"
    if found.mode == "animation":
        return "an animated WebP, which TensorFlow does not read"
    return None


def _is_whole(file: BinaryIO, kind: str) -> bool:
    """Does the file end as its format ends? A cheap look; a false alarm costs one decoding."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - 12, 0))
    tail = file.read()
    file.seek(0)
    head = file.read(8)
    if kind == "JPEG":
        return tail.endswith(b"\xff\xd9")
    if kind == "PNG":
        return tail.endswith(b"IEND\xaeB`\x82")
    if kind == "GIF":
        return tail.endswith(b";")
    said = int.from_bytes(head[4:8], "little") + 8 if kind == "WEBP" else int.from_bytes(head[2:6], "little")
    return size >= said


def _decodes(path: str) -> bool:
    try:
        tf.io.decode_image(tf.io.read_file(path), expand_animations=False)
    except tf.errors.OpError:
        return False
    return True


def _not_read(path: str, error: OSError) -> str:
    if error.errno is not None:
        return str(error.strerror)
    with open(path, "rb") as file:
        if file.read(8).startswith(SIGNATURES):
            return "cut short or damaged"
    try:
        with Image.open(path) as image:
            return f"a {image.format}, which TensorFlow does not read"
    except Exception:  # whatever a reader of an exotic format raises on what isn't one
        return "no image"
