"""A reader never sees half a file."""

import errno
import json
import os

import pytest

from kerasapp.files import replacing, write, write_json


def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "model.keras"
    write(path, "old")
    with pytest.raises(OSError, match="full"), replacing(path) as beside:
        beside.write_text("ne")
        raise OSError("disk full")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["model.keras"]


def test_an_error_of_the_system_names_the_file_that_was_to_be_written(tmp_path):
    with pytest.raises(OSError) as told, replacing(tmp_path / "report.json") as beside, open(beside, "rb") as stream:
        os.write(stream.fileno(), b"x")
    assert told.value.filename == str(tmp_path / "report.json")


def test_an_unwritable_folder_is_told_by_the_file_that_was_meant(tmp_path, monkeypatch):
    def refuse(**named):
        raise OSError(errno.EROFS, "Read-only file system", f"{named['dir']}/{named['prefix']}x")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(OSError) as told:
        write(tmp_path / "mine.yaml", "x")
    assert told.value.filename == str(tmp_path / "mine.yaml")


def test_a_file_in_the_place_of_the_folder_is_told_as_no_folder(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(NotADirectoryError) as told:
        write(tmp_path / "taken" / "mine.yaml", "x")
    assert told.value.filename == str(tmp_path / "taken" / "mine.yaml")


def test_the_temporary_name_keeps_the_suffix(tmp_path):
    with replacing(tmp_path / "model.keras") as beside:
        assert beside.suffix == ".keras" and beside.parent == tmp_path
        beside.write_text("x")


def test_nan_becomes_null(tmp_path):
    numpy = pytest.importorskip("numpy")
    write_json(
        tmp_path / "x.json", {"a": float("nan"), "b": [numpy.float32(1.5), numpy.inf], "c": numpy.arange(2), 3: (1,)}
    )
    assert json.loads((tmp_path / "x.json").read_text()) == {"a": None, "b": [1.5, None], "c": [0, 1], "3": [1]}


def test_a_written_file_is_readable_by_others(tmp_path):
    write(tmp_path / "x", "x")
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o666 & ~mask
