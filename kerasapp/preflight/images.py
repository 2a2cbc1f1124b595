"""Pictures, one after another and on all cores: each is read once, decoded as strictly as can be, and forgotten.

Of each a row of numbers is kept (`Seen`), for what only shows beside the others: sizes, colours, near copies.
"""

import io
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import simplejpeg
from PIL import Image

from kerasapp.data._decoding import Damaged, Decoder
from kerasapp.data._images import CORES, Header, fault_kind, header, refused
from kerasapp.data.image_folder import Photographs, content_hash
from kerasapp.meter import Meter
from kerasapp.ops.decode import MAX_PIXELS
from kerasapp.preflight._ends import behind, is_film
from kerasapp.preflight.near import SMALL, perceptual
from kerasapp.rules import Finding
from kerasapp.types import Split

AT_ONCE = 32  # pictures a thread takes in one go
SUFFIXES = {
    "JPEG": {".jpg", ".jpeg", ".jpe", ".jfif"},
    "PNG": {".png"},
    "BMP": {".bmp"},
    "GIF": {".gif"},
    "WEBP": {".webp"},
}
SIXTEEN = ("I", "I;16", "I;16B")
FAINT = 2.0  # of 255, the standard deviation below which an eye sees one colour
LOWER, MIDDLE_GREY = 1 / 3, (126, 127, 128, 129, 130)  # what decoders fill the rest of a stream that ends early with
COLOURS = ("grey", "colour", "cmyk", "transparent", "sixteen_bit")
SEEN = [("height", "<i4"), ("width", "<i4"), ("colour", "u1"), ("turned", "u1"), ("content", "<u8")]
LOOK = [("hash", "<u8"), ("small", "u1", (SMALL * SMALL,))]
NO_LOOK = (0, np.zeros(SMALL * SMALL, np.uint8))
WHAT = "Save it again from the original, remove it, or set data.on_error: skip"

Flaws = list[tuple[str, str, str]]


def look_at_pictures(split: Split, meter: Meter, reader: Decoder, near: bool) -> Generator[Finding, None, np.ndarray]:
    """Yields findings on single pictures, each naming it, and returns the rows of `SEEN`, (examples,).

    `near` adds the columns of `LOOK`, by which near copies are found. Pictures that their source has decoded have no
    flaws of a file.
    """
    seen = np.zeros(len(split), SEEN + LOOK * near)
    contents = _contents(split)
    encoded = split.features["image"].dtype == "string"

    def work(rows: range) -> list[tuple[int, tuple, Flaws]]:
        if encoded:
            return [(row, *of_file(content, split.ids[row], reader, near)) for row, content in contents(rows)]
        return [(row, *_of_array(pixels, near)) for row, pixels in contents(rows)]

    starts = range(0, len(split), AT_ONCE)
    for found in _spread(work, (range(at, min(at + AT_ONCE, len(split))) for at in starts)):
        for row, values, flaws in found:
            seen[row] = values
            for kind, severity, told in flaws:
                yield Finding(kind, severity, split.ids[row], told, (split.ids[row],))
        meter.add(len(found))
    return seen


def _contents(split: Split) -> Callable[[range], Iterable[tuple[int, bytes | np.ndarray]]]:
    """Rows -> each with its file's content, or its pixels."""
    if isinstance(split, Photographs):
        return lambda rows: ((row, _read(split.paths[row])) for row in rows)
    return lambda rows: zip(rows, split.gather(np.arange(rows.start, rows.stop))["image"].numpy(), strict=True)


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def of_file(content: bytes, name: str, reader: Decoder, near: bool) -> tuple[tuple, Flaws]:
    """An image file's row of `SEEN` (and `LOOK`), and its flaws: kind, severity, what is wrong and what to do."""
    file = io.BytesIO(content)
    try:
        found = header(file)
        told = refused(file, found, MAX_PIXELS)
    except Exception as error:  # whatever a reader of Pillow's raises on a damaged header
        found, told = None, f"damaged: {error}" if content else "empty"
    fingerprint = content_hash(content)
    if found is None or told:
        return (0, 0, 0, 1, fingerprint, *(NO_LOOK if near else ())), [(fault_kind(told), "error", f"{told}. {WHAT}")]
    flaws = list(_of_header(found, name, file))
    look = NO_LOOK if near else ()
    try:
        pixels = reader(content, found.format, found.mode)
    except Damaged as error:
        flaws.append(("broken", "error", f"{error}: most programs show a part of it and say nothing. {WHAT}"))
    else:
        flaws += [*_of_view(pixels, content, found), *_of_end(content, found.format)]
        look = perceptual(pixels) if near else ()
    return (found.height, found.width, _colour(found), found.orientation, fingerprint, *look), flaws


def _of_header(found: Header, name: str, file: io.BytesIO) -> Iterator[tuple[str, str, str]]:
    suffix = os.path.splitext(name)[1].lower()
    if suffix and suffix not in SUFFIXES[found.format] and suffix in set().union(*SUFFIXES.values()):
        yield "wrong_suffix", "warning", f"is a {found.format}. Rename it: other programs go by the suffix"
    if found.mode == "CMYK":
        yield "cmyk", "warning", "is in CMYK, for printing: its colours become approximate. Save it as RGB"
    if found.format in ("GIF", "PNG") and _frames(file) > 1:
        yield "animation", "note", "moves, and its first picture is read, or the first task.frames of them"


def _of_end(content: bytes, kind: str) -> Iterator[tuple[str, str, str]]:
    rest = behind(content, kind)
    size = f"{len(rest)} bytes after the end of the picture"
    if rest and is_film(rest):
        yield "trailing_data", "note", f"{size}: the film that a phone takes with it, which is passed over"
    elif rest:
        yield "trailing_data", "warning", f"{size}: what are they? If nothing to keep, save the picture again"


def _frames(file: io.BytesIO) -> int:
    try:
        with Image.open(file) as image:
            return image.n_frames
    except Exception:  # a later frame that is broken matters to nobody: the first one is read
        return 1


def _of_array(pixels: np.ndarray, near: bool) -> tuple[tuple, Flaws]:
    height, width, channels = pixels.shape
    look = perceptual(pixels) if near else ()
    return (height, width, int(channels >= 3), 1, 0, *look), list(_of_pixels(pixels))


def _of_pixels(pixels: np.ndarray) -> Iterator[tuple[str, str, str]]:
    if pixels.size and pixels.shape[0] * pixels.shape[1] > 1 and (pixels == pixels[0, 0]).all():
        yield "blank", "warning", "every pixel has one value: there is nothing to see. Remove it"


def _of_view(pixels: np.ndarray, content: bytes, found: Header) -> Iterator[tuple[str, str, str]]:
    """Nothing or nearly nothing to see, or a grey lower part; `pixels` may be those of a smaller view."""
    last = pixels[-1, -1, :3]
    flat = (pixels[..., :3] == last).all(axis=(1, 2))
    if _contrast(pixels) < FAINT and found.format == "JPEG":  # a fine pattern is even in a smaller view
        with suppress(ValueError):  # an odd header, which this interface refuses
            pixels = simplejpeg.decode_jpeg(content, "CMYK" if found.mode == "CMYK" else "GRAY", strict=False)
    blank = list(_of_pixels(pixels))
    yield from blank
    if not blank and pixels[..., 0].size > 1 and _contrast(pixels) < FAINT:
        told = f"nearly one colour: its pixels lie {_contrast(pixels):.1f} of 255 around their mean"
        yield "blank", "warning", f"{told}. Is there anything to see?"
    rows = 0 if flat.all() else int(flat[::-1].argmin())
    if rows > LOWER * len(flat) and np.isin(last, MIDDLE_GREY).all():
        told = f"its lower {rows / len(flat):.0%} are one even grey"
        yield "flat_bottom", "warning", f"{told}: was it cut short and saved again? Take the original"


def _contrast(pixels: np.ndarray) -> float:
    """The standard deviation of the channel that has the most, of 255."""
    return float(pixels.std(axis=(0, 1)).max())


def _colour(found: Header) -> int:
    if found.mode == "CMYK":
        return COLOURS.index("cmyk")
    if found.mode in SIXTEEN:
        return COLOURS.index("sixteen_bit")
    return COLOURS.index({1: "grey", 3: "colour", 4: "transparent"}[found.channels])


def _spread(work: Callable, items: Iterable) -> Iterator:
    """`work` of each on all cores, in order, few of them waiting at any moment."""
    with ThreadPoolExecutor(CORES) as pool:
        waiting: deque = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > 4 * CORES:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
