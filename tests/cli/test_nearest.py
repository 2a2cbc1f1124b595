"""What is asked of word vectors on the command line."""

import json

import pytest

from kerasapp import vectors


def test_the_nearest_words_of_a_run_come_as_json_without_tensorflow(app, words_run, words):
    words_run()
    done = app("nearest", "latest-not", "king")
    assert done.returncode == 2 and "no such run" in done.stderr
    done = app("nearest", "first", "king", "--count", "2", "--json")
    assert json.loads(done.stdout) == words.nearest("king", 2)
    assert [set(row) for row in json.loads(done.stdout)] == [{"word", "similarity"}] * 2
    assert done.stderr == "tensorflow False\n"


def test_people_get_a_column_of_words_and_one_of_similarities(app, words_run, words):
    words_run()
    lines = app("nearest", "first", "the").stdout.splitlines()
    assert [line.split() for line in lines] == [[r["word"], f"{r['similarity']:.3f}"] for r in words.nearest("the")]
    assert len({len(line) for line in lines}) == 1, "aligned"


def test_words_of_a_file_do_nothing_to_a_terminal(app, tmp_path):
    (tmp_path / "v.txt").write_text("2 2\na 1 0\n\x1b[2Jb 1 1\n")
    assert app("nearest", "v.txt", "a").stdout == "\\x1b[2Jb   0.707\n"


@pytest.mark.parametrize("name, format", [("v.txt", "word2vec_text"), ("other", "word2vec_binary"), ("v.npz", "npz")])
def test_a_file_of_vectors_is_asked_as_a_run_is(app, words, tmp_path, name, format):
    vectors.write(tmp_path / name, words, format)
    done = app("nearest", name, "king", "--count", "3", "--json")
    assert json.loads(done.stdout) == words.nearest("king", 3)


@pytest.mark.parametrize(
    "given, told",
    [
        (["first", "horsr"], '"horsr" is not among the 6 words: did you mean "horse"?'),
        (["first", "king", "--count", "0"], "--count"),
        (["v.txt", "king"], "v.txt: no such file"),
        (["broken.vec", "king"], "broken.vec:2: 1 number where 2 are expected"),
        (["second", "king"], "has no vectors.npz"),
    ],
)
def test_what_can_not_be_answered_is_one_line_and_2(app, words_run, tmp_path, given, told):
    words_run()
    (words_run("second") / "vectors.npz").unlink()
    (tmp_path / "broken.vec").write_text("2 2\na 1\nb 1 2\n")
    done = app("nearest", *given)
    line, heavy = done.stderr.splitlines()
    assert done.returncode == 2 and done.stdout == "" and told in line and heavy == "tensorflow False"


def test_runs_and_files_are_completed(words_run, tmp_path, monkeypatch):
    from types import SimpleNamespace

    from kerasapp.cli._common import complete_vectors

    words_run()
    (tmp_path / "words.txt").touch()
    monkeypatch.chdir(tmp_path)
    found = complete_vectors(SimpleNamespace(params={"root": "."}), "wor")
    assert {"words/first", "words.txt"} <= set(found)
