import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from kerasapp.data._images import Header, header, headers

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


def test_what_tensorflow_reads_wrongly_is_told(tmp_path):
    assert "palette" in verdict(tmp_path, encoded("BMP", "P"))
    moving = encoded("WEBP", save_all=True, append_images=[Image.fromarray(255 - PIXELS)])
    assert "animated" in verdict(tmp_path, moving)


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
