"""Photographs in class folders: `photos/cat/1.jpg`, or `photos/train/cat/1.jpg` beside `validation` and `test`.

A class is a folder, with all that lies below it. A folder without class folders gives examples without a label. Reads
jpg, png, bmp, gif (its first picture) and webp.
"""

import logging
import os
import unicodedata
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Literal

import numpy as np
import tensorflow as tf

from kerasapp.data._arrays import Arrays, Ids, hashed
from kerasapp.data._faults import Remark, refuse, remark
from kerasapp.data._files import natural, present, shown
from kerasapp.data._images import SUFFIXES, THREADS, Header, fault_kind, headers
from kerasapp.errors import DataError
from kerasapp.names import counted, some
from kerasapp.types import DataPath, PositiveInt, Split

SPLITS = {"train": "train", "validation": "validation", "val": "validation", "valid": "validation", "test": "test"}
RAW = {".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".pef", ".srw"}  # cameras' own
PICTURES = RAW | {".heic", ".heif", ".tif", ".tiff", ".avif", ".jp2", ".j2k", ".jxl", ".svg", ".psd", ".ppm", ".tga"}
HIDDEN = ("__MACOSX", "@eaDir")  # what archives and storage boxes leave behind
NAMED = 10  # files that a message names
KINDS = 5  # suffixes that a message counts
logger = logging.getLogger("kerasapp")


def load(
    *,
    path: DataPath,
    on_error: Literal["fail", "skip"] = "fail",
    max_pixels: PositiveInt = 50_000_000,
    source: str | None = None,
) -> dict[str, Split]:
    """Features: `image`, the encoded file, read when it is gathered; `label` int64 with names in natural order; and,
    from the headers, `image/height`, `image/width` (upright) and `image/channels` (1 grey, 3 colour, 4 with
    transparency), int32.

    Every header is read first. An unreadable file, or one of more than `max_pixels`, is a DataError that names it; with
    `on_error: skip` every file is decoded once as well, and what can't be is left out. `source` says where the data can
    be had.
    """
    root = present(path, source, folder=True)
    listed = {name: _Listing(folder) for name, folder in _split_folders(root).items()}
    every = list(listed.values())
    if not listed["train"].files:
        raise DataError(shown(listed["train"].folder), _no_images(listed["train"].ignored))
    for listing in (listing for listing in listed.values() if not listing.files):
        logger.warning("%s: %s", shown(listing.folder), _no_images(listing.ignored))
    listed = {name: listing for name, listing in listed.items() if listing.files}
    classes = sorted({name for listing in listed.values() for name in listing.classes}, key=natural)
    good = _readable(root, [file for listing in listed.values() for file, _ in listing.files], on_error, max_pixels)
    _tell_ignored(root, every)
    return {name: _photographs(listing, good, tuple(classes)) for name, listing in listed.items()}


class Photographs(Arrays):
    """A Split of image files: what the headers said is in memory, the files are read when they are gathered."""

    def __init__(self, folder: Path, paths: list[str], columns: dict[str, np.ndarray], names: tuple[str, ...]):
        self._folder, self.paths = folder, paths
        files = np.array([os.fsencode(path) for path in paths], object)
        ids = Ids(range(len(paths)), lambda row: os.fsencode(shown(paths[row])).decode(errors="replace"))
        super().__init__({"image": files, **columns}, ids, {"label": names})

    def gather(self, indices: tf.Tensor) -> dict[str, tf.Tensor]:
        raw = super().gather(indices)
        return {**raw, "image": tf.map_fn(tf.io.read_file, raw["image"], fn_output_signature=tf.string)}

    def identities(self) -> np.ndarray:
        """(examples,) uint64 of each path below the folder: it stays where it is when the file is edited."""
        below = (Path(path).relative_to(self._folder).as_posix() for path in self.paths)
        return hashed(os.fsencode(unicodedata.normalize("NFC", path)) for path in below)

    def keep_fingerprints(self, fingerprints: np.ndarray) -> None:
        """Takes (examples,) uint64 from who has read the files and hashed each by `content_hash`."""
        self._fingerprints = fingerprints

    @cached_property
    def _fingerprints(self) -> np.ndarray:
        with ThreadPoolExecutor(THREADS) as pool:
            return np.fromiter(pool.map(_file_hash, self.paths), np.uint64, len(self.paths))


class _Listing:
    """What lies in one folder: files with the class of each (None where there are no class folders)."""

    def __init__(self, folder: Path):
        self.folder = folder
        entries = [entry for entry in os.scandir(folder) if not _is_hidden(entry.name)]
        inner = sorted((entry.name for entry in entries if entry.is_dir()), key=natural)
        outer = [entry.name for entry in entries if entry.is_file()]
        beside = [name for name in outer if _suffix(name) in SUFFIXES]
        within = {name: _walk(folder / name) for name in inner}
        self.classes = inner
        self.beside = len(beside) if inner else 0
        pairs = [(file, name) for name, files in within.items() for file in files]
        pairs += [] if inner else [(str(folder / name), None) for name in sorted(beside, key=natural)]
        self.files = [(file, name) for file, name in pairs if _suffix(file) in SUFFIXES]
        others = [file for file, _ in pairs if _suffix(file) not in SUFFIXES]
        others += [str(folder / name) for name in outer if name not in beside]
        self.ignored = Counter(_suffix(file) or "no suffix" for file in others)
        self.examples = {_suffix(file) or "no suffix": file for file in reversed(others)}


def _split_folders(root: Path) -> dict[str, Path]:
    """train, validation and test below the root, where there are no other folders; else the root as train."""
    inner = [entry.name for entry in os.scandir(root) if entry.is_dir() and not _is_hidden(entry.name)]
    named = {SPLITS.get(name.lower()): root / name for name in inner}
    if "train" not in named or None in named:
        return {"train": root}
    if len(named) < len(inner):
        raise DataError(shown(root), f"more than one folder for one split: {', '.join(sorted(inner))}. Keep one")
    return {name: named[name] for name in ("train", "validation", "test") if name in named}


def _walk(folder: Path) -> list[str]:
    """All files below a folder, in natural order, hidden ones left out."""
    found = []
    for where, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not _is_hidden(name)]
        found += [os.path.join(where, name) for name in files if not _is_hidden(name)]
    return sorted(found, key=natural)


def _readable(root: Path, files: list[str], on_error: str, max_pixels: int) -> dict[str, Header]:
    """The headers of the files that can be read; the others are named."""
    looked = dict(zip(files, headers(files, max_pixels, decode=on_error == "skip"), strict=True))
    bad = [(file, what) for file, what in looked.items() if isinstance(what, str)]
    if bad:
        named = some((f"{os.path.relpath(file, root)} ({what})" for file, what in bad), NAMED)
        told = f"{len(bad)} of {counted(len(files), 'image')} can't be read: {named}"
        if on_error == "fail":
            way = "Save it again from the original, remove it, or set data.on_error: skip"
            each = [DataError(shown(file), f"{what}. {way}", fault_kind(what)) for file, what in bad]
            refuse(DataError(shown(root), f"{told}. Remove them, or set data.on_error: skip"), each)
        else:
            logger.warning("%s: left out: %s", shown(root), told)
    return {file: what for file, what in looked.items() if isinstance(what, Header)}


def _photographs(listing: _Listing, good: dict[str, Header], classes: tuple[str, ...]) -> Photographs:
    files = [(file, label) for file, label in listing.files if file in good]
    if not files:
        raise DataError(shown(listing.folder), "none of its images can be read")
    columns = {}
    if listing.classes:
        number = {name: index for index, name in enumerate(classes)}
        columns["label"] = np.array([number[label] for _, label in files], np.int64)
    for key in ("height", "width", "channels"):
        columns[f"image/{key}"] = np.array([getattr(good[file], key) for file, _ in files], np.int32)
    return Photographs(listing.folder, [file for file, _ in files], columns, classes)


def _no_images(ignored: Counter) -> str:
    others = f", but {_counted(ignored)}" if ignored else ""
    kinds = ", ".join(sorted(suffix[1:] for suffix in SUFFIXES))
    return f"holds no images ({kinds}){others}. Set data.path to a folder of images"


def _tell_ignored(root: Path, listings: list[_Listing]) -> None:
    ignored = sum((listing.ignored for listing in listings), Counter())
    examples = {suffix: file for listing in listings for suffix, file in listing.examples.items()}
    remark(_remarks(ignored, examples))
    if ignored:
        logger.info("%s: %s left out, no image by its suffix", shown(root), _counted(ignored))
    beside = sum(listing.beside for listing in listings)
    if beside:
        logger.warning("%s: %d images beside the class folders are left out", shown(root), beside)


def _counted(ignored: Counter) -> str:
    told = ", ".join(f"{count} {suffix}" for suffix, count in ignored.most_common(KINDS))
    more = len(ignored) - KINDS
    return f"{told} and {more} more kind{'s' * (more > 1)}" if more > 0 else told


def _remarks(ignored: Counter, examples: dict[str, str]) -> Iterator[Remark]:
    """What lies among the images and is not read: pictures of each kind, and all that is no picture as one."""
    for suffix in sorted(PICTURES.intersection(ignored)):
        told = f"{ignored[suffix]} {suffix} left out: a picture of a format that is not read. Save it as .jpg or .png"
        yield Remark(shown(examples[suffix]), told, "unread_format", "warning")
    others = Counter({suffix: count for suffix, count in ignored.items() if suffix not in PICTURES})
    if others:
        told = f"{_counted(others)} left out, no image by its suffix"
        yield Remark(shown(examples[others.most_common(1)[0][0]]), told, "other_files", "note")


def _is_hidden(name: str) -> bool:
    return name[0] == "." or name in HIDDEN


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _file_hash(path: str) -> int:
    with open(path, "rb") as file:
        return content_hash(file.read())


def content_hash(content: bytes) -> int:
    """64 bits, the same on any machine."""
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "little")
