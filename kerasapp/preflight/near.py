"""Near copies: one picture twice, scaled, compressed again or slightly changed, without comparing each with each.

The hash is pHash's (Zauner, 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions"): the signs of
the 64 lowest frequencies around their median. Copies of up to `FAR` bits agree wholly in one of `FAR` + 1 bands, so
only pictures that share a band are compared; what is close then must also correlate in 16 x 16 pixels, or every 1 of
MNIST would be a copy of another. Mirrored, turned or cropped copies are not found.
"""

from collections.abc import Iterator

import cv2
import numpy as np

SIDE, KEPT, SMALL = 32, 8, 16  # pixels that are transformed, frequencies kept each way, pixels that are compared
FAR = 4  # bits of 64 in which near copies may differ
ALIKE = 0.97  # correlation: of 150 photographs at half the size and JPEG quality 30 the least had .994
BANDS = tuple((64 * band // (FAR + 1), 64 * (band + 1) // (FAR + 1)) for band in range(FAR + 1))
CROWD = 200  # pictures that share a band, beyond which each is compared with its neighbours only: plain ones
FLAT = 4.0  # standard deviation of 0 ... 255, below which a picture has no look of its own


def perceptual(pixels: np.ndarray) -> tuple[int, np.ndarray]:
    """(height, width, 1, 3 or 4) uint8, or float in 0 to 1 -> 64 bits and (256,) uint8; 0 where nearly plain."""
    pixels = pixels if pixels.dtype == np.uint8 else (np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    grey = pixels.mean(axis=2, dtype=np.float32)
    small = cv2.resize(grey, (SMALL, SMALL), interpolation=cv2.INTER_AREA)
    if grey.std() < FLAT:
        return 0, small.reshape(-1).astype(np.uint8)
    low = cv2.dct(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA))[:KEPT, :KEPT].reshape(-1)
    return int(np.packbits(low > np.median(low[1:])).view(">u8")[0]), small.reshape(-1).astype(np.uint8)


def near_pairs(hashes: np.ndarray, small: np.ndarray) -> Iterator[tuple[int, int]]:
    """(pictures,) uint64 and (pictures, 256) uint8 -> each with a near copy before it: (that copy's place, its own)."""
    first: dict[int, int] = {}
    there = np.flatnonzero(hashes)
    for low, high in BANDS:
        part = (hashes[there] >> np.uint64(low)) & np.uint64((1 << (high - low)) - 1)
        order = np.argsort(part, kind="stable")
        ends = np.flatnonzero(np.diff(part[order])) + 1
        for group in np.split(there[order], ends):
            for original, copy in _close(group, hashes, small):
                first[copy] = min(original, first.get(copy, original))
    yield from ((original, copy) for copy, original in sorted(first.items()))


def _close(group: np.ndarray, hashes: np.ndarray, small: np.ndarray) -> Iterator[tuple[int, int]]:
    """Pairs within a group of rising places, the earlier first."""
    for place in range(1, len(group)):
        copy = group[place]
        before = group[max(place - CROWD, 0) : place]
        close = before[np.bitwise_count(hashes[before] ^ hashes[copy]) <= FAR]
        alike = close[_correlation(small[close], small[copy]) >= ALIKE] if len(close) else close
        if len(alike):
            yield int(alike[0]), int(copy)


def _correlation(several: np.ndarray, one: np.ndarray) -> np.ndarray:
    """(n, 256), (256,) -> (n,)."""
    several, one = several - several.mean(axis=1, keepdims=True, dtype=np.float32), one - one.mean(dtype=np.float32)
    return several @ one / np.maximum(np.linalg.norm(several, axis=1) * np.linalg.norm(one), 1e-6)
