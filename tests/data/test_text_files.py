import numpy as np
import pytest

from kerasapp.data import text_files
from kerasapp.errors import DataError
from kerasapp.types import Feature


def test_a_line_is_an_example_and_keeps_its_number(tmp_path, everything):
    (tmp_path / "novel.txt").write_bytes("\ufeffÉin\r\n\n  two \nthree\u2028still three".encode())
    split = text_files.load(path=str(tmp_path / "novel.txt"))["train"]
    assert split.features == {"text": Feature("string")}
    assert split.column("text").tolist() == ["Éin", "  two ", "three\u2028still three"]
    assert list(split.ids) == ["novel.txt:1", "novel.txt:3", "novel.txt:4"]
    assert everything(split)["text"][0] == "Éin".encode()


def test_a_folder_is_its_text_files_in_natural_order(tmp_path):
    (tmp_path / "deeper").mkdir()
    for name in ("10.txt", "9.txt", "deeper/1.txt", "readme.md"):
        (tmp_path / name).write_text(f"{name}\nsecond\n")
    (tmp_path / "9.txt").write_text("\n\n")
    split = text_files.load(path=str(tmp_path))["train"]
    assert list(split.ids) == ["10.txt:1", "10.txt:2", "1.txt:1", "1.txt:2"]
    assert split.column("text")[2] == "deeper/1.txt"


def test_a_glob_and_a_validation_file_are_read(tmp_path):
    for name in ("a.en", "b.en", "c.de", "val.en2"):
        (tmp_path / name).write_text(name)
    splits = text_files.load(path=str(tmp_path / "*.en"), validation=str(tmp_path / "val.en2"))
    assert {name: split.column("text").tolist() for name, split in splits.items()} == {
        "train": ["a.en", "b.en"],
        "validation": ["val.en2"],
    }


def test_a_byte_that_is_not_utf_8_is_named(tmp_path):
    (tmp_path / "old.txt").write_bytes(b"\xef\xbb\xbfone\ntwo\ncaf\xe9\n")
    with pytest.raises(DataError, match=r"old.txt:3: byte 0xe9 at position 14 is not utf-8"):
        text_files.load(path=str(tmp_path / "old.txt"))


@pytest.mark.parametrize(
    "name, words",
    [
        ("none.txt", "no such file. Get it from there"),
        ("", "no .txt files"),
        ("*.md", "no file"),
        ("empty.text", "no text"),
    ],
)
def test_no_text_is_told(tmp_path, name, words):
    (tmp_path / "empty.text").write_text("\n")
    with pytest.raises(DataError, match=words):
        text_files.load(path=str(tmp_path / name), source="there")


def test_a_real_text_is_read_whole(real_data):
    path = real_data("lm") / "tinyshakespeare.txt"
    split = text_files.load(path=str(path))["train"]
    expected = [line for line in path.read_text().split("\n") if line.strip()]
    np.testing.assert_array_equal(split.column("text"), expected)
