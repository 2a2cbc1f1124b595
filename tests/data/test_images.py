import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from kerasapp.data._images import Header, fault_kind, header, headers
from kerasapp.ops.decode import decode_image

PIXELS = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)


def encoded(kind: str, mode: str = "RGB", **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(PIXELS).convert(mode).save(file, kind, **options)
    return file.getvalue()


def verdict(
    tmp_path, content: bytes, name: str = "a.jpg", max_pixels: int = 10_000, decode: bool = False
) -> Header | str:
    path = tmp_path / name
    path.write_bytes(content)
    return headers([str(path)], max_pixels, decode)[0]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "WEBP"])
@pytest.mark.parametrize("decode", [False, True])
def test_whole_images_of_every_format_are_taken(tmp_path, kind, decode):
    found = verdict(tmp_path, encoded(kind), decode=decode)
    assert (found.format, found.height, found.width, found.channels) == (kind, 40, 60, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "WEBP"])
@pytest.mark.parametrize("share", [0.6, 0.99])
def test_an_image_cut_short_is_seen_without_decoding_all_files(tmp_path, kind, share):
    content = encoded(kind)
    assert verdict(tmp_path, content[: int(len(content) * share)]) == "cut short or damaged"


def test_bytes_after_the_end_of_a_jpeg_do_no_harm(tmp_path):
    assert isinstance(verdict(tmp_path, encoded("JPEG") + b"\0" * 500), Header)


@pytest.mark.parametrize(
    "mode, channels", [("L", 1), ("LA", 1), ("1", 1), ("I;16", 1), ("RGB", 3), ("P", 3), ("RGBA", 4)]
)
def test_channels_are_grey_colour_or_transparent(mode, channels):
    content = encoded("PNG", "L") if mode == "I;16" else encoded("PNG", mode)
    if mode == "I;16":
        file = io.BytesIO()
        Image.fromarray(PIXELS[..., 0].astype(np.uint16) * 257).save(file, "PNG")
        content = file.getvalue()
    assert header(io.BytesIO(content)).channels == channels


def test_a_photograph_lying_on_its_side_has_its_upright_size():
    exif = Image.Exif()
    exif[0x0112] = 6
    found = header(io.BytesIO(encoded("JPEG", exif=exif)))
    assert (found.height, found.width) == (60, 40)


def test_what_is_no_image_is_told(tmp_path):
    assert verdict(tmp_path, b"this is no image") == "no image"
    assert verdict(tmp_path, b"") == "empty"
    assert "TIFF" in verdict(tmp_path, encoded("TIFF"))
    assert headers([str(tmp_path / "none.png")], 100)[0] == "No such file or directory"


@pytest.mark.parametrize("mode, bits", [("P", 8), ("L", 8), ("1", 1), ("RGB", 24)])
def test_a_bmp_is_taken_where_training_reads_it_right_and_refused_elsewhere(tmp_path, mode, bits):
    content = encoded("BMP", mode)
    found = verdict(tmp_path, content)
    if bits == 1:
        assert found == "a BMP with 1 bits a pixel, compression 0, which TensorFlow does not read"
        return
    assert isinstance(found, Header)
    seen = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    assert np.array_equal(decode_image(content), seen)


def test_an_animated_webp_is_refused(tmp_path):
    moving = encoded("WEBP", save_all=True, append_images=[Image.fromarray(255 - PIXELS)])
    assert "animated" in verdict(tmp_path, moving)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("turned", [1, 2, 3, 4, 5, 6, 7, 8])
def test_the_scan_gives_the_size_that_training_decodes(kind, turned):
    exif = Image.Exif()
    exif[0x0112] = turned
    content = encoded(kind, exif=exif)
    found = header(io.BytesIO(content))
    assert (found.height, found.width) == tuple(decode_image(content).shape[:2])
    assert found.orientation == turned


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_an_orientation_that_only_xmp_tells_turns_neither_scan_nor_training(kind):
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    xmp += b'<r:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></r:RDF></x:xmpmeta>'
    content = encoded(kind, xmp=xmp) if kind != "PNG" else encoded(kind, pnginfo=_with_xmp(xmp))
    found = header(io.BytesIO(content))
    assert (found.height, found.width) == tuple(decode_image(content).shape[:2]) == (40, 60)


def _with_xmp(xmp: bytes) -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", xmp.decode())
    return info


@pytest.mark.parametrize("side, words", [(200, "200 x 200 pixels"), (12_000, "12000 x 12000"), (60_000, "more than")])
def test_a_bomb_is_refused_by_its_header(tmp_path, side, words):
    """A PNG of a few bytes that claims a huge picture; Pillow itself warns at 89 million pixels and refuses 178."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    claims = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + claims + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    assert words in verdict(tmp_path, bomb, decode=True)


def test_a_damaged_middle_is_seen_where_all_files_are_decoded(tmp_path):
    content = bytearray(encoded("PNG"))
    content[len(content) // 2] ^= 0xFF
    assert isinstance(verdict(tmp_path, bytes(content)), Header), "its ends are fine"
    assert verdict(tmp_path, bytes(content), decode=True) == "cut short or damaged"


def smooth(height: int = 200, width: int = 300) -> Image.Image:
    """Noise of low frequency, as photographs are; at 200 x 300 some 10 kB of JPEG."""
    return Image.fromarray(np.random.default_rng(1).integers(0, 255, (12, 18, 3), dtype=np.uint8)).resize(
        (width, height)
    )


def photograph(**options) -> bytes:
    file = io.BytesIO()
    smooth().save(file, "JPEG", quality=92, **options)
    return file.getvalue()


def early_end(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + b"\xff\xd9" + content[middle + 2 :]


def overwritten(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + np.random.default_rng(2).bytes(1024) + content[middle + 1024 :]


def cut_and_closed(content: bytes) -> bytes:
    return content[: len(content) // 2] + b"\xff\xd9"


@pytest.mark.parametrize("damage", [early_end, overwritten, cut_and_closed])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 2}])
def test_a_jpeg_damaged_in_its_middle_is_seen_where_all_files_are_decoded(tmp_path, damage, options):
    whole = photograph(**options)
    assert isinstance(verdict(tmp_path, whole, max_pixels=100_000, decode=True), Header)
    assert verdict(tmp_path, damage(whole), max_pixels=100_000, decode=True) == "cut short or damaged"


def test_second_pictures_thumbnails_and_films_are_no_damage(tmp_path):
    """MPO keeps a whole second JPEG behind the first, EXIF one inside; films are put behind the end."""
    several = io.BytesIO()
    smooth().save(several, "MPO", save_all=True, append_images=[smooth()])
    thumbnail = io.BytesIO()
    smooth(60, 90).save(thumbnail, "JPEG")
    with_exif = photograph(exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0" + thumbnail.getvalue())
    film = photograph() + b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 20
    for content in (several.getvalue(), with_exif, film):
        assert isinstance(verdict(tmp_path, content, max_pixels=100_000, decode=True), Header)


def test_zeros_before_the_end_of_a_jpeg_are_filling_and_other_bytes_are_damage(tmp_path):
    content = photograph()
    assert isinstance(
        verdict(tmp_path, content[:-2] + bytes(9) + content[-2:], max_pixels=100_000, decode=True), Header
    )
    left = content[:-2] + b"\x5a\xa5\x3c" * 9 + content[-2:]
    assert verdict(tmp_path, left, max_pixels=100_000, decode=True) == "cut short or damaged"


@pytest.mark.parametrize("options", [{"subsampling": 0}, {"subsampling": 2}, {"progressive": True}, {"quality": 30}])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_every_kind_of_whole_jpeg_is_taken(tmp_path, mode, options):
    file = io.BytesIO()
    smooth().convert(mode).save(file, "JPEG", **options)
    assert isinstance(verdict(tmp_path, file.getvalue(), max_pixels=100_000, decode=True), Header)


def test_an_odd_header_is_no_damage(tmp_path):
    """A JFIF revision that is none, at which libjpeg only wonders."""
    content = bytearray(photograph())
    assert content[6:10] == b"JFIF" and content[11] == 1
    content[11] = 3
    assert isinstance(verdict(tmp_path, bytes(content), max_pixels=100_000, decode=True), Header)


@pytest.mark.parametrize(
    "told, kind",
    [("empty", "empty_file"), ("cut short or damaged", "broken"), ("damaged: bad chunk", "broken"),
     ("no image", "not_an_image"), ("a TIFF, which TensorFlow does not read", "unread_format"),
     ("an animated WebP, which TensorFlow does not read", "unread_format"),
     ("200 x 200 pixels, more than data.max_pixels (9)", "too_large"), ("more than 178956970 pixels", "too_large"),
     ("Permission denied", "unreadable")],
)  # fmt: skip
def test_each_fault_of_a_file_has_its_name(told, kind):
    assert fault_kind(told) == kind


def test_no_real_photograph_is_taken_for_damaged(real_data):
    files = [str(path) for name in ("flowers_subset", "coco128") for path in real_data(name).rglob("*.jpg")]
    assert len(files) > 600 and all(isinstance(found, Header) for found in headers(files, 50_000_000, decode=True))
