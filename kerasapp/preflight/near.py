"""Near copies: one picture twice, scaled, compressed again or slightly changed, without comparing each with each.

The hash is pHash's (Zauner, 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions"): the signs of
the 64 lowest frequencies around their median. Copies of up to `FAR` bits agree wholly in one of `FAR` + 1 bands, so
only pictures that share a band are compared. Mirrored, turned or cropped copies are not found.
"""

from collections.abc import Iterator

import cv2
import numpy as np

SIDE, KEPT = 32, 8  # pixels that are transformed, frequencies kept each way
FAR = 4  # bits of 64 in which near copies may differ
BANDS = tuple((64 * band // (FAR + 1), 64 * (band + 1) // (FAR + 1)) for band in range(FAR + 1))
CROWD = 200  # pictures that share a band, beyond which each is compared with its neighbours only: plain ones
FLAT = 4.0  # standard deviation of 0 ... 255, below which a picture has no look of its own


def perceptual_hash(pixels: np.ndarray) -> int:
    """(height, width, 1, 3 or 4) uint8, or float in 0 to 1 -> 64 bits; 0 for a picture that is nearly plain."""
    pixels = pixels if pixels.dtype == np.uint8 else (np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    grey = pixels.mean(axis=2, dtype=np.float32)
    if grey.std() < FLAT:
        return 0
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    low = cv2.dct(small)[:KEPT, :KEPT].reshape(-1)
    return int(np.packbits(low > np.median(low[1:])).view(">u8")[0])


def near_pairs(hashes: np.ndarray) -> Iterator[tuple[int, int]]:
    """(pictures,) uint64 -> each picture that has a near copy before it, with the first such; 0 is passed over."""
    first: dict[int, int] = {}
    there = np.flatnonzero(hashes)
    for low, high in BANDS:
        part = (hashes[there] >> np.uint64(low)) & np.uint64((1 << (high - low)) - 1)
        order = np.argsort(part, kind="stable")
        ends = np.flatnonzero(np.diff(part[order])) + 1
        for group in np.split(there[order], ends):
            for original, copy in _close(group, hashes):
                first[copy] = min(original, first.get(copy, original))
    yield from ((original, copy) for copy, original in sorted(first.items()))


def _close(group: np.ndarray, hashes: np.ndarray) -> Iterator[tuple[int, int]]:
    """Pairs within a group of rising places, the earlier first."""
    for place in range(1, len(group)):
        before = group[max(place - CROWD, 0) : place]
        apart = np.bitwise_count(hashes[before] ^ hashes[group[place]])
        close = np.flatnonzero(apart <= FAR)
        if len(close):
            yield int(before[close[0]]), int(group[place])
