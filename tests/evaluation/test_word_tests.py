"""Tests of word vectors, held against gensim on the files that it ships, and against scipy."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from gensim.models import KeyedVectors

from kerasapp.errors import DataError
from kerasapp.evaluation import word_tests
from kerasapp.evaluation.word_tests import analogies, similarity, spearman
from kerasapp.vector_files import Ngrams
from kerasapp.vectors import Vectors

SHIPPED = files("gensim") / "test" / "test_data"
QUESTIONS, WORDSIM, SIMLEX = (
    str(SHIPPED / name) for name in ("questions-words.txt", "wordsim353.tsv", "simlex999.txt")
)


def known(words, matrix):
    made = KeyedVectors(matrix.shape[1])
    made.add_vectors(words, matrix)
    return made


def lines(path):
    return Path(path).read_text(encoding="utf-8").splitlines()


def vocabulary():
    """About two thirds of the words of the three files, lower case, in an order of chance, and others among them."""
    there = {word.lower() for path in (QUESTIONS, WORDSIM, SIMLEX) for line in lines(path) for word in line.split()}
    words = sorted(there) + [f"other{number}" for number in range(200)]
    chance = np.random.default_rng(0)
    return [words[at] for at in chance.permutation(len(words))[: 2 * len(words) // 3]]


@pytest.fixture(scope="module")
def vectors():
    """The third and fourth word of a question lie as the first two, more or less: some answers are right."""
    words, chance = vocabulary(), np.random.default_rng(1)
    matrix = chance.normal(size=(len(words), 12)).astype(np.float32)
    row = {word: at for at, word in enumerate(words)}
    for line in lines(QUESTIONS):
        a, b, c, d = [row.get(word) for word in line.lower().split()] if line[0] != ":" else [None] * 4
        if None not in (a, b, c, d) and chance.random() < 0.3:
            matrix[d] = matrix[b] - matrix[a] + matrix[c] + chance.normal(0, 0.2, 12)
    return Vectors(words, matrix * chance.uniform(0.5, 2, (len(words), 1)).astype(np.float32))


@pytest.mark.parametrize("among", [600, 30_000])
def test_every_section_of_questions_words_is_gensims(vectors, among, monkeypatch):
    monkeypatch.setattr(word_tests, "AT_ONCE", 100_000)
    score, sections = known(vectors.words, vectors.matrix).evaluate_word_analogies(QUESTIONS, among)
    found = analogies(vectors, QUESTIONS, among)
    wanted = [(of["section"], len(of["correct"]), len(of["correct"]) + len(of["incorrect"])) for of in sections]
    told = [(of["section"], of["correct"], of["covered"]) for of in found["sections"]]
    assert told == wanted[:-1] and (found["correct"], found["covered"]) == wanted[-1][1:]
    assert found["accuracy"]["value"] == score and 0.02 < score < 0.98, "some are right and some are wrong"
    assert found["questions"] == 19544 and found["accuracy"]["low"] < score < found["accuracy"]["high"]
    assert found["among"] == min(among, len(vectors.words))


def test_words_in_two_cases_are_one_as_gensim_takes_them(tmp_path):
    words = ["Man", "man", "king", "KING", "Woman", "queen", "Queen", "horse"]
    matrix = np.random.default_rng(3).normal(size=(8, 3)).astype(np.float32)
    matrix[5] = matrix[2] - matrix[0] + matrix[4]
    matrix[3] = matrix[5] * 1.01
    path = tmp_path / "q.txt"
    path.write_text(": s\nman king woman queen\nman queen king horse\nking woman QUEEN Man\nman king woman king\n")
    _, sections = known(words, matrix).evaluate_word_analogies(str(path))
    found = analogies(Vectors(words, matrix), path)
    assert found["correct"] == len(sections[-1]["correct"]) >= 1 and found["covered"] == 4


def test_a_vector_of_zeros_is_no_answer(tmp_path):
    matrix = np.array([[1, 0], [0, 1], [-1, 0.5], [0, 0], [0.2, -1]], np.float32)
    (tmp_path / "q.txt").write_text(": s\na b c e\n")
    assert analogies(Vectors(list("abcze"), matrix), tmp_path / "q.txt")["correct"] == 1


def test_a_vocabulary_of_nothing_but_the_question_has_no_answer(tmp_path):
    (tmp_path / "q.txt").write_text(": s\na b c a\n")
    assert analogies(Vectors(list("abc"), np.eye(3, dtype=np.float32)), tmp_path / "q.txt")["correct"] == 0


def test_questions_whose_words_are_unknown_leave_no_accuracy(vectors, tmp_path):
    (tmp_path / "q.txt").write_text(": s\nq1 q2 q3 q4\n: empty\n")
    found = analogies(vectors, tmp_path / "q.txt")
    assert (found["covered"], found["coverage"], found["accuracy"]) == (0, 0.0, None)
    assert [of["questions"] for of in found["sections"]] == [1, 0]


@pytest.mark.parametrize("path, pairs", [(WORDSIM, 353), (SIMLEX, 999)])
def test_similarity_is_gensims(vectors, path, pairs):
    _, (rho, _), unknown = known(vectors.words, vectors.matrix).evaluate_word_pairs(path)
    found = similarity(vectors, path)
    assert found["spearman"]["value"] == pytest.approx(rho, abs=1e-6)
    assert found["pairs"] == pairs and found["coverage"] == pytest.approx(1 - unknown / 100)
    assert found["spearman"]["low"] < rho < found["spearman"]["high"]


def test_pairs_with_a_vector_made_of_ngrams_are_covered_and_counted(tmp_path):
    """`New` is known in another case, `Newish` is taken in small letters as all known words are."""
    ngrams = Ngrams(np.random.default_rng(0).normal(size=(9, 2)).astype(np.float32), 3, 6)
    known = Vectors(["old", "new", "big"], np.array([[1, 0], [0, 1], [3, 1]], np.float32), None, ngrams)
    pairs = [("old", "New", 1), ("Newish", "big", 2), ("newer", "older", 4), ("new", "big", 3)]
    (tmp_path / "s.txt").write_text("".join(f"{a}\t{b}\t{score}\n" for a, b, score in pairs))
    found = similarity(known, tmp_path / "s.txt")
    assert (found["covered"], found["made"], found["coverage"]) == (4, 2, 1.0)
    directions = [[row / np.linalg.norm(row) for row in known.of([a.lower(), b.lower()])[0]] for a, b, _ in pairs]
    expected = scipy.stats.spearmanr([a @ b for a, b in directions], [1, 2, 4, 3])[0]
    assert found["spearman"]["value"] == pytest.approx(expected)
    told = similarity(Vectors(known.words, known.matrix), tmp_path / "s.txt")
    assert (told["covered"], told["made"]) == (2, 0)


@pytest.mark.parametrize(
    "text",
    [
        "word1\tword2\tPOS\tSimLex999\tconc\nOld\tnew\tA\t1.5\t9\nold\tbig\tA\t7\t1\nnew\tbig\tA\t3\t4\n",
        "Word 1,Word 2,Human (mean)\nold,new,1.5\nold,big,7\nnew,big,3\n",
        "# a comment\n\nold new 1.5\nold big 7\nnew big 3\r\n",
        "\ufeffold\tnew\t1.5\nold\tbig\t7\nnew\tbig\t3\nold\tnowhere\t5",
    ],
)
def test_every_common_form_of_such_a_file_is_read(tmp_path, text):
    (tmp_path / "s.txt").write_text(text)
    found = similarity(
        Vectors(["old", "new", "big"], np.array([[1, 0], [0, 1], [3, 1]], np.float32)), tmp_path / "s.txt"
    )
    assert found["spearman"]["value"] == pytest.approx(1) and found["covered"] == 3


def test_spearman_with_ties_is_scipys():
    a, b = np.random.default_rng(0).integers(0, 9, (2, 50))
    found = spearman(a, a + b)
    assert found["value"] == pytest.approx(scipy.stats.spearmanr(a, a + b).statistic)
    assert spearman(a, np.ones(50)) is None and spearman(a, -a)["high"] == pytest.approx(-1)


def test_the_interval_of_a_correlation_holds_it_as_often_as_it_says():
    chance, truth = np.random.default_rng(0), 6 / np.pi * np.arcsin(0.95 / 2)  # Spearman's of a normal with Pearson .95
    drawn = chance.multivariate_normal([0, 0], [[1, 0.95], [0.95, 1]], (1000, 60))
    told = [spearman(*sample.T) for sample in drawn]
    assert np.mean([of["low"] <= truth <= of["high"] for of in told]) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(
    "measure, content, told",
    [
        (analogies, b": s\na b c d\na b c\n", "t.txt:3: 3 words where a question of analogy has four"),
        (analogies, b"a b c d\n", "t.txt:1: a question before the first section"),
        (analogies, b": s\n", "t.txt: holds no questions"),
        (analogies, b": s\na b \xff d\n", "t.txt:2: is not UTF-8: byte 0xff"),
        (similarity, b"a\tb\t5\na\tb\n", "t.txt:2: 2 fields. Expected: two words and how similar they are"),
        (similarity, b"a\tb\tc\na\tb\t3\n", 't.txt:1: "c" is no number'),
        (similarity, b"a\tb\tnan\n", 't.txt:1: "nan" is no number'),
        (similarity, b"# a\n\n", "t.txt: holds no pairs"),
        (similarity, b"word1\tword2\tscore\n", "t.txt: holds no pairs"),
        (similarity, b"a b 1\n\x80 b 1\n", "t.txt:2: is not UTF-8: byte 0x80"),
    ],
)
def test_a_file_that_is_no_such_test_is_refused_with_its_line(vectors, tmp_path, measure, content, told):
    (tmp_path / "t.txt").write_bytes(content)
    with pytest.raises(DataError) as error:
        measure(vectors, tmp_path / "t.txt")
    assert told in str(error.value) and "\n" not in str(error.value)
