from itertools import pairwise

import numpy as np
import pytest

from kerasapp.data._arrays import Arrays, texts
from kerasapp.tasks import _phrases
from kerasapp.tasks.word2vec import Word2Vec


def words_of(lines, **given):
    split = Arrays({"text": texts(lines)}, [str(number) for number in range(len(lines))])
    task = Word2Vec(min_count=1, **given)
    corpus = task._corpus(split)
    told = " ".join("\n" if number == 0 else corpus.words[number] for number in corpus.read(0, corpus.length))
    return [line.split() for line in told.split("\n")[:-1]], corpus


def scores(lines, min_count):
    """word2phrase.c's, by counting in plain Python."""
    words, pairs = {}, {}
    for line in lines:
        row = line.split()
        for word in row:
            words[word] = words.get(word, 0) + 1
        for pair in pairwise(row):
            pairs[pair] = pairs.get(pair, 0) + 1
    total = sum(words.values())
    return {(a, b): (n - min_count) / words[a] / words[b] * total for (a, b), n in pairs.items()}


@pytest.mark.parametrize("segment", [16, 2**22])
def test_bigrams_above_the_score_are_joined_as_word2phrase_counts_them(monkeypatch, segment):
    monkeypatch.setattr(_phrases, "SEGMENT", segment)
    draw = np.random.default_rng(0)
    lines = [
        " ".join(draw.choice(["in new york", "a", "b", "old york", "new"], draw.integers(1, 5))) for _ in range(60)
    ]
    told = scores(lines, 1)
    threshold = sorted(told.values())[-3]
    joined = {pair for pair, score in told.items() if score > threshold}
    assert len(joined) == 2
    expected = []
    for line in lines:
        row, made = line.split(), []
        while row:
            both = tuple(row[:2]) in joined
            made.append("_".join(row[:2]) if both else row[0])
            row = row[2 if both else 1 :]
        expected.append(made)
    found, corpus = words_of(lines, phrases=threshold)
    assert found == expected
    assert corpus.counts[1:].sum() == sum(map(len, found))


def test_of_three_in_a_row_the_first_two_are_joined():
    found, _ = words_of(["x x x x x", "y z"] * 5, phrases=0.1)
    assert found[0] == ["x_x", "x_x", "x"] and found[1] == ["y_z"]


def test_phrases_are_words_with_counts_of_their_own():
    split = Arrays(
        {"text": texts(["new york it is"] * 9 + ["a new hat"] * 9 + ["old york", "it"])}, [str(n) for n in range(20)]
    )
    task = Word2Vec(min_count=2, phrases=2.5).adapt(split)
    counts = dict(zip(task.words, task.counts, strict=True))
    assert counts["new_york"] == 9 and "york" not in counts


def test_a_phrase_that_the_text_has_joined_already_is_that_word():
    split = Arrays({"text": texts(["new york", "new_york", "old"] * 9)}, [str(n) for n in range(27)])
    task = Word2Vec(min_count=2, phrases=1.0).adapt(split)
    assert dict(zip(task.words, task.counts, strict=True)) == {"new_york": 18, "old": 9}
