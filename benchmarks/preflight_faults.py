"""Clean sets, and the faults that benchmarks/preflight.py injects into them: one function a fault.

Each takes a folder that holds a clean set and a generator, spoils it, and gives words that a finding has to name.
"""

import io
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

HEAD = "title: T\nseed: 0\n"
PHOTOS = HEAD + "task: image_classification\ndata: {{name: image_folder, path: {folder}/photos}}\nmodel: cnn\n"
TABLE = HEAD + "task: {task}\ndata: {{name: csv, path: {folder}/t.csv, label: label{more}}}\nmodel: mlp\n"
ARRAYS = HEAD + "task: image_classification\ndata: {{name: arrays, path: {folder}/a.npz}}\nmodel: cnn\n"
OWN = HEAD + "task: image_classification\ndata: {{name: './boxes.py:load', path: {folder}/boxes.npz}}\nmodel: cnn\n"
SOURCE = """\
import numpy as np

from kerasapp.data._arrays import Arrays
from kerasapp.types import DataPath, Split


def load(*, path: DataPath) -> dict[str, Split]:
    with np.load(path) as file:
        arrays = {name.replace("__", "/"): file[name] for name in file.files}
    for name in ("objects/bbox", "objects/label"):
        whole, arrays[name] = arrays[name], np.empty(len(arrays[name]), object)
        arrays[name][:] = [each[: 2 + row % 2] for row, each in enumerate(whole)]
    rows = len(arrays["label"])
    return {"train": Arrays(arrays, [f"image {row}" for row in range(rows)], {"objects/label": ("a", "b", "c")})}
"""
Draw = np.random.Generator


def picture(draw: Draw, size: tuple[int, int] = (96, 72)) -> Image.Image:
    """Noise of low frequency, as photographs are; width and height."""
    return Image.fromarray(draw.integers(0, 256, (9, 12, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)


def clean_photos(folder: Path, draw: Draw, each: int = 30) -> None:
    for split, count in (("train", each), ("validation", 12), ("test", 12)):
        for label in ("cat", "dog"):
            place = folder / "photos" / split / label
            place.mkdir(parents=True)
            for number in range(count):
                kind = "png" if number % 5 == 0 else "jpg"
                picture(draw).save(place / f"{label}{number}.{kind}", quality=92)


def clean_table(folder: Path, draw: Draw, rows: int = 300) -> None:
    words = ["a good text of some words", "another text about nothing", "the third one, with a comma"]
    cells = [
        [f"{draw.normal():.4f}", f"{draw.uniform(0, 9):.3f}", str(draw.choice(["red", "blue", "green"])),
         f"{words[row % 3]} {row}", str(draw.choice(["cat", "dog"]))]
        for row in range(rows)
    ]  # fmt: skip
    write_table(folder, ["size", "weight", "colour", "text", "label"], cells)


def clean_measures(folder: Path, draw: Draw, rows: int = 300) -> None:
    cells = [[f"{x:.4f}", f"{y:.3f}", f"{3 * x - y + draw.normal():.4f}"] for x, y in draw.normal(size=(rows, 2))]
    write_table(folder, ["size", "weight", "label"], cells)


def clean_arrays(folder: Path, draw: Draw, rows: int = 200) -> None:
    images = draw.integers(0, 256, (rows, 12, 12), dtype=np.uint8)
    labels = np.arange(rows) % 2
    np.savez(folder / "a.npz", x_train=images[60:], y_train=labels[60:], x_test=images[:60], y_test=labels[:60])


def clean_boxes(folder: Path, draw: Draw, rows: int = 120) -> None:
    corner, size = draw.uniform(0, 0.5, (rows, 3, 2)), draw.uniform(0.1, 0.5, (rows, 3, 2))
    np.savez(
        folder / "boxes.npz",
        image=draw.integers(0, 256, (rows, 12, 12, 3), dtype=np.uint8),
        label=np.arange(rows) % 2,
        objects__bbox=np.concatenate([corner, corner + size], axis=2),
        objects__label=draw.integers(0, 3, (rows, 3)),
    )
    (folder / "boxes.py").write_text(SOURCE)


def write_table(folder: Path, header: list[str], cells: list[list[str]], encoding: str = "utf-8") -> None:
    lines = [",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in [header, *cells]]
    (folder / "t.csv").write_bytes(("\n".join(lines) + "\n").encode(encoding))


def read_table(folder: Path) -> tuple[list[str], list[list[str]]]:
    import csv

    header, *cells = csv.reader((folder / "t.csv").open(encoding="utf-8", newline=""))
    return header, cells


def one_photo(folder: Path, draw: Draw, suffix: str = "jpg") -> Path:
    return Path(draw.choice(sorted((folder / "photos" / "train").rglob(f"*.{suffix}"))))


def of_file(change: Callable[[bytes, Draw], bytes], suffix: str = "jpg") -> Callable:
    """A fault of a photograph's bytes."""

    def spoil(folder: Path, draw: Draw) -> list[str]:
        victim = one_photo(folder, draw, suffix)
        victim.write_bytes(change(victim.read_bytes(), draw))
        return [victim.name]

    return spoil


def of_picture(change: Callable[[Image.Image], Image.Image], kind: str = "JPEG", **options) -> Callable:
    """A fault of a photograph's pixels, or of how they are written; the file keeps its name."""

    def spoil(content: bytes, draw: Draw) -> bytes:
        file = io.BytesIO()
        change(Image.open(io.BytesIO(content)).convert("RGB")).save(file, kind, **options)
        return file.getvalue()

    return of_file(spoil)


def grey_below(image: Image.Image) -> Image.Image:
    """The lower half as decoders fill up what is missing."""
    image.paste((128, 128, 128), (0, image.height // 2, image.width, image.height))
    return image


def placed(content: Callable[[Path, Draw], bytes], name: str) -> Callable:
    """A faulty file beside the others."""

    def spoil(folder: Path, draw: Draw) -> list[str]:
        (folder / "photos" / "train" / "cat" / name).write_bytes(content(folder, draw))
        return [name]

    return spoil


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def sixteen_bit(folder: Path, draw: Draw) -> bytes:
    return encoded(Image.fromarray(draw.integers(0, 2**16, (72, 96), dtype=np.uint16)), "PNG")


def bomb(folder: Path, draw: Draw) -> bytes:
    """A few bytes that say they are 12 000 pixels each way."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 12_000, 12_000, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


def overwritten(content: bytes, draw: Draw) -> bytes:
    middle = len(content) // 2
    return content[:middle] + draw.bytes(512) + content[middle + 512 :]


def copied(to: str) -> Callable:
    """An exact copy of a photograph of train/cat."""

    def spoil(folder: Path, draw: Draw) -> list[str]:
        original = folder / "photos" / "train" / "cat" / f"cat{draw.integers(1, 5)}.jpg"
        shutil.copy(original, folder / "photos" / to / "copy.jpg")
        return ["copy.jpg"]

    return spoil


def near_copy(folder: Path, draw: Draw) -> list[str]:
    with Image.open(folder / "photos" / "train" / "cat" / f"cat{draw.integers(1, 5)}.jpg") as image:
        image.resize((64, 48)).save(folder / "photos" / "test" / "cat" / "smaller.jpg", quality=60)
    return ["smaller.jpg"]


def classes(split: str, label: str, count: int) -> Callable:
    """One more class folder."""

    def spoil(folder: Path, draw: Draw) -> list[str]:
        for each in ("train", "validation", "test") if split == "all" else (split,):
            place = folder / "photos" / each / label
            place.mkdir(parents=True)
            for number in range(count):
                picture(draw).save(place / f"{label}{number}.jpg")
        return [label]

    return spoil


def column(name: str, cell: Callable[[list[str], int, Draw], str], at: int = 0) -> Callable:
    """One more column, of a cell a row."""

    def spoil(folder: Path, draw: Draw) -> list[str]:
        header, rows = read_table(folder)
        rows = [[*row[:at], cell(row, number, draw), *row[at:]] for number, row in enumerate(rows)]
        write_table(folder, [*header[:at], name, *header[at:]], rows)
        return [name]

    return spoil


def cells(place: int, change: Callable[[str], str], named: str | None = None) -> Callable:
    """A few rows, of which one column is changed; they are to be named by their line, or by `named`."""

    def spoil(folder: Path, draw: Draw) -> list[str]:
        header, rows = read_table(folder)
        chosen = sorted(draw.choice(len(rows), 3, replace=False).tolist())
        for row in chosen:
            rows[row][place] = change(rows[row][place])
        write_table(folder, header, rows)
        return [named] if named else [f"t.csv:{row + 2}" for row in chosen]

    return spoil


def rewritten(place: int, change: Callable[[str, int], str], word: str) -> Callable:
    """Every row, of which one column is changed."""

    def spoil(folder: Path, draw: Draw) -> list[str]:
        header, rows = read_table(folder)
        for number, row in enumerate(rows):
            row[place] = change(row[place], number)
        write_table(folder, header, rows)
        return [word]

    return spoil


def numbered(folder: Path, draw: Draw) -> list[str]:
    """A row number, of rows that are sorted by their label."""
    header, rows = read_table(folder)
    rows.sort(key=lambda row: row[-1])
    write_table(folder, ["number", *header], [[str(at), *row] for at, row in enumerate(rows)])
    return ["sorted by the label"]


def shortened(folder: Path, draw: Draw) -> list[str]:
    """A few rows with a cell too few."""
    header, rows = read_table(folder)
    chosen = sorted(draw.choice(len(rows), 3, replace=False).tolist())
    write_table(folder, header, [row[:-1] if number in chosen else row for number, row in enumerate(rows)])
    return [f"t.csv:{row + 2}" for row in chosen]


def repeated(other_label: bool) -> Callable:
    """Rows once more, below the others."""

    def spoil(folder: Path, draw: Draw) -> list[str]:
        header, rows = read_table(folder)
        more = [list(row) for row in rows[:3]]
        if other_label:
            more = [[*row[:-1], "dog" if row[-1] == "cat" else "cat"] for row in more]
        write_table(folder, header, rows + more)
        return ["labels differ"] if other_label else ["t.csv:2", "t.csv:3", "t.csv:4"]

    return spoil


def arrays(change: Callable[[dict], list[str]], file: str = "a.npz") -> Callable:
    """A fault of arrays by name."""

    def spoil(folder: Path, draw: Draw) -> list[str]:
        with np.load(folder / file) as stored:
            there = dict(stored)
        words = change(there)
        np.savez(folder / file, **there)
        return words

    return spoil
