import io

import numpy as np
import pytest
from PIL import Image

from kerasapp.data import image_folder
from kerasapp.data._arrays import Arrays
from kerasapp.data._decoding import decoder
from kerasapp.meter import Meter
from kerasapp.ops.decode import MAX_PIXELS, decode_image
from kerasapp.preflight.gallery import beside_others
from kerasapp.preflight.images import look_at_pictures, of_file


@pytest.fixture
def folder(tmp_path, picture):
    place = tmp_path / "p" / "cat"
    place.mkdir(parents=True)
    for number in range(40):
        picture(number).save(place / f"{number}.jpg", quality=92)
    return place


def looked(split, near=False):
    """Findings on single pictures, those beside the others, and the rows of what was seen."""
    kept = []

    def look():
        kept.append((yield from look_at_pictures(split, meter, decoder(MAX_PIXELS), near)))

    meter = Meter("", len(split), io.StringIO())
    found = list(look())
    return found, list(beside_others(split, "train", kept[0])), kept[0]


def of_folder(folder, near=False):
    found, beside, seen = looked(image_folder.load(path=str(folder.parent))["train"], near)
    return [(one.kind, one.severity, one.where.rsplit("/")[-1]) for one in found + beside], seen


def encoded(image, kind="JPEG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def test_whole_photographs_have_no_findings_and_are_in_order(folder):
    found, seen = of_folder(folder)
    assert found == [] and (seen["height"] == 72).all() and (seen["width"] == 96).all()
    split = image_folder.load(path=str(folder.parent))["train"]
    assert np.array_equal(seen["content"], split.fingerprints()), "read once, hashed once"


def test_what_is_wrong_with_a_file_is_told_of_that_file(folder, picture):
    content = (folder / "3.jpg").read_bytes()
    middle = len(content) // 2
    (folder / "3.jpg").write_bytes(content[:middle] + b"\xff\xd9" + content[middle + 2 :])
    (folder / "4.jpg").write_bytes(content + b"more")
    (folder / "5.jpg").write_bytes(encoded(picture(5), "PNG"))
    (folder / "6.jpg").write_bytes(encoded(picture(6).convert("CMYK")))
    (folder / "7.jpg").write_bytes(encoded(Image.new("RGB", (96, 72), "red")))
    moving = [picture(8), picture(9)]
    moving[0].save(folder / "8.gif", save_all=True, append_images=moving[1:])
    assert sorted(of_folder(folder)[0]) == [
        ("animation", "note", "8.gif"), ("blank", "warning", "7.jpg"), ("broken", "error", "3.jpg"),
        ("cmyk", "warning", "6.jpg"), ("trailing_data", "warning", "4.jpg"), ("wrong_suffix", "warning", "5.jpg"),
    ]  # fmt: skip


def test_what_shows_beside_the_others_is_told(folder, picture):
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(1, 900, 60).save(folder / "1.jpg")
    picture(2, 16, 12).save(folder / "2.jpg")
    picture(3).convert("L").save(folder / "3.jpg")
    picture(4).save(folder / "4.jpg", exif=exif)
    picture(5).convert("RGBA").save(folder / "5.png")
    assert sorted(of_folder(folder)[0]) == [
        ("extreme_shape", "warning", "1.jpg"), ("grey", "note", "3.jpg"), ("tiny_image", "warning", "2.jpg"),
        ("transparent", "note", "5.png"), ("turned", "note", "4.jpg"),
    ]  # fmt: skip


def test_all_grey_or_all_small_is_as_it_is(tmp_path, picture):
    place = tmp_path / "p" / "digit"
    place.mkdir(parents=True)
    for number in range(20):
        picture(number, 14, 14).convert("L").save(place / f"{number}.png")
    assert of_folder(place)[0] == []


def test_encoded_pictures_of_a_split_in_memory_are_looked_at_as_well(picture):
    files = [encoded(picture(number), "PNG") for number in range(5)]
    files[3] = files[3][:3000] + bytes(100) + files[3][3100:]
    images = np.empty(5, object)
    images[:] = files
    found, _, seen = looked(Arrays({"image": images}, [f"train[{row}]" for row in range(5)]))
    assert [(one.kind, one.where) for one in found] == [("broken", "train[3]")] and seen["height"].tolist()[:2] == [
        72,
        72,
    ]


def test_a_blank_picture_among_arrays_is_named():
    images = np.random.default_rng(0).integers(0, 256, (50, 8, 8, 1), dtype=np.uint8)
    images[41] = 0
    found, _, _ = looked(Arrays({"image": images}, [f"x[{row}]" for row in range(50)]))
    assert [(one.kind, one.where) for one in found] == [("blank", "x[41]")]


def test_a_file_that_vanishes_while_it_is_looked_at_is_named(folder):
    split = image_folder.load(path=str(folder.parent))["train"]
    (folder / "7.jpg").unlink()
    found, _, _ = looked(split, near=True)
    assert [(one.kind, one.where.rsplit("/")[-1]) for one in found] == [("empty_file", "7.jpg")]


def test_what_is_passed_can_be_decoded_in_training_whatever_was_done_to_it(picture):
    """Random edits of every format: the look never fails, and never passes what training can't decode."""
    draw, reader = np.random.default_rng(1), decoder(MAX_PIXELS)
    wholes = [encoded(picture(), kind) for kind in ("JPEG", "PNG", "GIF", "BMP", "WEBP")]
    wholes += [encoded(picture(), progressive=True), encoded(picture().quantize(16), "BMP")]
    passed = 0
    for number in range(400):
        content = bytearray(wholes[number % len(wholes)])
        for _ in range(draw.integers(1, 5)):
            at = int(draw.integers(draw.choice([60, 700, len(content)])))
            edit = draw.bytes(1) if number % 3 else draw.bytes(int(draw.integers(20)))
            content[at : at + int(draw.integers(1, 9)) * (number % 3 == 0) + 1] = edit
        _, flaws = of_file(bytes(content), "a.jpg", reader, near=True)
        if not any(severity == "error" for _, severity, _ in flaws):
            passed += 1
            decode_image(bytes(content))
    assert 50 < passed < 350


def test_a_picture_of_nearly_one_colour_is_told_and_a_fine_pattern_or_a_few_strokes_are_not(folder, picture):
    draw = np.random.default_rng(0)
    faint = (120 + draw.normal(0, 1, (72, 96, 3))).astype(np.uint8)
    board = np.indices((72, 96)).sum(axis=0) % 2 * 60 + 90
    strokes = np.full((72, 96), 255)
    strokes[30:33, 20:60] = 40
    Image.fromarray(faint).save(folder / "1.jpg", quality=95)
    Image.fromarray(faint).save(folder / "2.png")
    Image.new("RGB", (96, 72), "red").save(folder / "3.png")
    for name, pixels in (("4.jpg", board), ("5.jpg", strokes)):
        Image.fromarray(pixels.astype(np.uint8)).convert("RGB").save(folder / name, quality=95)
    assert sorted(of_folder(folder)[0]) == [("blank", "warning", name) for name in ("1.jpg", "2.png", "3.png")]


@pytest.mark.parametrize("grey, told", [(128, True), (255, False), (60, False)])
def test_the_grey_of_a_picture_that_was_cut_short_and_saved_again_is_told_and_no_background(folder, grey, told):
    for name in ("1.jpg", "2.png"):
        image = Image.open(folder / "1.jpg").convert("RGB")
        image.paste((grey,) * 3, (0, 40, 96, 72))
        image.save(folder / name)
    found = [("flat_bottom", "warning", "1.jpg"), ("flat_bottom", "warning", "2.png")]
    assert sorted(of_folder(folder)[0]) == (found if told else [])


def test_a_second_picture_in_a_file_and_a_png_that_moves_are_told(folder, picture):
    (folder / "1.jpg").write_bytes(encoded(picture(1)) + encoded(picture(2)))
    (folder / "2.jpg").write_bytes(encoded(picture(1), "MPO", save_all=True, append_images=[picture(2)]))
    picture(3).save(folder / "3.png", save_all=True, append_images=[picture(4)])
    assert sorted(of_folder(folder)[0]) == [("animation", "note", "3.png"), ("trailing_data", "warning", "1.jpg")]


def test_a_picture_of_one_pixel_is_not_called_blank(folder):
    Image.new("RGB", (1, 1), "red").save(folder / "1.png")
    assert "blank" not in {kind for kind, _, _ in of_folder(folder)[0]}
