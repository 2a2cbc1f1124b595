import io

import numpy as np
import pytest
from PIL import Image

from kerasapp import pictures


def test_pictures_stand_row_after_row_with_a_gap_between_them():
    images = np.zeros((5, 50, 60, 1), np.uint8)
    images[3] = 200
    sheet = pictures.tiled(images, 2)
    assert sheet.shape == (3 * 52 + 2, 2 * 62 + 2, 1)
    assert (sheet[54:104, 64:124] == 200).all(), "the fourth stands in the second row, to the right"
    assert (sheet[106:, 64:] == 255).all() and (sheet[:2] == 255).all(), "nothing is where no picture is"


def test_small_pictures_are_drawn_larger_and_floats_rounded():
    images = np.full((1, 8, 8, 3), 0.5, np.float32)
    images[0, 0, 0] = 2.0
    sheet = pictures.tiled(images)
    assert sheet.shape == (52, 52, 3)
    assert (sheet[2:8, 2:8] == 255).all() and (sheet[8:50, 8:50] == 128).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_a_png_comes_back_as_it_was(channels):
    image = np.random.default_rng(0).integers(0, 256, (9, 7, channels)).astype(np.uint8)
    np.testing.assert_array_equal(pictures.pixels_of(pictures.png(image)), image)


def test_an_animation_has_all_frames_in_order():
    frames = [pictures.png(np.full((16, 16, 1), level, np.uint8)) for level in (0, 120, 240)]
    with Image.open(io.BytesIO(pictures.animated(frames, 100))) as moving:
        assert moving.n_frames == 3
        for number, level in enumerate((0, 120, 240)):
            moving.seek(number)
            assert abs(np.asarray(moving.convert("L"), float).mean() - level) < 4
