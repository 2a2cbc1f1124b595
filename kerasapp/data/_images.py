"""The headers of image files: sizes for the task to choose from, and what could not be decoded in training."""

import os
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from PIL import Image

from kerasapp.data._decoding import DAMAGED, Damaged, Decoder, decoder

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp"})
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP")
SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"BM")
GREY = ("1", "L", "LA", "I", "I;16", "I;16B", "F")
ALPHA = ("RGBA", "PA", "RGBa")
ORIENTATION = 0x0112  # EXIF; 5 to 8 are stored on their side
BITS, PLAIN = (8, 24, 32), (0, 3)  # of a BMP's pixel, and BI_RGB and BI_BITFIELDS: what ops/_formats.py reads
CORES = os.cpu_count() or 1
AT_ONCE = 16  # files that a thread takes in one go
THREADS = min(32, 4 * CORES)  # that wait for a disk


@dataclass(frozen=True, slots=True)
class Header:
    """What an image file says of itself: size in pixels as it is to be looked at (EXIF applied), 1, 3 or 4 channels."""

    format: str
    mode: str
    height: int
    width: int
    channels: int
    orientation: int = 1
    """EXIF's, 1 ... 8."""


def headers(paths: Sequence[str], max_pixels: int, decode: bool = False) -> list[Header | str]:
    """The header of each file, or, a `str`, what is wrong with it. `decode` decodes all files, not only suspicious
    ones, and takes a decoder's warning for damage.
    """
    reader = decoder(max_pixels)
    with warnings.catch_warnings(), ThreadPoolExecutor(CORES if decode else THREADS) as pool:
        warnings.simplefilter("ignore")  # Pillow's on large images; max_pixels is our own
        batches = (paths[at : at + AT_ONCE] for at in range(0, len(paths), AT_ONCE))
        looked = pool.map(lambda batch: [_look(path, max_pixels, reader, decode) for path in batch], batches)
        return list(chain.from_iterable(looked))


def _look(path: str, max_pixels: int, reader: Decoder, decode: bool) -> Header | str:
    try:
        with open(path, "rb") as file:
            return look(file, max_pixels, reader if decode or not _is_whole(file) else None)
    except OSError as error:
        return str(error.strerror or error)


def look(file: BinaryIO, max_pixels: int, reader: Decoder | None) -> Header | str:
    """The header of an open image file, or what is wrong with it; decoded where a `reader` is given."""
    try:
        found = header(file)
    except OSError as error:
        return _not_read(file, error)
    except Image.DecompressionBombError:
        return f"more than {2 * Image.MAX_IMAGE_PIXELS} pixels"
    except Exception as error:  # whatever a reader of Pillow's raises on a damaged header
        return f"damaged: {error}"
    if told := refused(file, found, max_pixels):
        return told
    if reader:
        file.seek(0)
        try:
            reader(file.read(), found.format, found.mode)
        except Damaged as error:
            return str(error)
    return found


def header(file: BinaryIO) -> Header:
    """The header of one open image file. Raises what Pillow raises: OSError, ValueError, DecompressionBombError, ..."""
    file.seek(0)
    with Image.open(file, formats=FORMATS) as image:
        width, height = image.size
        turned = orientation(image)
        if turned >= 5:
            width, height = height, width
        channels = 1 if image.mode in GREY else 4 if image.mode in ALPHA else 3
        mode = "animation" if image.format == "WEBP" and image.is_animated else image.mode
        kind = "JPEG" if image.format == "MPO" else image.format
        return Header(kind, mode, height, width, channels, turned)


def orientation(image: Image.Image) -> int:
    """1 ... 8, as `ops/_exif.py` reads it: from EXIF before the pixels, not from XMP or text as Pillow does."""
    exif = Image.Exif()
    try:
        exif.load(image.info.get("exif") or b"")
        turned = exif.get(ORIENTATION, 1)
    except Exception:  # a broken EXIF block says nothing, and its picture can be fine
        return 1
    return turned if isinstance(turned, int) and 1 <= turned <= 8 else 1


def refused(file: BinaryIO, found: Header, max_pixels: int) -> str | None:
    """What a header alone says against a file."""
    if found.height * found.width > max_pixels:
        return f"{found.width} x {found.height} pixels, more than data.max_pixels ({max_pixels})"
    if found.format == "BMP" and (told := _unread_bmp(file)):
        return told
    if found.mode == "animation":
        return "an animated WebP, which TensorFlow does not read"
    return None


def _unread_bmp(file: BinaryIO) -> str | None:
    file.seek(14)
    head = file.read(20)
    size, bits, compression = (int.from_bytes(head[at:end], "little") for at, end in ((0, 4), (14, 16), (16, 20)))
    if size >= 40 and bits in BITS and compression in PLAIN:
        return None
    told = f"{bits} bits a pixel, compression {compression}" if size >= 40 else "the header of OS/2"
    return f"a BMP with {told}, which TensorFlow does not read"


def fault_kind(told: str) -> str:
    """What a finding calls that which `headers` said of a file."""
    kinds = {"empty": "empty_file", DAMAGED: "broken", "damaged": "broken", "no image": "not_an_image"}
    kind = kinds.get(told.split(":")[0])
    if kind is None and told.startswith(("a ", "an ")):
        return "unread_format"
    return kind or ("too_large" if "pixels" in told else "unreadable")


def _is_whole(file: BinaryIO) -> bool:
    """Does the file end as its format ends? A cheap look; a false alarm costs one decoding."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - 12, 0))
    tail = file.read()
    file.seek(0)
    head = file.read(8)
    if head.startswith(b"\xff\xd8"):
        return tail.endswith(b"\xff\xd9")
    if head.startswith(b"\x89PNG"):
        return tail.endswith(b"IEND\xaeB`\x82")
    if head.startswith(b"GIF8"):
        return tail.endswith(b";")
    said = int.from_bytes(head[4:8], "little") + 8 if head[:4] == b"RIFF" else int.from_bytes(head[2:6], "little")
    return size >= said


def _not_read(file: BinaryIO, error: OSError) -> str:
    if error.errno is not None:
        return str(error.strerror)
    file.seek(0)
    head = file.read(8)
    if not head:
        return "empty"
    if head.startswith(SIGNATURES):
        return DAMAGED
    try:
        with Image.open(file) as image:
            return f"a {image.format}, which TensorFlow does not read"
    except Exception:  # whatever a reader of an exotic format raises on what isn't one
        return "no image"
