"""What a look at the data reads past, and a run refuses."""

import numpy as np
import pytest

from kerasapp.data import csv, image_folder, passing_over, text_files
from kerasapp.errors import DataError


def passed(load, **arguments):
    """The places of what was passed over, and the splits; outside, the same data is refused."""
    with pytest.raises(DataError):
        load(**arguments)
    with passing_over() as faults:
        splits = load(**arguments)
    with pytest.raises(DataError):
        load(**arguments)
    return [fault.where for fault in faults], splits


def test_rows_that_can_not_be_used_are_each_named_and_left_out(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,label\n1,x\n2\n3,\n4,y\n5,x,x\n1e999,y\n")
    where, splits = passed(csv.load, path=str(path), label="label")
    assert [place.rsplit(":")[-1] for place in where] == ["3", "6", "4", "7"]
    assert splits["train"].column("label").tolist() == ["x", "y", "y"]
    assert np.isnan(splits["train"].column("a")[2])


def test_a_table_without_any_label_is_refused_all_the_same(tmp_path):
    (tmp_path / "t.csv").write_text("a,label\n1,\n2,\n")
    with passing_over(), pytest.raises(DataError, match=r"label is missing \(2 rows"):
        csv.load(path=str(tmp_path / "t.csv"), label="label")


def test_files_that_can_not_be_read_are_each_named_and_left_out(photos):
    (photos / "cat" / "empty.jpg").touch()
    (photos / "dog" / "text.jpg").write_text("hello")
    where, splits = passed(image_folder.load, path=str(photos))
    assert [place.rsplit("/")[-1] for place in where] == ["empty.jpg", "text.jpg"]
    assert len(splits["train"]) == 12


def test_bytes_that_are_no_text_are_named_and_replaced(tmp_path):
    (tmp_path / "t.txt").write_bytes(b"one\ntw\xffo\n")
    where, splits = passed(text_files.load, path=str(tmp_path / "t.txt"))
    assert where[0].endswith("t.txt:2") and splits["train"].column("text").tolist() == ["one", "tw\ufffdo"]
