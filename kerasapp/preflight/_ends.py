"""What stands behind the end of an image file: another file, a phone's film, or what a faulty copy left."""

import re

MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # in a JPEG's stream: not stuffing, restart or filling
FILLING = b"\0\xff\r\n "
SEVERAL = (b"MPF\0", b"Container:Directory")  # by which a header says that other pictures follow
FILM = (b"ftyp", b"MotionPhoto")  # phones put the seconds around a photograph behind it
LOOKED = 4096  # bytes, in which a film would begin


def behind(content: bytes, kind: str) -> bytes:
    """The bytes after the end of a whole JPEG or PNG, but filling, and second pictures that a JPEG's header announces
    (MPO, depth maps, gain maps).
    """
    end = _end_of_jpeg(content) if kind == "JPEG" else _end_of_png(content) if kind == "PNG" else len(content)
    rest = content[end:].strip(FILLING)
    second = content[end:].lstrip(b"\0").startswith(b"\xff\xd8\xff")
    return b"" if second and any(word in content[:end] for word in SEVERAL) else rest


def is_film(rest: bytes) -> bool:
    return any(word in rest[:LOOKED] for word in FILM)


def _end_of_jpeg(content: bytes) -> int:
    """Where the first picture ends: segments are stepped over, so a thumbnail's end within EXIF is not taken for it."""
    at = 2
    while at + 4 <= len(content):
        found = MARKER.search(content, at)
        if found is None:
            break
        at = found.start()
        if content[at + 1] == 0xD9:
            return at + 2
        at += 2 + int.from_bytes(content[at + 2 : at + 4])
    return len(content)


def _end_of_png(content: bytes) -> int:
    at = 8
    while at + 8 <= len(content):
        length, name = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        at += length + 12
        if name == b"IEND":
            return at
    return len(content)
