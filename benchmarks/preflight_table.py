"""The faults of benchmarks/preflight.py: of which clean set, what kind of finding they make, what spoils the set."""

from collections.abc import Callable

import numpy as np
import preflight_faults as faults
from PIL import Image

CLASSES, TEXTS, MEASURES = (
    (faults.clean_table, faults.TABLE, {"task": "tabular_classification", "more": ""}),
    (faults.clean_table, faults.TABLE, {"task": "tabular_classification", "more": ", text: text"}),
    (faults.clean_measures, faults.TABLE, {"task": "tabular_regression", "more": ""}),
)
PHOTOS, ARRAYS, BOXES = (
    (faults.clean_photos, faults.PHOTOS, {}),
    (faults.clean_arrays, faults.ARRAYS, {}),
    (faults.clean_boxes, faults.OWN, {}),
)
CLEAN = {
    "photographs": PHOTOS,
    "table": CLASSES,
    "texts": TEXTS,
    "measures": MEASURES,
    "arrays": ARRAYS,
    "boxes": BOXES,
}
column, cells, of_file, of_picture = faults.column, faults.cells, faults.of_file, faults.of_picture
END, FILM = b"\xff\xd9", b"\0\0\0\x18ftypmp42" * 40
LATER = [Image.new("RGB", (96, 72), "green"), Image.new("RGB", (96, 72), "blue")]


def same(image: Image.Image) -> Image.Image:
    return image


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def boxes(row: int, change: Callable[[np.ndarray], None]) -> Callable:
    def spoil(there: dict) -> list[str]:
        change(there["objects__bbox"][row])
        return [f"image {row}"]

    return faults.arrays(spoil, "boxes.npz")


def setting(name: str, row: int, value: float) -> Callable:
    def spoil(there: dict) -> list[str]:
        there[name] = there[name].astype(np.float64) if isinstance(value, float) else there[name]
        there[name][row] = value
        return [f"x_{name[2:]}[{row}]" if name[:2] == "y_" else f"image {row}"]

    return faults.arrays(spoil, "a.npz" if name[:2] == "y_" else "boxes.npz")


def without(name: str, word: str) -> Callable:
    def spoil(there: dict) -> list[str]:
        del there[name]
        return [word]

    return faults.arrays(spoil)


FAULTS = {  # fault: the clean set, the kind of the finding, what spoils the set
    "cut short": (PHOTOS, "broken", of_file(lambda content, draw: content[: len(content) * 2 // 3])),
    "cut short and closed": (PHOTOS, "broken", of_file(lambda content, draw: content[: len(content) // 2] + END)),
    "an end in the middle": (PHOTOS, "broken", of_file(
        lambda content, draw: content[: len(content) // 2] + END + content[len(content) // 2 + 2 :])),
    "512 bytes overwritten": (PHOTOS, "broken", of_file(faults.overwritten)),
    "a damaged PNG": (PHOTOS, "broken", of_file(faults.overwritten, "png")),
    "no bytes": (PHOTOS, "empty_file", of_file(lambda content, draw: b"")),
    "text as .jpg": (PHOTOS, "not_an_image", of_file(lambda content, draw: b"hello")),
    "TIFF as .jpg": (PHOTOS, "unread_format", of_picture(same, "TIFF")),
    "a moving WebP": (PHOTOS, "unread_format", of_picture(same, "WEBP", save_all=True, append_images=LATER)),
    "a decompression bomb": (PHOTOS, "too_large", faults.placed(faults.bomb, "bomb.png")),
    "PNG as .jpg": (PHOTOS, "wrong_suffix", of_picture(same, "PNG")),
    "CMYK": (PHOTOS, "cmyk", of_picture(lambda image: image.convert("CMYK"))),
    "data after the end": (PHOTOS, "trailing_data", of_file(lambda content, draw: content + draw.bytes(300))),
    "a film after the end": (PHOTOS, "trailing_data", of_file(lambda content, draw: content + FILM)),
    "one colour": (PHOTOS, "blank", of_picture(lambda image: Image.new("RGB", image.size, "red"))),
    "nearly one colour": (PHOTOS, "blank", of_picture(lambda image: image.point(lambda value: 100 + value // 80))),
    "cut short and saved again": (PHOTOS, "flat_bottom", of_picture(faults.grey_below)),
    "two pictures in one file": (PHOTOS, "trailing_data", of_file(lambda content, draw: content + content)),
    "a moving PNG": (PHOTOS, "animation", faults.placed(
        lambda folder, draw: faults.encoded(faults.picture(draw), "PNG", save_all=True, append_images=LATER), "m.png")),
    "far too wide": (PHOTOS, "extreme_shape", of_picture(lambda image: image.resize((900, 60)))),
    "a thumbnail": (PHOTOS, "tiny_image", of_picture(lambda image: image.resize((16, 12)))),
    "grey among colour": (PHOTOS, "grey", of_picture(lambda image: image.convert("L"))),
    "transparent": (PHOTOS, "transparent", faults.placed(
        lambda folder, draw: faults.encoded(faults.picture(draw).convert("RGBA"), "PNG"), "clear.png")),
    "16 bits": (PHOTOS, "sixteen_bit", faults.placed(faults.sixteen_bit, "deep.png")),
    "turned by EXIF": (PHOTOS, "turned", of_picture(same, exif=turned())),
    "a moving GIF": (PHOTOS, "animation", faults.placed(
        lambda folder, draw: faults.encoded(faults.picture(draw), "GIF", save_all=True, append_images=LATER), "m.gif")),
    "a copy in its class": (PHOTOS, "duplicate", faults.copied("train/cat")),
    "a copy in another split": (PHOTOS, "duplicate", faults.copied("test/cat")),
    "a copy in another class": (PHOTOS, "duplicate_with_two_labels", faults.copied("train/dog")),
    "a smaller copy": (PHOTOS, "near_duplicate", faults.near_copy),
    "a tiny class": (PHOTOS, "tiny_class", faults.classes("all", "bird", 4)),
    "an empty class": (PHOTOS, "empty_class", faults.classes("train", "bird", 0)),
    "a misspelt class": (PHOTOS, "label_typo", faults.classes("all", "Dog", 12)),
    "a class in test only": (PHOTOS, "empty_class", faults.classes("test", "bird", 12)),
    "a class in train only": (PHOTOS, "label_in_one_split", faults.classes("train", "bird", 12)),
    "a column that is the label": (CLASSES, "leak", column(
        "answer", lambda row, at, draw: {"cat": "1", "dog": "0"}[row[-1]])),
    "the label in other units": (MEASURES, "leak", column(
        "inches", lambda row, at, draw: f"{float(row[-1]) / 2.54:.9f}")),
    "a column that decides the label": (CLASSES, "decides_label", column(
        "room", lambda row, at, draw: f"{row[-1][0]}{at % 4}")),
    "a number that divides the classes": (CLASSES, "decides_label", column(
        "score", lambda row, at, draw: f"{draw.uniform() + (row[-1] == 'cat'):.6f}")),
    "a number that nearly divides them": (CLASSES, "decides_label", column(
        "score", lambda row, at, draw: f"{draw.normal() + 4 * (row[-1] == 'cat'):.6f}")),
    "a date for one class only": (CLASSES, "decides_label", column(
        "closed", lambda row, at, draw: f"2024-05-{1 + at % 28:02}" if row[-1] == "cat" else "")),
    "a number that follows the label": (MEASURES, "decides_label", column(
        "cube", lambda row, at, draw: f"{float(row[-1]) ** 3:.9f}")),
    "a row number of a sorted table": (CLASSES, "identifier", faults.numbered),
    "a constant column": (CLASSES, "constant_column", column("still", lambda row, at, draw: "7")),
    "an empty column": (CLASSES, "empty_column", column("void", lambda row, at, draw: "")),
    "a column mostly missing": (CLASSES, "mostly_missing", column(
        "seldom", lambda row, at, draw: f"{draw.normal():.3f}" if at % 4 == 0 else "n/a")),
    "a column twice": (CLASSES, "same_column", column("again", lambda row, at, draw: row[1])),
    "a row number": (CLASSES, "identifier", column("number", lambda row, at, draw: str(at + 1))),
    "numbers with their unit": (CLASSES, "numbers_as_text", column(
        "mass", lambda row, at, draw: f"{draw.uniform():.2f} kg")),
    "thousands with commas": (CLASSES, "numbers_as_text", column(
        "price", lambda row, at, draw: f"{draw.integers(1e3, 9e5):,}")),
    "a number far off": (CLASSES, "far_value", cells(0, lambda cell: "8888", "size")),
    "-999 for a missing number": (CLASSES, "placeholder", cells(1, lambda cell: "-999", "weight")),
    "a number beyond float32": (CLASSES, "not_a_number", cells(1, lambda cell: "1e308")),
    "words among numbers": (CLASSES, "mixed_types", cells(0, lambda cell: "unknown", "size")),
    "dates": (CLASSES, "dates", column(
        "day", lambda row, at, draw: f"2024-{draw.integers(1, 13):02}-{at % 28 + 1:02}")),
    "a label in other case": (CLASSES, "label_typo", cells(-1, lambda cell: "Cat", "Cat")),
    "a label with a letter less": (CLASSES, "label_typo", faults.rewritten(
        -1, lambda cell, at: "tigr" if at == 7 else {"cat": "tiger", "dog": "wolf"}[cell], "tigr")),
    "a label in another form of Unicode": (CLASSES, "label_typo", faults.rewritten(
        -1, lambda cell, at: "cafe\u0301" if at % 9 == 0 else {"cat": "caf\u00e9", "dog": "bar"}[cell], "Unicode")),
    "a category in other case": (CLASSES, "category_typo", cells(2, str.upper, "colour")),
    "a label missing": (CLASSES, "unlabelled", cells(-1, lambda cell: "")),
    "a cell too few": (CLASSES, "ragged_row", faults.shortened),
    "rows twice": (CLASSES, "duplicate", faults.repeated(other_label=False)),
    "rows with two labels": (CLASSES, "duplicate_with_two_labels", faults.repeated(other_label=True)),
    "one class": (CLASSES, "one_class", faults.rewritten(-1, lambda cell, at: "cat", "cat")),
    "a label that never changes": (MEASURES, "constant_label", faults.rewritten(-1, lambda cell, at: "7", "every row")),
    "a label far off": (MEASURES, "far_label", cells(-1, lambda cell: "99999")),
    "a number without end": (MEASURES, "not_a_number", cells(0, lambda cell: "inf")),
    "an empty text": (TEXTS, "empty_text", cells(3, lambda cell: "")),
    "a text far too long": (TEXTS, "long_text", cells(3, lambda cell: "word " * 2000)),
    "a text wrongly decoded": (TEXTS, "wrongly_decoded", cells(3, lambda cell: f"{cell} cafÃ©")),
    "a sign that can't be read": (TEXTS, "wrongly_decoded", cells(3, lambda cell: f"{cell} caf\ufffd")),
    "a test split without labels": (ARRAYS, "unlabelled", without("y_test", "x_test[0]")),
    "train without labels": (ARRAYS, "unlabelled", without("y_train", "x_train[")),
    "a label that is no number": (ARRAYS, "unlabelled", setting("y_train", 3, float("nan"))),
    "a label between classes": (ARRAYS, "label_out_of_range", setting("y_train", 3, 0.5)),
    "a label unknown to train": (ARRAYS, "label_in_one_split", setting("y_test", 3, 7)),
    "a box outside": (BOXES, "box_outside", boxes(5, lambda some: some.__iadd__(1.5))),
    "a box in pixels": (BOXES, "box_outside", boxes(6, lambda some: some.__imul__(300))),
    "a box over the edge": (BOXES, "box_outside", boxes(7, lambda some: some[:, 2:].__iadd__(0.6))),
    "corners exchanged": (BOXES, "box_inverted", boxes(
        8, lambda some: some.__setitem__(slice(None), some[:, [2, 3, 0, 1]]))),
    "a box without area": (BOXES, "box_empty", boxes(
        9, lambda some: some[:, 2:].__setitem__(slice(None), some[:, :2]))),
    "a box without numbers": (BOXES, "box_not_finite", boxes(4, lambda some: some.fill(np.nan))),
    "a box twice": (BOXES, "box_twice", boxes(11, lambda some: some.__setitem__(1, some[0]))),
    "a box of no class": (BOXES, "label_out_of_range", setting("objects__label", 3, 9)),
}  # fmt: skip
