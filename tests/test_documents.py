"""Features of texts, held against the formulas of Arora, Liang and Ma worked by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn.decomposition import TruncatedSVD

from kerasapp import documents
from kerasapp.errors import KerasappError
from kerasapp.vectors import Vectors

WORDS = ["the", "oak", "elm", "zero"]
MATRIX = np.array([[4, 0], [1, 2], [0, 3], [0, 0]], np.float32)


@pytest.fixture
def counted():
    return Vectors(WORDS, MATRIX, np.array([60, 30, 9, 1]))


@pytest.fixture(scope="module")
def random():
    """Vectors of 50 words that have a direction in common, and texts of them."""
    draw = np.random.default_rng(0)
    vectors = Vectors([f"w{n}" for n in range(50)], draw.normal(1, 1, (50, 6)).astype(np.float32))
    return vectors, [[f"w{n}" for n in draw.integers(0, 60, draw.integers(1, 9))] for _ in range(80)]


def test_the_plain_mean_passes_over_words_without_a_vector(counted):
    made = documents.mean(counted).transform([["the", "oak", "fir", "oak"], ["elm"], ["fir"], []])
    assert made.dtype == np.float32
    assert made == pytest.approx(np.array([[2, 4 / 3], [0, 3], [0, 0], [0, 0]]), abs=1e-6)


def test_a_word_weighs_less_the_more_often_the_vectors_text_has_it(counted):
    made = documents.sif(counted, [["oak"]], a=0.1)
    assert made.weights == pytest.approx([0.1 / 0.7, 0.1 / 0.4, 0.1 / 0.19, 0.1 / 0.11])


def test_without_counts_how_often_is_that_of_train_alone():
    made = documents.sif(Vectors(WORDS, MATRIX), [["the", "the", "fir"], ["oak", "the"], []], a=0.1)
    assert made.weights == pytest.approx([0.1 / 0.85, 0.1 / 0.35, 1, 1])
    made.transform([["elm"] * 100])
    assert made.weights[2] == 1


def test_of_a_part_of_the_words_each_has_its_share_of_the_whole_text(counted):
    part = counted.only(["elm", "the"])
    assert part.shares == pytest.approx([0.09, 0.6]) and part.only(["the"]).shares == pytest.approx([0.6])
    assert Vectors(WORDS, MATRIX).only(["elm"]).shares is None


def test_what_trains_texts_have_in_common_is_taken_away_by_hand(counted):
    """a = .4: the weighs .4, elm .4 / .49; the means of train (1.6, 0) and (.8, .6 / .49) span the plane."""
    made = documents.sif(counted, [["the"], ["the", "elm"]], a=0.4)
    means = np.array([[4 * 0.4, 0], [4 * 0.4 / 2, 3 * (0.4 / 0.49) / 2]])
    common = np.linalg.svd(means)[2][0]
    expected = means - np.outer(means @ common, common)
    assert made.transform([["the"], ["the", "elm"]]) == pytest.approx(expected, abs=1e-6)
    oak = np.array([1, 2]) * 0.4 / 0.7
    assert made.transform([["oak"]])[0] == pytest.approx(oak - (oak @ common) * common, abs=1e-6)
    assert abs(oak @ common) > 0.1


def test_the_direction_in_common_is_the_first_of_a_singular_value_decomposition_that_is_not_centred(random):
    vectors, texts = random
    made = documents.sif(vectors, texts)
    plain = documents.Documents(vectors.index, vectors.matrix, made.weights).transform(texts)
    oracle = TruncatedSVD(1, algorithm="arpack", random_state=0).fit(plain.astype(float)).components_[0]
    assert abs(oracle @ made.common) == pytest.approx(1, abs=1e-6) and np.linalg.norm(made.common) == pytest.approx(1)
    assert np.abs(made.transform(texts) @ made.common).max() < 1e-5 < np.abs(plain @ made.common).max()


def test_the_direction_is_learned_on_train_alone_and_each_text_is_by_itself(random):
    vectors, texts = random
    made = documents.sif(vectors, texts[:40])
    before = made.common.copy()
    together = made.transform(texts[40:])
    assert np.array_equal(made.common, before)
    assert np.array_equal(np.concatenate([made.transform([text]) for text in texts[40:]]), together)
    assert not np.allclose(documents.sif(vectors, texts[40:]).transform(texts[40:]), together, atol=1e-3)


def test_vectors_make_features_of_texts(counted):
    train, other = [["the", "oak"], ["elm"]], [["oak"], ["the", "elm"]]
    assert np.array_equal(counted.documents(train).transform(other), documents.sif(counted, train).transform(other))
    assert np.array_equal(counted.documents(train, "mean").transform(other), documents.mean(counted).transform(other))
    smooth = counted.documents(iter(train), a=0.5)
    assert np.array_equal(smooth.weights, documents.sif(counted, train, 0.5).weights)


@pytest.mark.parametrize(
    "train, more, told",
    [
        (["the oak", "elm"], {}, "here is one string: split it into words first"),
        ([["The"], ["OAK", "fir"]], {}, "no word of the 2 texts has a vector"),
        ([["The"]], {"weighting": "mean"}, "no word of the 1 text has a vector"),
        ([["the"]], {"a": 0}, "a is 0: take a number above 0"),
        ([["the"]], {"weighting": "tfidf"}, 'weighting is "tfidf", and should be "sif" or "mean"'),
    ],
)
def test_what_can_not_be_learned_from_is_one_line(counted, train, more, told):
    with pytest.raises(KerasappError) as error:
        counted.documents(train, **more)
    assert told in str(error.value) and "\n" not in str(error.value)


def test_vectors_are_told_apart_by_words_numbers_and_shares(counted):
    same = Vectors(list(WORDS), MATRIX.copy(), np.array([60, 30, 9, 1]))
    others = [
        Vectors(["the", "oak", "elm", "nil"], MATRIX, counted.counts),
        Vectors(WORDS, MATRIX + np.float32(1e-3), counted.counts),
        Vectors(WORDS, MATRIX, np.array([60, 30, 8, 2])),
        Vectors(WORDS, MATRIX, counted.counts, total=200),
        Vectors(WORDS, MATRIX),
    ]
    assert same.fingerprint == counted.fingerprint
    assert len({vectors.fingerprint for vectors in (counted, *others)}) == 6
