import os
import random

import numpy as np
import pytest
import tensorflow as tf

from kerasapp.data import _lines
from kerasapp.data._faults import passing_over
from kerasapp.data._lines import Lines, LinesOfFile, lines_of
from kerasapp.errors import DataError

SIGNS = ["a", "é", "b", " ", "\t", "\n", "\n", "\n", "\r\n", "\u2028"]


@pytest.mark.parametrize("chunk", [3, 4, 7, 64])
def test_lines_are_those_that_python_reads_wherever_a_chunk_ends(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(_lines, "CHUNK", chunk)
    draw, path = random.Random(chunk), tmp_path / "some.txt"
    for trial in range(60):
        text = "".join(draw.choices(SIGNS, k=draw.randrange(40)))
        path.write_bytes((b"\xef\xbb\xbf" if trial % 3 == 0 else b"") + text.encode())
        expected = [(n, line.rstrip("\r")) for n, line in enumerate(text.split("\n"), 1) if line.strip(" \t\r")]
        found = lines_of(path)
        assert [(found.number(at), found.read(at, at + 1)[0].decode()) for at in range(len(found))] == expected


def test_lines_of_several_files_are_read_in_any_order(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text(f"{name}0\n\n{name}1\n{name}2")
    split = Lines([lines_of(tmp_path / name) for name in ("a", "b", "c")])
    names = [f"{name}{line}" for name in ("a", "b", "c") for line in range(3)]
    for rows in ([8, 0, 4], range(9), range(1, 8), [5, 5]):
        found = split.gather(tf.constant(list(rows), tf.int64))["text"].numpy()
        assert [line.decode() for line in found] == [names[row] for row in rows]
    assert list(split.ids)[2:5] == ["a:4", "b:1", "b:3"]
    assert len(np.unique(split.fingerprints())) == 9


@pytest.mark.parametrize("chunk", [3, 5, 2**22])
def test_a_byte_that_is_not_utf_8_is_named_wherever_a_chunk_ends(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(_lines, "CHUNK", chunk)
    (tmp_path / "old.txt").write_bytes("é\nzwei\nca".encode() + b"f\xe9\nand more\n")
    with pytest.raises(DataError, match=r"old.txt:3: byte 0xe9 at position 11 is not utf-8"):
        lines_of(tmp_path / "old.txt")
    with passing_over() as passed:
        assert len(lines_of(tmp_path / "old.txt")) == 4
    assert len(passed) == 1


def test_a_file_that_changes_after_it_was_looked_at_is_told(tmp_path):
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    found = lines_of(tmp_path / "a.txt")
    (tmp_path / "a.txt").write_text("one\nTwo\n")
    os.utime(tmp_path / "a.txt", ns=(0, found.changed + 1))
    with pytest.raises(DataError, match=r"a.txt: has changed since it was looked at"):
        found.read(0, 2)


def test_a_sign_cut_off_at_the_end_is_named(tmp_path):
    (tmp_path / "cut.txt").write_bytes("one\nécole é".encode()[:-1])
    with pytest.raises(DataError, match=r"cut.txt:2: byte 0xc3 at position 11"):
        lines_of(tmp_path / "cut.txt")


def test_no_more_long_lines_are_held_than_come_to_a_chunk(tmp_path, monkeypatch):
    monkeypatch.setattr(_lines, "CHUNK", 1000)
    lines = ["x" * length for length in [*[300] * 20, 5000, *[1] * 400, 700, 700]]
    (tmp_path / "a.txt").write_text("\n".join(lines))
    file, held, read = lines_of(tmp_path / "a.txt"), [], LinesOfFile.read
    monkeypatch.setattr(LinesOfFile, "read", lambda *given: held.append(read(*given)) or held[-1])
    assert [line.decode() for line in Lines([file]).stream()] == lines
    assert all(sum(map(len, part[:-1])) < 1000 for part in held) and len(held) < 12
