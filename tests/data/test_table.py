import codecs
import io
import math
from pathlib import Path

import numpy as np
import pytest

from kerasapp.data._table import kind_of, read_table, values
from kerasapp.errors import DataError


def written(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "encoding, mark",
    [("utf-8", b""), ("utf-8-sig", b""), ("utf-16", b""), ("utf-16-be", codecs.BOM_UTF16_BE), ("cp1252", b"")],
)
def test_accents_survive_every_usual_encoding(tmp_path, encoding, mark):
    text = "city;count\n" + "Zürich “old”;1\nÅlesund;2\nplain words of a language with few accents;3\n" * 5
    table = read_table(written(tmp_path, mark + text.encode(encoding)))
    assert table.columns["city"][:2] == ["Zürich “old”", "Ålesund"]


def test_a_text_of_another_script_is_recognised_and_told(tmp_path, caplog):
    text = "id,text\n" + "1,Привет мир как дела\n2,Москва столица России\n" * 50
    assert read_table(written(tmp_path, text.encode("cp1251"))).columns["text"][0] == "Привет мир как дела"
    assert "cp1251" in caplog.text and "data.encoding" in caplog.text


def test_a_byte_that_is_not_of_the_given_encoding_is_named(tmp_path):
    with pytest.raises(DataError, match=r"t.csv:3: byte 0xe9 at position 8 is not utf-8"):
        read_table(written(tmp_path, b"a,b\n1,2\n\xe9,3\n"), encoding="utf-8")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(tmp_path, delimiter):
    other = ";" if delimiter == "," else ","
    rows = [["name", "note", "n"], [f"a{other}b", f"c{other} d", "1"], ["x", "y", "2"]]
    table = read_table(written(tmp_path, "\n".join(delimiter.join(row) for row in rows)))
    assert list(table.columns.values()) == [[f"a{other}b", "x"], [f"c{other} d", "y"], ["1", "2"]]


def test_a_single_column_is_a_table(tmp_path):
    assert read_table(written(tmp_path, "word\none\ntwo\n")).columns == {"word": ["one", "two"]}


def test_an_empty_cell_of_the_only_column_is_a_row_and_a_blank_line_is_none(tmp_path):
    table = read_table(written(tmp_path, 'text\n""\n\none\n" "\n'))
    assert table.columns == {"text": ["", "one", ""]} and list(table.lines) == [2, 4, 5]
    assert len(read_table(written(tmp_path, "a,b\n1,2\n,\n3,4\n")).lines) == 2


def test_quoted_delimiters_quotes_and_lines_keep_rows_and_their_line_numbers(tmp_path):
    content = 'a,b\r\n"x, y","he said ""no"""\r\n"two\r\nlines",2\r\n\r\nlast,3\r\n'
    table = read_table(written(tmp_path, content))
    assert table.columns == {"a": ["x, y", "two\r\nlines", "last"], "b": ['he said "no"', "2", "3"]}
    assert list(table.lines) == [2, 3, 6]


def test_old_macintosh_line_ends_are_read(tmp_path):
    assert read_table(written(tmp_path, "a,b\r1,2\r3,4\r")).columns == {"a": ["1", "3"], "b": ["2", "4"]}


def test_an_open_stream_is_read():
    stream = io.StringIO("\ufeffa,b\n1,2\n")
    assert read_table(stream).columns == {"a": ["1"], "b": ["2"]}


@pytest.mark.parametrize(
    "content, words",
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("a,b\n", "a header and no rows"),
        ("a,b,a\n1,2,3\n", "t.csv:1: two columns have one name: a"),
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n", "t.csv:1: is no header"),
        (b"PK\x03\x04\x00\x00\x14\x00", "is no text file"),
        ("# exported by X\na,b,c\n1,2,3\n4,5,6\n", "t.csv:1: has 1 cell, and all others 3: is it a title?"),
        ("# exported by X\na;b;c\n1;2;3\n4;5;6\n", "t.csv:1: has 1 cell, and all others 3: is it a title?"),
        ("A list, of 2024\na,b,c\n" + "1,2,3\n" * 30 + "4\n", "has 2 cells, and 31 of the 32 others 3"),
        ("a,b\n1,2\n3\n", r"t.csv:3: 1 cells, and the header has 2\. "),
        ("a,b\n1,2\n3\n4,5\n6,7,8\n", r"t.csv:3: .*\(2 such rows: lines 3, 5\)"),
        ('a,b\n1,"2\n3,4\n5,6\n7,8\n', "t.csv:2: a quote is opened here"),
        ('a,b,c\n1,"2\n3,4",5,6\n7,8,9\n', "t.csv:2: 4 cells.*is a quote never closed"),
        ('a,b\n1,"' + "x" * 140_000, "t.csv:2: .*is never closed"),
    ],
)
def test_a_file_that_is_no_table_is_told_in_one_line(tmp_path, content, words):
    with pytest.raises(DataError, match=words) as told:
        read_table(written(tmp_path, content))
    assert "\n" not in str(told.value)


def test_a_column_without_a_name_is_left_out_and_told(tmp_path, caplog):
    """What pandas writes as the index would give the order of the rows away."""
    assert list(read_table(written(tmp_path, ",a\n0,5\n1,6\n")).columns) == ["a"]
    assert "column 1" in caplog.text


@pytest.mark.parametrize(
    "cells, kind",
    [
        (["1", "-2", "+3", ""], "integer"),
        (["1", "NA", "n/a", "NaN", "null", "None", "?", "-"], "integer"),
        (["1", "2.5"], "number"),
        ([".28", "1e-3", "-4."], "number"),
        (["1", "two"], "text"),
        (["01234", "98765"], "text"),
        (["1_000", "2"], "text"),
        (["1,5", "2"], "text"),
        (["true", "false"], "text"),
        (["2024-05-31"], "text"),
        (["", "?"], "text"),
    ],
)
def test_the_whole_column_tells_its_kind(cells, kind):
    assert kind_of(cells) == kind


def test_values_have_the_dtype_of_their_kind(tmp_path):
    table = read_table(written(tmp_path, "i,m,x,t,big\n1,2,0.5,a,1\n-3,,1e2,?,99999999999999999999\n"))
    assert values(table, "i", "integer").tolist() == [1, -3]
    assert values(table, "i", "integer").dtype == np.int64
    missing = values(table, "m", "integer")
    assert missing[0] == 2 and math.isnan(missing[1]) and missing.dtype == np.float64
    assert values(table, "x", "number").tolist() == [0.5, 100]
    assert values(table, "t", "text").tolist() == ["a", ""]
    assert values(table, "big", "integer").tolist() == [1, 1e20]


@pytest.mark.parametrize("cell", ["many", "inf"])
def test_what_is_no_number_is_named_with_its_line(tmp_path, cell):
    table = read_table(written(tmp_path, f'a,b\n1,"x\ny"\n{cell},z\n'))
    with pytest.raises(DataError, match=f't.csv:4: a is "{cell}"'):
        values(table, "a", "number")


@pytest.mark.parametrize("cell", ["1e308", "-1e39", "1e999", "9" * 5000])
def test_a_number_beyond_float32_is_named_and_not_computed_with(tmp_path, cell):
    table = read_table(written(tmp_path, f"a,b\n1.5,x\n{cell},z\n"))
    with pytest.raises(DataError, match=r"t.csv:3: a is .* too large for float32"):
        values(table, "a", "number")
