"""Word vectors as files: gensim reads them, another process checks them, and no model is built."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from gensim.models import KeyedVectors

from kerasapp import vectors
from kerasapp.errors import DataError, RunError, WorkError
from kerasapp.export import _vectors, export
from kerasapp.vector_files import Ngrams
from kerasapp.vectors import Vectors

WORDS = ["the", "naïve", "new_york", "7"]
FILES = {"word2vec_text": "vectors.txt", "word2vec_binary": "vectors.bin", "npz": "vectors.npz"}


class WordsRun:
    """What `export` asks of a Run that has vectors; it has no model and no task."""

    name = "words/2026-01-03T10-22-07"
    report: dict = {}  # noqa: RUF012
    recipe = SimpleNamespace(title="Words", seed=3, task={"name": "t"}, data={"name": "d"}, model={"name": "m"})

    def __init__(self, path, kept):
        self.path = path
        path.mkdir()
        (path / "recipe.yaml").write_text("title: Words\n")
        vectors.write(path / vectors.FILE, kept)

    def read_json(self, name):
        return {"python": "3.11.2", "versions": {"numpy": "2.0"}}


@pytest.fixture
def kept():
    matrix = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32) * np.float32(1e3)
    return Vectors(WORDS, matrix, np.arange(4, 0, -1))


@pytest.fixture
def run(tmp_path, kept):
    return WordsRun(tmp_path / "run", kept)


@pytest.mark.parametrize("format", FILES)
def test_the_file_holds_the_runs_vectors_and_says_how_it_was_checked(run, kept, tmp_path, format):
    told = export(run, root=tmp_path, format=format)
    folder = tmp_path / "saved_models" / "words" / "1"
    assert told["path"] == str(folder) and told["format"] == format
    assert {path.name for path in folder.iterdir()} == {FILES[format], "assets.extra"}
    found = vectors.of(folder / FILES[format])
    assert found.words == WORDS and np.array_equal(found.matrix, kept.matrix)
    verified = json.loads((folder / "assets.extra" / "verified.json").read_text())
    assert verified == told["verified"] and set(verified["milliseconds"]) == {"1", "32"}
    assert (verified["verified"], verified["labels_equal"], verified["max_difference"]) == (True, True, 0)
    assert verified["examples"] == 4 and verified["bytes"] == (folder / FILES[format]).stat().st_size
    card = (folder / "assets.extra" / "card.md").read_text()
    assert "vectors of 4 words" in card and "compared with the run's vectors on 4 words" in card


@pytest.mark.parametrize("format", FILES)
def test_what_the_card_shows_reads_the_file(run, tmp_path, monkeypatch, format):
    folder = export(run, root=tmp_path, format=format)["path"]
    card = (tmp_path / folder / "assets.extra" / "card.md").read_text()
    code = card.split("```python\n")[1].split("```")[0].replace("VERSION", "1")
    monkeypatch.chdir(tmp_path)
    there = {}
    exec(code, there)
    known = there["vectors"] if format == "npz" else there["words"]
    assert isinstance(known, dict if format == "npz" else KeyedVectors)
    np.testing.assert_array_equal(known["naïve"], vectors.of_run(run).matrix[1])


@pytest.mark.parametrize("format", FILES)
@pytest.mark.parametrize(
    "spoilt, told",
    [
        (lambda kept: Vectors(["the", "naive", *WORDS[2:]], kept.matrix), "other words"),
        (lambda kept: Vectors(WORDS, kept.matrix * np.float32(1.00001)), "the same words, and numbers that differ"),
        (lambda kept: Vectors(WORDS[:3], kept.matrix[:3]), "other words"),
    ],
)
def test_a_file_that_differs_is_not_published(run, kept, tmp_path, monkeypatch, format, spoilt, told):
    monkeypatch.setattr(vectors, "of_run", lambda _: spoilt(kept))
    with pytest.raises(WorkError, match=rf"{told}.*Nothing was exported"):
        export(run, root=tmp_path, format=format)
    assert list((tmp_path / "saved_models").iterdir()) == []


@pytest.mark.parametrize("format", FILES)
def test_a_file_that_is_cut_short_can_not_be_read_back(run, kept, tmp_path, format):
    form = _vectors.VectorsFile(FILES[format], format, "")
    subject = form.load(run)
    form.write(subject, tmp_path)
    content = (tmp_path / form.name).read_bytes()
    (tmp_path / form.name).write_bytes(content[: len(content) - 9])
    with pytest.raises(WorkError, match=r"can't be read back: .+|other words|differ") as error:
        form.verify(tmp_path, subject)
    assert "\n" not in str(error.value)


@pytest.fixture
def with_ngrams(kept):
    rows = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    return Vectors(WORDS, kept.matrix, kept.counts, Ngrams(rows, 3, 6))


def test_of_fasttext_the_npz_has_the_ngrams_and_the_others_the_words(tmp_path, with_ngrams):
    run = WordsRun(tmp_path / "run", with_ngrams)
    cards = {}
    for format in FILES:
        folder = tmp_path / export(run, root=tmp_path, format=format)["path"]
        cards[format] = (folder / "assets.extra" / "card.md").read_text()
        found = vectors.of(folder / FILES[format])
        assert (found.ngrams is None) == (format != "npz")
    assert "`ngrams` (float32): of 3 to 6 characters of <word>" in cards["npz"]
    assert all("or was not in it, has no vector" in cards[format] for format in FILES if format != "npz")


def test_ngrams_that_differ_are_not_published(tmp_path, with_ngrams, monkeypatch):
    run = WordsRun(tmp_path / "run", with_ngrams)
    for rows in (with_ngrams.ngrams.rows[:4], with_ngrams.ngrams.rows + 1):
        spoilt = Vectors(WORDS, with_ngrams.matrix, None, Ngrams(rows, 3, 6))
        monkeypatch.setattr(vectors, "of_run", lambda _, spoilt=spoilt: spoilt)
        with pytest.raises(WorkError, match="numbers that differ"):
            export(run, root=tmp_path, format="npz")


def test_a_run_without_vectors_is_refused(run, tmp_path):
    (run.path / vectors.FILE).unlink()
    with pytest.raises(RunError, match=r"has no vectors\.npz"):
        export(run, root=tmp_path, format="word2vec_text")


def test_a_word_with_a_blank_goes_out_as_npz_only(tmp_path, kept):
    run = WordsRun(tmp_path / "run", Vectors(["new york", *WORDS[1:]], kept.matrix))
    with pytest.raises(DataError, match="'new york': can't stand in word2vec_text"):
        export(run, root=tmp_path, format="word2vec_text")
    assert export(run, root=tmp_path, format="npz")["verified"]["labels_equal"]
