"""Pictures as arrays of pixels: set side by side, as PNG, as an animation."""

import io
import math
from collections.abc import Sequence

import numpy as np

GAP = 2  # pixels between two pictures
SEEN = 48  # pixels: a picture that is smaller is drawn larger by a whole number
WHITE = 255


def as_pixels(images: np.ndarray) -> np.ndarray:
    """float in [0, 1] -> uint8, rounded; uint8 as it is."""
    return images if images.dtype == np.uint8 else np.rint(255 * np.clip(images, 0, 1)).astype(np.uint8)


def tiled(images: np.ndarray, columns: int | None = None) -> np.ndarray:
    """(n, h, w, 1 or 3), uint8 or float in [0, 1] -> one uint8 array (height, width, 1 or 3), row after row.

    By default about as many rows as columns. Small pictures are drawn larger, each pixel a square.
    """
    pixels = as_pixels(np.asarray(images))
    times = _times(*pixels.shape[1:3])
    pixels = pixels.repeat(times, axis=1).repeat(times, axis=2)
    count, height, width, channels = pixels.shape
    columns = min(columns or math.ceil(math.sqrt(count)), count)
    rows = math.ceil(count / columns)
    sheet = np.full((rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, channels), WHITE, np.uint8)
    for number, picture in enumerate(pixels):
        row, column = divmod(number, columns)
        top, left = GAP + row * (height + GAP), GAP + column * (width + GAP)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def in_rows(upper: np.ndarray, lower: np.ndarray, columns: int) -> np.ndarray:
    """(n, ...) each -> (2 n, ...), a row of the first above that of the second, for a sheet of so many columns."""
    rows = range(0, len(upper), columns)
    return np.concatenate([part[at : at + columns] for at in rows for part in (upper, lower)])


def enlarged(height: int, width: int) -> int:
    """How many pixels of a sheet a picture takes."""
    times = _times(height, width)
    return (times * height + GAP) * (times * width + GAP)


def _times(height: int, width: int) -> int:
    """How much larger a picture is drawn."""
    return max(1, math.ceil(SEEN / max(height, width)))


def png(image: np.ndarray) -> bytes:
    """uint8 (height, width, 1 or 3) as a PNG file."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(buffer, "PNG")
    return buffer.getvalue()


def pixels_of(content: bytes) -> np.ndarray:
    """A PNG file, grey or in colour, as uint8 (height, width, 1 or 3)."""
    from PIL import Image

    image = np.asarray(Image.open(io.BytesIO(content)))
    return image[..., None] if image.ndim == 2 else image


def animated(frames: Sequence[bytes], milliseconds: int) -> bytes:
    """PNG files of one size as a WebP that repeats, the last shown for longer."""
    from PIL import Image

    first, *others = (Image.open(io.BytesIO(frame)).convert("RGB") for frame in frames)
    buffer = io.BytesIO()
    durations = [milliseconds] * len(others) + [10 * milliseconds]
    first.save(buffer, "WEBP", save_all=True, append_images=others, duration=durations, loop=0, quality=80)
    return buffer.getvalue()
