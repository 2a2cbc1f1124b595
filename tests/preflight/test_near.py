import io

import numpy as np
from PIL import Image

from kerasapp.preflight.near import FAR, near_pairs, perceptual


def looks(images):
    hashes, small = zip(*(perceptual(np.asarray(image)) for image in images), strict=True)
    return np.array(hashes, np.uint64), np.array(small)


def again(image, quality=50, scale=1.0):
    file = io.BytesIO()
    image.resize([round(side * scale) for side in image.size]).save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def test_scaled_and_compressed_copies_are_found_and_others_are_not(picture):
    images = [picture(seed) for seed in range(100)]
    copies = [
        again(images[7]),
        again(images[9], scale=0.5),
        again(images[11], 85, 2),
        Image.eval(images[13], lambda v: v // 2),
    ]
    assert list(near_pairs(*looks([*images, *copies]))) == [(7, 100), (9, 101), (11, 102), (13, 103)]


def test_plain_pictures_are_no_copies_of_each_other():
    plain = [np.full((40, 40, 3), value, np.uint8) for value in range(0, 250, 5)]
    assert list(near_pairs(*looks(plain))) == []


def test_the_bands_lose_no_pair():
    """Against comparing each with each."""
    draw = np.random.default_rng(0)
    hashes = draw.integers(1, 2**63, 300, dtype=np.uint64)
    for row in range(0, 300, 3):
        for bit in draw.choice(64, draw.integers(0, 7), replace=False):
            hashes[row + 1] = hashes[row] if bit == 0 else hashes[row + 1]
        hashes[row + 1] = hashes[row] ^ np.bitwise_or.reduce(
            np.uint64(1) << draw.choice(64, row % 7, replace=False).astype(np.uint64), initial=np.uint64(0)
        )
    same = np.tile(np.arange(256, dtype=np.uint8), (300, 1))
    close = np.bitwise_count(hashes[:, None] ^ hashes[None]) <= FAR
    expected = {(int(np.argmax(close[row])), row) for row in range(300) if np.argmax(close[row]) < row}
    assert set(near_pairs(hashes, same)) == expected and len(expected) > 60


def test_digits_that_look_alike_are_told_apart(real_data):
    with np.load(real_data("mnist") / "mnist.npz") as file:
        digits = file["x_train"][:4000, ..., None]
    assert len(list(near_pairs(*looks(digits)))) < 100  # of 4000, most of them ones
