"""Neighbours and analogies, held against gensim and against formulas of the papers."""

import json

import numpy as np
import pytest
from gensim.models import KeyedVectors

from kerasapp import vectors
from kerasapp.errors import DataError, KerasappError, RunError
from kerasapp.vector_files import Ngrams
from kerasapp.vectors import MADE, NONE, Vectors

WORDS = [f"w{number}" for number in range(200)]
LETTERS = ["king", "man", "woman", "queen", "horse", "Apple"]


@pytest.fixture(scope="module")
def random():
    matrix = np.random.default_rng(0).normal(size=(200, 8)).astype(np.float32)
    matrix *= np.random.default_rng(1).uniform(0.1, 9, (200, 1)).astype(np.float32)
    return Vectors(WORDS, matrix)


@pytest.fixture(scope="module")
def gensim(random):
    known = KeyedVectors(8)
    known.add_vectors(WORDS, random.matrix)
    return known


def plane(**points):
    return Vectors(list(points), np.array(list(points.values()), np.float32))


def pairs(rows):
    return [(row["word"], pytest.approx(row["similarity"], abs=1e-5)) for row in rows]


def test_neighbours_are_gensims(random, gensim):
    for word in ("w0", "w7", "w199"):
        assert gensim.most_similar(word, topn=12) == pairs(random.nearest(word, 12))


@pytest.mark.parametrize("among", [None, 50])
def test_3cosadd_is_gensims_also_among_the_most_frequent(random, gensim, among):
    wanted = gensim.most_similar(["w3", "w90"], ["w60"], topn=7, restrict_vocab=among)
    assert wanted == pairs(random.analogy(["w3", "w90"], ["w60"], 7, among=among))


def test_3cosmul_is_the_formula_of_levy_and_goldberg(random):
    direction = {word: row / np.linalg.norm(row) for word, row in zip(WORDS, random.matrix, strict=True)}

    def moved(a, b):
        return (1 + direction[a] @ direction[b]) / 2

    scores = {x: moved(x, "w3") * moved(x, "w90") / (moved(x, "w60") + 0.001) for x in WORDS}
    best = sorted(set(WORDS) - {"w3", "w90", "w60"}, key=lambda word: -scores[word])[:5]
    found = random.analogy(["w3", "w90"], ["w60"], 5, "3CosMul")
    assert [(word, pytest.approx(scores[word], rel=1e-5)) for word in best] == [tuple(row.values()) for row in found]


def test_neighbours_of_many_words_are_those_of_each(random, monkeypatch):
    monkeypatch.setattr(vectors, "AT_ONCE", 3 * len(WORDS))
    rows, cosines = random.neighbours(np.array([5, 0, 199, 8]), 6)
    for at, word in enumerate(("w5", "w0", "w199", "w8")):
        assert pairs(random.nearest(word, 6)) == [(WORDS[row], cosines[at, n]) for n, row in enumerate(rows[at])]


def test_of_equally_near_words_the_more_frequent_comes_first():
    same = plane(a=(1, 0), b=(0, 1), **{f"c{number}": (2, 0) for number in range(30)})
    assert [row["word"] for row in same.nearest("a", 4)] == ["c0", "c1", "c2", "c3"]
    assert [row["word"] for row in same.analogy(["b", "a"], ["b"], 2)] == ["c0", "c1"]


def test_a_vector_of_zeros_is_no_answer_and_no_question():
    known = plane(a=(1, 0), zero=(0, 0), back=(-1, 0))
    assert known.nearest("a") == [{"word": "back", "similarity": -1.0}]
    assert known.neighbours(np.array([0]), 1)[0].tolist() == [[2]]
    with pytest.raises(KerasappError, match='"zero" is all zeros'):
        known.nearest("zero")


def test_asked_for_more_than_there_is_gives_all_the_others():
    known = plane(a=(1, 0), b=(1, 1), c=(0, 1))
    assert [row["word"] for row in known.nearest("a", 50)] == ["b", "c"]
    assert known.analogy(["a", "b"], ["c"]) == []


@pytest.mark.parametrize(
    "word, told",
    [
        ("horsr", '"horse"'),
        ("apple", '"Apple"'),
        ("QUEEN", '"queen"'),
        ("quean", '"queen"'),
        ("zzzzzzz", "among the 6 words"),
    ],
)
def test_an_unknown_word_is_named_with_its_nearest_spellings(word, told):
    known = Vectors(LETTERS, np.eye(6, dtype=np.float32))
    with pytest.raises(KerasappError) as error:
        known.analogy(["king", word], ["man"])
    assert f'"{word}"' in str(error.value) and told in str(error.value) and "\n" not in str(error.value)


@pytest.fixture
def fasttext():
    """A model of gensim's, trained, and the same vectors as ours are kept."""
    from gensim.models import FastText

    peer = FastText(vector_size=8, min_count=1, min_n=3, max_n=5, bucket=500, seed=1)
    peer.build_vocab([LETTERS])
    peer.train([LETTERS] * 50, total_examples=50, epochs=3)
    words = peer.wv.index_to_key
    return peer.wv, Vectors(words, peer.wv.vectors, None, Ngrams(peer.wv.vectors_ngrams, 3, 5))


def test_an_unseen_word_is_asked_with_the_mean_of_its_ngrams_as_in_gensim(fasttext):
    gensim, ours = fasttext
    for word in ("horsemanship", "Applé", "queens"):
        np.testing.assert_allclose(ours.of([word])[0][0], gensim.get_vector(word), atol=1e-6)
        wanted = [(other, pytest.approx(cosine, abs=1e-5)) for other, cosine in gensim.similar_by_word(word, topn=4)]
        assert wanted == [tuple(row.values()) for row in ours.nearest(word, 4)]
    assert len(ours.nearest("horsemanship", 9)) == 6 and len(ours.nearest("horse", 9)) == 5
    answers = {row["word"] for row in ours.analogy(["queenly", "man"], ["woman"])}
    assert answers == {"king", "queen", "horse", "Apple"}


def test_where_a_vector_is_from_is_told(fasttext):
    _, ours = fasttext
    found, rows = ours.of(["horse", "horses", ""])
    assert rows.tolist() == [ours.index["horse"], MADE, NONE]
    assert np.array_equal(found[0], ours.matrix[rows[0]]) and found[1].any() and not found[2].any()
    with pytest.raises(KerasappError, match='"" is not among the 6 words'):
        ours.nearest("")


def test_two_spaces_that_are_turned_against_each_other_have_the_same_neighbours(random):
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(8, 8)))[0].astype(np.float32)
    told = vectors.neighbourhoods(random, Vectors(WORDS[::-1], (random.matrix @ turn)[::-1]))
    assert told == {"words": 200, "common": 200, "overlap": 1.0, "differ_most": []}


def test_the_words_whose_neighbours_differ_most_are_named(random):
    """By hand: sets of the nearest among the words that both have."""
    other = random.matrix.copy()
    other[::3] = np.random.default_rng(4).normal(size=other[::3].shape)
    a, b = random, Vectors([*WORDS[:150], "new"], np.vstack([other[:150], np.ones((1, 8), np.float32)]))
    told = vectors.neighbourhoods(a, b, most=40, count=6)
    overlaps = {}
    for word in WORDS[:40]:
        near = [{row["word"] for row in of.only(WORDS[:150]).nearest(word, 6)} for of in (a, b)]
        overlaps[word] = len(near[0] & near[1]) / len(near[0] | near[1])
    assert told["words"] == 40 and told["common"] == 150
    assert told["overlap"] == pytest.approx(np.mean(list(overlaps.values()))) and 0 < told["overlap"] < 1
    assert [row["overlap"] for row in told["differ_most"]] == sorted(overlaps.values())[:10]
    least = told["differ_most"][0]
    assert least["a"] == [row["word"] for row in a.only(WORDS[:150]).nearest(least["word"], 6)]


@pytest.mark.parametrize("words", [["x"], ["w0"]])
def test_spaces_with_less_than_two_common_words_have_no_overlap(random, words):
    told = vectors.neighbourhoods(random, Vectors(words, np.ones((1, 8), np.float32)))
    assert told["overlap"] is None and told["differ_most"] == []


def a_run(root, name="first"):
    folder = root / "runs" / "words" / name
    folder.mkdir(parents=True)
    (folder / "state.json").write_text(json.dumps({"state": "finished", "started": "2026-01-03T10:22:00"}))
    return folder


def test_a_run_or_a_file_is_opened_by_what_the_word_is(random, tmp_path):
    folder = a_run(tmp_path)
    vectors.write(folder / vectors.FILE, Vectors(WORDS, random.matrix, np.arange(200)[::-1]))
    vectors.write(tmp_path / "first.txt", random, "word2vec_text")
    for word in ("fir", folder, tmp_path / "first.txt"):
        found = vectors.of(word, tmp_path)
        assert found.words == WORDS and np.array_equal(found.matrix, random.matrix)
    assert vectors.of("first", tmp_path).counts[0] == 199


def test_a_run_in_python_has_its_vectors(random, tmp_path):
    import kerasapp

    vectors.write(a_run(tmp_path) / vectors.FILE, random)
    assert kerasapp.open("first", root=tmp_path).vectors().nearest("w1", 3) == random.nearest("w1", 3)


def test_what_has_no_vectors_is_refused(tmp_path):
    folder = a_run(tmp_path)
    with pytest.raises(RunError, match=r"has no vectors\.npz"):
        vectors.of("first", tmp_path)
    with pytest.raises(RunError, match="no such run"):
        vectors.of("second", tmp_path)
    with pytest.raises(DataError, match=r"there\.txt: no such file"):
        vectors.of(folder / "there.txt", tmp_path)


def test_a_runs_words_are_kept_as_its_samples_of_text_are(random, tmp_path):
    """Bytes and offsets: `Run.samples` and `vectors` read each other's."""
    from kerasapp.run import Run

    run = Run(a_run(tmp_path))
    words = ["naïve", "κόσμος", "a b"]
    vectors.write(run.path / "samples" / "test.npz", Vectors(words, random.matrix[:3]))
    assert run.samples("test")["words"].tolist() == [word.encode() for word in words]
