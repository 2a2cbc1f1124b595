"""Files of word vectors: gensim reads ours, we read gensim's, and what is broken is named with its place."""

import gzip
import logging
import struct
import zipfile

import numpy as np
import pytest
from gensim.models import KeyedVectors

from kerasapp import vector_files
from kerasapp.errors import DataError
from kerasapp.vector_files import Ngrams, Table
from kerasapp.vector_files._decimals import decimals

WORDS = ["the", "naïve", "κόσμος", "...", "a\u00a0b", "-1.5", "new_york", "7"]
ENDINGS = {"word2vec_text": "vectors.txt", "word2vec_binary": "vectors.bin", "npz": "vectors.npz"}


@pytest.fixture
def table():
    matrix = np.random.default_rng(0).normal(size=(len(WORDS), 5)).astype(np.float32)
    matrix[0, :3] = (0, 1e-38, -3.4e38)
    return Table(WORDS, matrix, np.arange(len(WORDS), 0, -1))


def written(folder, content, name="v.txt"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def is_equal(found, wanted):
    return found.words == wanted.words and np.array_equal(found.matrix, wanted.matrix)


@pytest.mark.parametrize("format", ["word2vec_text", "word2vec_binary"])
def test_gensim_reads_what_is_written(table, tmp_path, format):
    vector_files.write(tmp_path / "v", format, table)
    known = KeyedVectors.load_word2vec_format(str(tmp_path / "v"), binary=format == "word2vec_binary")
    assert is_equal(Table(known.index_to_key, known.vectors), table)


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("name", ["v.any", "v.gz"])
def test_what_gensim_writes_is_read(table, tmp_path, binary, name):
    known = KeyedVectors(5)
    known.add_vectors(table.words, table.matrix)
    known.save_word2vec_format(str(tmp_path / name), binary=binary)
    assert (tmp_path / name).read_bytes().startswith(b"\x1f\x8b") == (name == "v.gz")
    found = vector_files.read(tmp_path / name)
    assert is_equal(found, table) and found.matrix.dtype == np.float32


def test_the_text_of_glove_has_no_header(table, tmp_path):
    known = KeyedVectors(5)
    known.add_vectors(table.words, table.matrix)
    known.save_word2vec_format(str(tmp_path / "v"), write_header=False)
    assert is_equal(vector_files.read(tmp_path / "v"), table)


@pytest.mark.parametrize("format", ENDINGS)
def test_every_format_comes_back_equal_whatever_the_file_is_called(table, tmp_path, format):
    vector_files.write(tmp_path / "v.other", format, table)
    found = vector_files.read(tmp_path / "v.other")
    assert is_equal(found, table)
    assert (found.counts is None) == (format != "npz") and (found.counts is None or found.counts[0] == len(WORDS))


@pytest.mark.parametrize("format", ENDINGS)
def test_a_file_that_is_read_in_many_pieces_is_the_same(table, tmp_path, monkeypatch, format):
    vector_files.write(tmp_path / "v", format, table)
    monkeypatch.setattr(vector_files, "CHUNK", 150)
    assert is_equal(vector_files.read(tmp_path / "v"), table)


def test_the_originals_line_feed_after_each_vector_is_no_part_of_a_word(tmp_path):
    rows = b"".join(word + b" " + struct.pack("<2f", 1, 2) + b"\n" for word in (b"cat", b"dog"))
    assert vector_files.read(written(tmp_path, b"2 2\n" + rows)).words == ["cat", "dog"]


@pytest.mark.parametrize(
    "numbers", [(1.0, 2.0), (0.0, 0.0), (-0.1, 1e-20), (3e8, 0.7), struct.unpack("<2f", b"AB\xff\xbdCD\xff\xbd")]
)
def test_a_binary_file_of_two_words_is_not_taken_for_text(tmp_path, numbers):
    rows = b"".join(word + b" " + struct.pack("<2f", *numbers) for word in (b"cat", b"dog"))
    found = vector_files.read(written(tmp_path, b"2 2\n" + rows))
    assert found.matrix.tolist() == np.array([numbers, numbers], "float32").tolist()


def test_words_with_blanks_are_told_from_numbers_counted_from_the_right(tmp_path):
    """As in GloVe's vectors of Common Crawl."""
    text = "the 0.1 0.2 0.3\n. . . 1 2 3\nat name@domain.com 4 5 6\n1 7 8 9\n"
    found = vector_files.read(written(tmp_path, text))
    assert found.words == ["the", ". . .", "at name@domain.com", "1"]
    assert found.matrix[1:].tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


@pytest.mark.parametrize(
    "text", ["2 2\r\na 1 2\r\nb 3 4\r\n", "a 1 2 \nb 3 4 \n\n", "a\t1\t2\nb  3 4", "\ufeff2 2\na 1 2\nb 3 4"]
)
def test_blanks_at_the_end_tabs_and_carriage_returns_are_taken(tmp_path, text):
    found = vector_files.read(written(tmp_path, text))
    assert (found.words, found.matrix.tolist()) == (["a", "b"], [[1, 2], [3, 4]])


def test_of_a_word_that_is_there_twice_the_first_is_kept_with_a_warning(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "kerasapp"):
        found = vector_files.read(written(tmp_path, "4 2\na 1 2\nb 3 4\na 5 6\nc 7 8\n"))
    assert (found.words, found.matrix[:, 0].tolist()) == (["a", "b", "c"], [1, 3, 7])
    assert 'v.txt: 1 word there before, left out: "a"' in caplog.text


@pytest.mark.parametrize(
    "content, told",
    [
        ("", "v.txt: is empty"),
        (" \n\n", "v.txt: is empty"),
        ("2 3\na 1 2 3\nb 1 2\n", "v.txt:3: 2 numbers where 3 are expected"),
        ("2 2\na 1 2\nb 1 2 3\n", "v.txt:3: 3 numbers where 2 are expected"),
        ("a 1 2\nb 1\nc 1 2\n", "v.txt:2: 1 number where 2 are expected"),
        ("a 1 2\nb 1 2 3\nc 1 2\n", "v.txt:2: 3 numbers where 2 are expected"),
        ("2 2\na 1 2\nb 1 \x1b" + 99 * "x", f'v.txt:3: "\\x1b{39 * "x"}…" is no number'),
        ("2 2\na 1 2\nb 1 x\n", 'v.txt:3: "x" is no number'),
        ("2 2\na 1 2\nnew york 1 x\n", 'v.txt:3: "x" is no number'),
        ("2 2\na 1 2\nb 1 1.2.3\n", 'v.txt:3: "1.2.3" is no number'),
        ("a 1 2\nb nan 2\n", 'v.txt:2: the vector of "b" is not finite'),
        ("a 1 2\nb 1 1e39\n", 'v.txt:2: the vector of "b" is not finite'),
        ("3 2\na 1 2\nb 3 4\n", "v.txt:1: the header promises 3 words, 2 follow"),
        ("1 2\na 1 2\nb 3 4\n", "v.txt:1: the header promises 1 word, 2 follow"),
        ("2 4\na 1 2\nb 3 4\n", "v.txt:2: 2 numbers where 4 are expected"),
        ("2 x\na 1 2\nb 3 4\n", "v.txt:1: is neither a header of two whole numbers nor a word and 2 numbers"),
        ("0 5\n", "v.txt:1: a header that promises 0 words"),
        ("2 9999999999999999\na 1 2\n", "v.txt:1: a header that promises 2 words of 9999999999999999 dimensions"),
        (
            f"2 {'9' * 5000}\na 1 2\nb 1 2\n",
            "v.txt:1: is neither a header of two whole numbers nor a word and 2 numbers",
        ),
        (300 * "\n" + "a 1 2\nb 1\n", "v.txt:302: 1 number where 2 are expected"),
        ("once upon a time\n", 'v.txt:1: "upon" is no number'),
        ("word\nother\n", "v.txt:1: a word without numbers"),
        (b"a 1 2\nna\xefve 1 2\n", 'v.txt:2: is not UTF-8: byte 0xef after "na"'),
        (b"\x80\x04\x95\x00\x00", "holds no word vectors"),
        (b"\xba\x16\x4f\x2f\x0c\x00\x00\x00", "is a fastText model in its own format"),
        (b"PK\x03\x04 and no more", "is no npz of plain arrays"),
        (gzip.compress(b"a 1 2\n" * 50, mtime=0)[:-12], "can't be unpacked"),
        (b"2 2\ncat " + struct.pack("<2f", 1, 2) + b"dog " + b"\x00\x01\x02", "1 are whole: cut short"),
        (
            b"2 2\ncat " + struct.pack("<2f", 1, 2) * 2 + b"dog " + struct.pack("<2f", 1, 2),
            "v.txt: word 2: is not UTF-8",
        ),
        (b"1 2\ncat " + struct.pack("<2f", 1, 2) + b"dog " + struct.pack("<2f", 1, 2), "more follows after the 1 word"),
        (b"1 2\nc\xe9t " + struct.pack("<2f", 1, 2), 'v.txt: word 1: is not UTF-8: byte 0xe9 after "c"'),
        (b"1 2\ncat " + struct.pack("<2f", 1, float("inf")), 'word 1, "cat": its vector is not finite'),
    ],
)
def test_a_file_that_is_broken_is_refused_in_one_line_with_the_place(tmp_path, content, told):
    with pytest.raises(DataError) as error:
        vector_files.read(written(tmp_path, content))
    assert told in str(error.value) and str(error.value).startswith(str(tmp_path)) and "\n" not in str(error.value)


def test_the_line_is_counted_over_the_pieces_that_a_file_is_read_in(tmp_path, monkeypatch):
    monkeypatch.setattr(vector_files, "CHUNK", 20)
    with pytest.raises(DataError, match=r"v\.txt:8: 1 number"):
        vector_files.read(written(tmp_path, "".join(f"w{number} 1 2\n" for number in range(7)) + "w7 1\n"))


@pytest.mark.parametrize(
    "arrays, told",
    [
        ({"vectors": np.eye(2)}, 'no array "words"'),
        ({"words": np.array(["a", "b"]), "vector": np.eye(2)}, 'no array "vectors": did you mean "vector"'),
        ({"words": np.array(["a", "b"], object), "vectors": np.eye(2)}, "Save words as an array of strings"),
        ({"words": np.array([1, 2]), "vectors": np.eye(2)}, "Expected: an array of strings"),
        ({"words": np.array(["a"]), "vectors": np.eye(2)}, "a row of floating point numbers for each of 1 words"),
        (
            {"words": np.array(["a", "b"]), "vectors": np.array([[1, 0], [0, np.nan]])},
            'the vector of "b" is not finite',
        ),
        (
            {"words": np.array(["a", "b"]), "vectors": np.eye(2), "counts": np.arange(3)},
            "counts is int64 of shape (3,)",
        ),
        ({"words": np.array(["a", "b"]), "vectors": np.eye(2), "counts": np.array(["1", "2"])}, "counts is <U1 of"),
        ({"words": np.array(["a", "b"]), "vectors": np.diag([1, 1e300])}, 'the vector of "b" is not finite'),
        ({"words": np.zeros(3, "uint8"), "words|offsets": np.array([0, 1.5, 3]), "vectors": np.eye(2)}, "does not fit"),
        ({"words": np.zeros(3, "uint8"), "words|offsets": np.array([0, 2, 9]), "vectors": np.eye(2)}, "does not fit"),
    ],
)
def test_an_npz_that_is_something_else_is_refused(tmp_path, arrays, told):
    np.savez(tmp_path / "v.npz", **arrays)
    with pytest.raises(DataError) as error:
        vector_files.read(tmp_path / "v.npz")
    assert told in str(error.value) and "\n" not in str(error.value)


def test_a_zip_of_something_else_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "v.npz", "w") as file:
        file.writestr("words", "a b")
        file.writestr("vectors", "1 2")
    with pytest.raises(DataError, match="is no npz of plain arrays: words is none"):
        vector_files.read(tmp_path / "v.npz")


def test_an_npz_holds_the_ngrams_and_other_formats_do_not(tmp_path):
    ngrams = Ngrams(np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32), 3, 6)
    table = Table(["a", "κ"], np.eye(2, dtype=np.float32), np.array([4, 2]), ngrams)
    for format in vector_files.WRITERS:
        vector_files.write(tmp_path / format, format, table)
    found = vector_files.read(tmp_path / "npz").ngrams
    assert np.array_equal(found.rows, ngrams.rows) and found[1:] == (3, 6)
    assert [vector_files.read(tmp_path / f"word2vec_{form}").ngrams for form in ("text", "binary")] == [None, None]


@pytest.mark.parametrize(
    "arrays, told",
    [
        ({"ngrams": np.zeros((4, 3)), "ngrams|lengths": [3, 6]}, "ngrams is float64 of shape (4, 3)"),
        ({"ngrams|lengths": [3, 6]}, "ngrams is missing. Expected: rows of 2 floating point numbers"),
        ({"ngrams": np.zeros((4, 2))}, "ngrams|lengths is missing. Expected: the least and the most characters"),
        ({"ngrams": np.zeros((4, 2)), "ngrams|lengths": [6, 3]}, "ngrams|lengths is [6, 3]"),
        ({"ngrams": np.array([[1, 2], [np.inf, 0]]), "ngrams|lengths": [3, 6]}, "row 1 of ngrams is not finite"),
    ],
)
def test_ngrams_that_do_not_fit_are_refused(tmp_path, arrays, told):
    np.savez(tmp_path / "v.npz", words=np.array(["a", "b"]), vectors=np.eye(2), **arrays)
    with pytest.raises(DataError) as error:
        vector_files.read(tmp_path / "v.npz")
    assert told in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("words", [np.array(["a", "κ"]), np.array([b"a", "κ".encode()])])
def test_a_plain_npz_of_strings_is_read(tmp_path, words):
    np.savez(tmp_path / "v.npz", words=words, vectors=np.eye(2))
    found = vector_files.read(tmp_path / "v.npz")
    assert found.words == ["a", "κ"] and found.matrix.dtype == np.float32 and found.counts is None


@pytest.mark.parametrize("format", ["word2vec_text", "word2vec_binary"])
@pytest.mark.parametrize("word", ["new york", "", "a\nb"])
def test_a_word_that_would_not_come_back_is_refused_and_nothing_is_written(tmp_path, format, word):
    with pytest.raises(DataError, match="ends a word at a blank"):
        vector_files.write(tmp_path / "v", format, Table([word], np.ones((1, 2), np.float32)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["%.5f", "%.9g", "%.3e", "%g", "%.17g", "%d", "%+.2f"])
def test_numbers_read_together_are_what_each_is(form):
    chance = np.random.default_rng(0)
    words = [form % value for value in chance.normal(size=2000) * 10.0 ** chance.integers(-7, 8, 2000)]
    assert np.array_equal(decimals(" ".join(words).encode()), np.array([float(word) for word in words], np.float32))


@pytest.mark.parametrize("text", ["", "1..2", "1.2.3", "-", ".", "--1", "1  2", "1 x", "0x1", "1. 2,5"])
def test_what_is_no_number_among_numbers_is_an_error(text):
    with pytest.raises(ValueError):
        decimals(text.encode())
