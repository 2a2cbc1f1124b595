"""Decoding against Pillow, eager functions, tf.data and SavedModels alike; sizes, orientation and refusals."""

import io
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from kerasapp.ops.decode import decode_frames, decode_image, decode_images, exif_orientation, resize_images, upright

ORIENTATION = 0x0112
FILE = tf.TensorSpec((), tf.string)
FILES = tf.TensorSpec((None,), tf.string)


def photograph(height=45, width=60):
    """Smooth, so that JPEG is faithful, and without any symmetry."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    channels = [np.sin(5 * x + y) + y, np.cos(3 * y) * x + y, x * y + np.sin(9 * y)]
    return Image.fromarray(np.stack([(c - c.min()) / np.ptp(c) * 255 for c in channels], -1).astype("uint8"))


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def pillow(data, channels=3):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB" if channels == 3 else "L")
    return np.asarray(image).reshape(image.height, image.width, channels).astype(int)


@pytest.fixture(scope="module")
def decode():
    made = {
        channels: tf.function(lambda data, channels=channels: decode_image(data, channels=channels), [FILE])
        for channels in (1, 3)
    }
    return lambda data, channels=3: made[channels](tf.constant(data)).numpy().astype(int)


@pytest.fixture(scope="module")
def decode_small():
    made = tf.function(lambda data: decode_images(data, (20, 30)), [FILES])
    return lambda files: made(tf.constant(files)).numpy().astype(int)


@pytest.fixture(scope="module")
def orientations():
    made = tf.function(exif_orientation, [FILES])
    return lambda files: made(tf.constant(files)).numpy().tolist()


def formats():
    image = photograph()
    alpha = image.copy()
    alpha.putalpha(Image.linear_gradient("L").resize(image.size))
    yield "JPEG", encoded(image, "JPEG"), 0
    yield "JPEG, progressive", encoded(image, "JPEG", progressive=True), 0
    yield "JPEG, grey", encoded(image.convert("L"), "JPEG"), 0
    yield "JPEG, CMYK", encoded(image.convert("CMYK"), "JPEG", quality=95), 1
    for mode in ("1", "L", "P", "LA", "RGB"):
        yield f"PNG, {mode}", encoded(image.convert(mode), "PNG"), 0
    yield "PNG, RGBA", encoded(alpha, "PNG"), 0
    yield "PNG, palette of 4, one transparent", encoded(image.quantize(4), "PNG", transparency=1), 0
    yield "GIF", encoded(image, "GIF"), 0
    yield "GIF, animated", encoded(image, "GIF", save_all=True, append_images=[ImageOps.mirror(image)] * 3), 0
    for mode in ("L", "P", "RGB", "RGBA"):
        yield f"BMP, {mode}", encoded(image.convert(mode), "BMP"), 0
    yield "WebP", encoded(image, "WEBP"), 0
    yield "WebP, lossless", encoded(image, "WEBP", lossless=True), 0
    yield "WebP, transparent", encoded(alpha, "WEBP"), 0
    yield "WebP, lossless and transparent", encoded(alpha, "WEBP", lossless=True, exact=True), 0


@pytest.mark.parametrize(("data", "tolerance"), [pytest.param(d, t, id=name) for name, d, t in formats()])
def test_every_format_has_pillows_pixels(decode, data, tolerance):
    assert np.abs(decode(data) - pillow(data)).max() <= tolerance
    grey = decode(data, channels=1)
    assert grey.shape == (45, 60, 1)
    assert np.abs(grey - pillow(data, 1)).max() <= 3  # a JPEG has its own luma, made before it was rounded to RGB


def test_of_16_bits_the_upper_8_are_kept(decode):
    values = (np.arange(45 * 60) * 24).reshape(45, 60).astype("uint16")
    assert np.array_equal(decode(encoded(Image.fromarray(values), "PNG"), channels=1)[..., 0], values >> 8)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_all_orientations_come_out_as_pillow_turns_them(decode, orientations, kind, order):
    files = []
    for number in range(1, 9):
        exif = Image.Exif()
        exif.endian = order
        exif[0x010F], exif[ORIENTATION], exif[0x0132] = "a camera", number, "2026:01:01 00:00:00"
        lossless = {"lossless": True} if kind == "WEBP" else {}
        files.append(encoded(photograph(), kind, exif=exif.tobytes(), **lossless))
    assert orientations(files) == list(range(1, 9))
    for data in files:
        assert np.array_equal(decode(data), pillow(data))


def segment(marker, content):
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def test_exif_is_found_behind_other_segments_and_nonsense_says_upright(orientations):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    plain, told = encoded(photograph(), "JPEG"), exif.tobytes()
    xmp, profile = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>"), segment(0xE2, b"ICC_PROFILE" + bytes(60_000))
    cases = {
        plain[:2] + xmp + profile * 3 + segment(0xFE, b"a comment") + segment(0xE1, told) + plain[2:]: 6,
        plain[:2] + segment(0xE1, told.replace(b"\x06\0", b"\x09\0")) + plain[2:]: 1,  # no orientation has number 9
        plain[:2] + segment(0xE1, told[:14] + b"\xff\xff\xff\x7f") + plain[2:]: 1,  # a directory far beyond the end
        plain[:2] + b"\xff\xe1\xff\xff" + told: 6,  # cut short, but behind it
        plain[:2] + b"\xff\xe0\0\0" + plain[2:]: 1,  # a length of nothing
        plain[:2]: 1,
        b"": 1,
        b"\xff": 1,
        b"\x89PNG\r\n\x1a\n" + b"\x7f\xff\xff\xffabcd": 1,
        b"RIFF" + bytes(40): 1,
    }
    assert orientations(list(cases)) == list(cases.values())


def test_turning_is_numpys_and_needs_no_file():
    image = np.arange(2 * 3 * 1, dtype="uint8").reshape(2, 3, 1)
    turned = {6: np.rot90(image, -1), 8: np.rot90(image), 3: np.rot90(image, 2), 2: image[:, ::-1], 1: image}
    for number, expected in turned.items():
        assert np.array_equal(upright(tf.constant(image), tf.constant(number)), expected)


def bombs():
    """Small files that say they are 30000 x 20000, and as much of one as a decoder would begin with."""
    wide, high = 30_000, 20_000
    row = zlib.compress(bytes(wide))
    header = struct.pack(">IIBBBBB", wide, high, 8, 0, 0, 0, 0)
    chunks = [b"IHDR" + header, b"IDAT" + row, b"IEND"]
    packed = b"".join(struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks)
    yield "PNG", b"\x89PNG\r\n\x1a\n" + packed
    jpeg = bytearray(encoded(photograph(), "JPEG"))
    place = jpeg.index(b"\xff\xc0")
    jpeg[place + 5 : place + 9] = struct.pack(">HH", high, wide)
    yield "JPEG", bytes(jpeg)
    gif = bytearray(encoded(photograph(), "GIF"))
    place = gif.index(b",\0\0\0\0")
    gif[place + 5 : place + 9] = struct.pack("<HH", wide, high)  # the screen still says 60 x 45
    yield "GIF", bytes(gif)
    bmp = bytearray(encoded(photograph(), "BMP"))
    bmp[18:26] = struct.pack("<ii", wide, -high)
    yield "BMP", bytes(bmp)


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in bombs()])
def test_a_bomb_is_refused_by_the_size_in_its_header(decode, decode_small, data):
    for read in (lambda: decode(data), lambda: decode_small([encoded(photograph(), "JPEG"), data])):
        with pytest.raises(tf.errors.InvalidArgumentError, match="20000 x 30000 pixels"):
            read()


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0"}])
def test_each_kind_of_webp_tells_its_size(options):
    data = encoded(photograph(), "WEBP", **options)
    assert decode_image(tf.constant(data), max_pixels=45 * 60).shape == (45, 60, 3)
    with pytest.raises(tf.errors.InvalidArgumentError, match="45 x 60 pixels"):
        decode_image(tf.constant(data), max_pixels=45 * 60 - 1)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no image", "no JPEG, PNG, GIF, BMP or WebP"),
        (b"", "no JPEG, PNG, GIF, BMP or WebP"),
        (encoded(photograph(), "TIFF"), "no JPEG, PNG, GIF, BMP or WebP"),
        (encoded(photograph().convert("1"), "BMP"), "a BMP of 1 bits"),
        (encoded(photograph(), "WEBP", save_all=True, append_images=[photograph(45, 60).rotate(90)]), "animated WebP"),
    ],
)
def test_what_is_not_read_says_so(decode, data, words):
    with pytest.raises(tf.errors.InvalidArgumentError, match=words):
        decode(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP"])
def test_a_file_cut_anywhere_is_an_error_not_a_crash(decode, kind):
    whole = encoded(photograph(), kind)
    for kept in (1, 3, 12, 17, 25, len(whole) // 2):
        with pytest.raises(tf.errors.InvalidArgumentError):
            decode(whole[:kept])


def test_of_two_errors_at_once_the_reason_is_told(decode):
    """The search for EXIF is stopped by a refusal beside it, which once came out as the error of one call in twenty."""
    for _ in range(200):
        with pytest.raises(tf.errors.InvalidArgumentError):
            decode(b"RIF")


def test_only_the_first_frame_of_a_gif_is_unfolded(decode):
    """Its decoder would unfold all of them, and make room for the largest."""
    data, larger = encoded(photograph(), "GIF", comment=b"a comment"), encoded(photograph(100, 120), "GIF")
    both = data[:-1] + larger[larger.index(b",\0\0\0\0") :]
    assert tf.raw_ops.DecodeGif(contents=both).shape == (2, 100, 120, 3)
    assert np.array_equal(decode(both), pillow(data))


@pytest.fixture(scope="module")
def film():
    """A GIF of four frames, of which only what changes is stored."""
    frames = [photograph().convert("P", palette=Image.Palette.ADAPTIVE).convert("RGB") for _ in range(4)]
    for number, frame in enumerate(frames):
        frame.paste((255, 40 * number, 0), (10 * number, 5, 10 * number + 8, 20))
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], comment=b"a comment")


def test_the_first_frames_of_a_film_are_pillows_and_its_last_is_repeated(film):
    with Image.open(io.BytesIO(film)) as opened:
        wanted = []
        for number in range(opened.n_frames):
            opened.seek(number)
            wanted.append(np.asarray(opened.convert("RGB")).astype(int))
    assert len(wanted) == 4 and not np.array_equal(wanted[0], wanted[1])
    for count in (1, 3, 4, 6):
        made = tf.function(lambda files, count=count: decode_frames(files, (45, 60), count), [FILES])
        found = made(tf.constant([film])).numpy().astype(int)[0]
        assert found.shape == (count, 45, 60, 3)
        assert np.array_equal(found, [wanted[min(number, 3)] for number in range(count)])


def test_a_still_picture_is_all_frames(film):
    still = encoded(photograph(90, 120), "JPEG")
    together = decode_frames(tf.constant([still, film]), (45, 60), 3, channels=1)
    assert together.shape == (2, 3, 45, 60, 1)
    assert np.array_equal(together[0], [decode_images(tf.constant([still]), (45, 60), channels=1)[0]] * 3)


def test_frames_are_refused_by_the_pixels_of_all_together_and_what_follows_is_not_unfolded(film):
    larger = encoded(photograph(100, 120), "GIF")
    longer = film[:-1] + larger[larger.index(b",\0\0\0\0") :]
    assert tf.raw_ops.DecodeGif(contents=longer).shape == (5, 100, 120, 3)
    assert np.array_equal(*(decode_frames(tf.constant([file]), (45, 60), 4) for file in (film, longer)))
    with pytest.raises(tf.errors.InvalidArgumentError, match="5 frames of 100 x 120 pixels"):
        decode_frames(tf.constant([longer]), (45, 60), 5, max_pixels=5 * 100 * 120 - 1)


def test_a_batch_is_sized_and_upright_whatever_stands_beside(decode_small):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    photographs = [
        encoded(photograph(40, 60), "JPEG"),  # exactly twice
        encoded(photograph(39, 47), "JPEG"),
        encoded(photograph(20, 30), "JPEG"),  # fits
        encoded(photograph(12, 400), "JPEG"),
        encoded(photograph(176, 272), "JPEG"),  # decoded at 1/8
        encoded(photograph(55, 40), "JPEG"),
        encoded(photograph(80, 96), "JPEG"),  # decoded at 1/2
        encoded(photograph(40, 60).convert("CMYK"), "JPEG"),
    ]
    others = [
        encoded(photograph(60, 40), "JPEG", exif=exif),
        encoded(photograph(20, 30), "PNG"),
        encoded(photograph(), "GIF"),
    ]
    together, alone = decode_small(photographs + others), decode_small(photographs)
    assert together.shape == (11, 20, 30, 3)
    assert np.array_equal(together[:8], alone)
    assert np.array_equal(together[9], np.asarray(photograph(20, 30)))
    assert np.array_equal(together[2], pillow(photographs[2]))
    for told, data in zip(together, photographs + others, strict=True):
        expected = Image.fromarray(pillow(data).astype("uint8")).resize((30, 20), Image.Resampling.BILINEAR)
        assert np.abs(told - np.asarray(expected)).mean() < 3


def test_grey_batches_have_one_channel_of_luma_even_from_cmyk():
    files = [encoded(photograph(20, 30).convert(mode), "JPEG", quality=95) for mode in ("L", "RGB", "CMYK")]
    grey = decode_images(tf.constant(files), (20, 30), channels=1).numpy().astype(int)
    for told, data in zip(grey, files, strict=True):
        assert np.abs(told - pillow(data, 1)).max() <= 3


def test_a_lowered_bound_holds_in_batches_too():
    files = tf.constant([encoded(photograph(20, 30), kind) for kind in ("JPEG", "PNG")])
    assert decode_images(files, (20, 30), max_pixels=600).shape == (2, 20, 30, 3)
    for data in files:
        with pytest.raises(tf.errors.InvalidArgumentError, match="over the 599"):
            decode_images(data[None], (20, 30), max_pixels=599)


@pytest.mark.parametrize("size", [(45, 60), (90, 100), (46, 200)])
def test_enlarging_is_pillows_bilinear(size):
    told = resize_images(tf.constant(np.asarray(photograph()))[None], size).numpy().astype(int)[0]
    assert np.abs(told - np.asarray(photograph().resize(size[::-1], Image.Resampling.BILINEAR))).max() <= 1


def coverage(length, count):
    """(count, length): how much of each pixel a result covers."""
    edges = np.linspace(0, length, count + 1)
    pixels = np.arange(length)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return overlap.clip(0) / (length / count)


@pytest.mark.parametrize("size", [(22, 29), (10, 13), (1, 1), (45, 7)])
def test_below_half_each_pixel_is_the_mean_of_the_area_it_covers(size):
    pixels = np.random.default_rng(0).integers(0, 256, (45, 60, 3)).astype("uint8")
    expected = np.einsum("ih,jw,hwc->ijc", coverage(45, size[0]), coverage(60, size[1]), pixels)
    assert np.abs(resize_images(tf.constant(pixels), size).numpy() - expected).max() <= 0.51
    floats = resize_images(tf.constant(pixels, tf.float32)[None] / 255, size)
    assert floats.dtype == tf.float32 and np.allclose(floats[0], expected / 255, atol=1e-5)


def test_one_side_below_half_and_the_other_longer_is_both_smooth():
    told = resize_images(tf.constant(np.asarray(photograph())), (90, 20)).numpy().astype(int)
    assert np.abs(told - np.asarray(photograph().resize((20, 90), Image.Resampling.BILINEAR))).mean() < 1


def test_at_exactly_half_each_pixel_is_the_mean_of_four():
    pixels = np.random.default_rng(0).integers(0, 256, (2, 8, 12, 3)).astype("uint8")
    means = pixels.reshape(2, 4, 2, 6, 2, 3).astype(float).mean(axis=(2, 4))
    assert np.array_equal(resize_images(tf.constant(pixels), (4, 6)), np.floor(means + 0.5))


def test_a_saved_model_and_tf_data_give_the_same_pixels_and_refusals(tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = 8
    files = [encoded(photograph(), kind) for kind in ("JPEG", "PNG", "GIF", "BMP", "WEBP")]
    files.append(encoded(photograph(), "JPEG", exif=exif))
    module = tf.Module()
    module.read = tf.function(lambda image: decode_images(image, (20, 30)), [FILES])
    tf.saved_model.save(module, str(tmp_path))
    served = tf.saved_model.load(str(tmp_path)).read
    expected = decode_images(tf.constant(files), (20, 30)).numpy()
    assert np.array_equal(served(tf.constant(files)), expected)
    dataset = tf.data.Dataset.from_tensor_slices(files).batch(3)
    mapped = dataset.map(lambda data: decode_images(data, (20, 30)), num_parallel_calls=2)
    assert np.array_equal(np.concatenate(list(mapped.as_numpy_iterator())), expected)
    for _, bomb in bombs():
        with pytest.raises(tf.errors.InvalidArgumentError, match="20000 x 30000 pixels"):
            served(tf.constant([bomb]))
