import io

import pytest

from kerasapp.preflight._ends import behind, is_film


def encoded(image, kind="JPEG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"optimize": True}])
def test_the_end_of_a_jpeg_is_its_own_and_not_its_thumbnails(picture, options):
    thumbnail = encoded(picture(1, 16, 12))
    content = encoded(picture(), exif=b"Exif\0\0" + thumbnail, comment=b"\xff\xd9", **options)
    assert behind(content, "JPEG") == b""
    assert behind(content + b"secret", "JPEG") == b"secret"


def test_filling_and_second_pictures_are_no_data_after_the_end(picture):
    content = encoded(picture())
    assert behind(content + b"\0" * 100 + b"\xff\xff\r\n", "JPEG") == b""
    assert behind(encoded(picture(), "MPO", save_all=True, append_images=[picture(1)]), "JPEG") == b""


def test_a_phones_film_is_known(picture):
    assert is_film(behind(encoded(picture()) + b"\0\0\0\x18ftypmp42" + b"film" * 99, "JPEG"))
    assert not is_film(behind(encoded(picture()) + b"anything", "JPEG"))


def test_data_after_a_png_is_found(picture):
    assert behind(encoded(picture(), "PNG"), "PNG") == b""
    assert behind(encoded(picture(), "PNG") + b"PK\x03\x04zip", "PNG") == b"PK\x03\x04zip"
