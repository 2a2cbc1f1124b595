"""Counts of words near each other, against counting each pair by hand."""

import errno
import os
import resource
from collections import Counter

import numpy as np
import pytest
import tensorflow as tf

from kerasapp.data._arrays import Arrays, texts
from kerasapp.errors import DataError
from kerasapp.tasks import _cooccurrences, _triples
from kerasapp.tasks._rows import places_of
from kerasapp.tasks.word2vec import Word2Vec

ASKED = ("cooccurrence_window",)


def split_of(*lines):
    return Arrays({"text": texts(lines)}, [f"a.txt:{number}" for number in range(1, len(lines) + 1)])


def some_lines(count=120):
    draw = np.random.default_rng(0)
    return [" ".join(f"w{n}" for n in draw.geometric(0.1, draw.integers(0, 20))) for _ in range(count)]


def by_hand(lines, words, window):
    counts = Counter()
    for line in lines:
        left = [word for word in line.split() if word in words]
        for a, first in enumerate(left):
            for b, second in enumerate(left):
                if a != b and abs(a - b) <= window:
                    counts[first, second] += 1 / abs(a - b)
    return counts


def counted(cut, words):
    raw = cut.gather(tf.range(len(cut), dtype=tf.int64))
    pairs, counts = raw["pairs"].numpy().reshape(-1, 2), raw["counts"].numpy().ravel()
    there = counts > 0
    assert not there[int(there.sum()) :].any(), "what fills the last row up stands at its end"
    found = {(words[i], words[j]): count for (i, j), count in zip(pairs[there], counts[there], strict=True)}
    assert len(found) == there.sum(), "each pair once"
    return found


@pytest.mark.parametrize("window", [1, 4, 30])
def test_counts_are_those_of_every_pair_within_the_window_by_its_distance(window):
    lines = some_lines()
    split = split_of(*lines)
    task = Word2Vec(min_count=4, window=window, subsample=1e-2).adapt(split)
    found, expected = counted(task.cut(split, ASKED), task.words), by_hand(lines, set(task.words), window)
    assert found.keys() == expected.keys() and len(task.words) > 20
    for pair, count in expected.items():
        assert found[pair] == pytest.approx(count, rel=1e-5)


@pytest.mark.parametrize("sizes", [{"FREQUENT": 3, "KEYS": 50, "RUN": 64, "TOGETHER": 37}, {"FREQUENT": 0, "KEYS": 1}])
def test_counts_that_do_not_fit_into_memory_are_the_same(monkeypatch, sizes):
    lines = some_lines()
    split = split_of(*lines, " ".join(lines))
    task = Word2Vec(min_count=2, window=5).adapt(split)
    whole = counted(task.cut(split, ASKED), task.words)
    for name, value in sizes.items():
        monkeypatch.setattr(_cooccurrences, name, value)
    found = counted(task.cut(split, ASKED), task.words)
    assert found.keys() == whole.keys()
    np.testing.assert_allclose([found[pair] for pair in whole], list(whole.values()), rtol=1e-5)


def test_there_may_be_more_sorted_parts_than_files_that_may_be_open(monkeypatch):
    lines = some_lines()
    split = split_of(*lines)
    task = Word2Vec(min_count=2, window=5).adapt(split)
    for name, value in {"FREQUENT": 0, "KEYS": 1}.items():
        monkeypatch.setattr(_cooccurrences, name, value)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 30, limits[1]))
    try:
        found = counted(task.cut(split, ASKED), task.words)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert found.keys() == by_hand(lines, set(task.words), 5).keys()


def test_a_full_disk_is_told_by_its_reason(tmp_path):
    (tmp_path / "triples").symlink_to("/dev/full")
    split = split_of("a b", "b a")
    task = Word2Vec(min_count=1).adapt(split)
    corpus = task._corpus(split)
    with pytest.raises(OSError) as told:
        _cooccurrences._make(tmp_path, corpus, places_of(corpus, task.words), 2)
    assert told.value.errno == errno.ENOSPC


def test_pairs_stand_in_random_order():
    lines = some_lines(400)
    split = split_of(*lines)
    task = Word2Vec(min_count=1, window=5).adapt(split)
    cut = task.cut(split, ASKED)
    pairs = cut.column("pairs").reshape(-1, 2)[cut.column("counts").ravel() > 0]
    places = np.arange(len(pairs))
    for axis in (0, 1):
        assert abs(np.corrcoef(places, pairs[:, axis])[0, 1]) < 0.1


def test_they_are_counted_once_and_anew_where_words_or_window_change(tmp_path, monkeypatch):
    split = split_of(*some_lines())
    task = Word2Vec(min_count=2).caching_in(tmp_path).adapt(split)
    first = task.cut(split, ASKED).column("pairs")
    (folder,) = tmp_path.glob("cooccurrences-*")
    assert {path.name for path in folder.iterdir()} == {"triples", "length"}
    with monkeypatch.context() as patch:
        patch.setattr(_cooccurrences, "_make", lambda *_: pytest.fail("counted again"))
        np.testing.assert_array_equal(task.cut(split, ASKED).column("pairs"), first)
    for other in (Word2Vec(min_count=2, window=3), Word2Vec(min_count=9)):
        other.caching_in(tmp_path).adapt(split).cut(split, ASKED)
    assert len(list(tmp_path.glob("cooccurrences-*"))) == 3
    (folder / "triples").write_bytes((folder / "triples").read_bytes()[:-12])
    np.testing.assert_array_equal(task.cut(split, ASKED).column("pairs"), first)


def test_a_model_that_does_not_ask_has_running_words_and_nothing_is_counted(monkeypatch):
    monkeypatch.setattr("kerasapp.tasks.word2vec.cooccurrences", lambda *_: pytest.fail("counted"))
    split = split_of(*some_lines())
    task = Word2Vec(min_count=2).adapt(split)
    assert set(task.cut(split, ("window", "word_counts")).features) == {"tokens"}


def test_rows_are_read_by_their_number_and_told_apart(monkeypatch):
    monkeypatch.setattr(_triples, "LONGEST", 64)
    split = split_of(*some_lines())
    task = Word2Vec(min_count=1).adapt(split)
    cut = task.cut(split, ASKED)
    assert cut.length == 64 and len(cut) > 8 and len(cut.ids) == len(cut)
    pairs, counts = cut.column("pairs"), cut.column("counts")
    raw = cut.gather(tf.constant([7, 2], tf.int64))
    assert raw["pairs"].shape == (2, 64, 2) and raw["counts"].shape == (2, 64)
    np.testing.assert_array_equal(raw["pairs"], pairs[[7, 2]])
    np.testing.assert_array_equal(raw["counts"], counts[[7, 2]])
    inputs = task.elements(raw)[0]
    assert inputs.keys() == {"pairs", "counts"} and len(set(cut.fingerprints())) == len(cut)


def test_words_that_are_alone_on_their_lines_are_told():
    split = split_of("a", "b", "a", "b")
    task = Word2Vec(min_count=2).adapt(split)
    with pytest.raises(DataError, match=r"a.txt:1: no two of the 2 words that occur 2 times stand on one line"):
        task.cut(split, ASKED)
