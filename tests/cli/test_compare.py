"""`kerasapp compare` of two runs of word vectors."""

import json

import numpy as np
import pytest

from kerasapp.vectors import Vectors

WORDS = [f"w{number}" for number in range(60)]


@pytest.fixture
def runs(words_run):
    """`a` and `b` are equal, `c` is another."""
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        matrix = np.random.default_rng(seed).normal(size=(60, 4)).astype(np.float32)
        words_run(name, Vectors(WORDS, matrix))


def test_neighbours_of_two_runs_are_compared_without_tensorflow(app, runs):
    done = app("compare", "words/a", "words/c", "--json")
    near = json.loads(done.stdout)["neighbours"]
    assert (near["words"], near["common"]) == (60, 60) and 0 < near["overlap"] < 0.5
    assert all(set(row) == {"word", "overlap", "a", "b"} for row in near["differ_most"])
    assert done.stderr == "tensorflow False\n"


def test_people_see_which_neighbours_differ_and_of_equal_runs_nothing(app, runs):
    assert app("compare", "words/a", "words/b").stdout.splitlines()[-1] == "no difference"
    lines = app("compare", "words/a", "words/c").stdout.splitlines()
    assert lines[0].startswith("neighbours of the 60 most frequent words: 0.") and len(lines) == 11
    assert lines[1].split()[0] in WORDS and "|" in lines[1]


def test_runs_without_vectors_have_no_such_part(app, words_run):
    (words_run("other") / "vectors.npz").unlink()
    words_run("first")
    assert "neighbours" not in json.loads(app("compare", "first", "other", "--json").stdout)
