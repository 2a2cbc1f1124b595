"""Words that stand together more often than chance become one, `new_york` (Mikolov et al., 2013, arXiv:1310.4546,
section 4), with the score of the authors' word2phrase.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kerasapp.tasks._corpus import END, Corpus, describe

SEGMENT = 2**22  # words looked at together


def join(corpus: Corpus, folder: Path, threshold: float, min_count: int) -> None:
    """Writes the corpus into a folder, with the bigrams joined whose score is above `threshold`.

    score(a b) = (count(a b) - min_count) / (count(a) count(b)) * words. Of three in a row the first two are joined. One
    that the text has joined already is that word.
    """
    found = _bigrams(corpus, threshold, min_count)
    numbers = {word: number for number, word in enumerate(corpus.words)}
    pairs = zip(*_parts(corpus, found), strict=True)
    names = [f"{corpus.words[first]}_{corpus.words[second]}" for first, second in pairs]
    joined = np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int32)
    words, counts = list(numbers), np.zeros(len(numbers), np.int64)
    with open(folder / "ids", "wb") as stream:
        for ids in _segments(corpus):
            made = _rewritten(ids, corpus, found, joined)
            counts += np.bincount(made, minlength=len(words))
            stream.write(made.astype("<i4", copy=False))
    describe(folder, words, counts)


def _bigrams(corpus: Corpus, threshold: float, min_count: int) -> np.ndarray:
    """(bigrams,) ascending codes of those that are joined."""
    codes, counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for ids in _segments(corpus):
        often = (corpus.counts[ids] >= min_count) & (ids != END)
        pairs = _codes(ids, corpus)[often[:-1] & often[1:]]
        more, seen = np.unique(pairs, return_counts=True)
        codes, place = np.unique(np.concatenate([codes, more]), return_inverse=True)
        counts = np.bincount(place, np.concatenate([counts, seen])).astype(np.int64)
    first, second = _parts(corpus, codes)
    total = corpus.counts[1:].sum()
    scores = (counts - min_count) / corpus.counts[first] / corpus.counts[second] * total
    return codes[scores > threshold]


def _rewritten(ids: np.ndarray, corpus: Corpus, found: np.ndarray, joined: np.ndarray) -> np.ndarray:
    """The numbers of words with the bigrams in `found` as one, which `joined` has."""
    codes = _codes(ids, corpus)
    place = np.minimum(np.searchsorted(found, codes), max(len(found) - 1, 0))
    together = found[place] == codes if len(found) else np.zeros(len(codes), bool)
    starts = together & ~np.concatenate([[False], together[:-1]])
    since = np.arange(len(codes)) - np.maximum.accumulate(np.where(starts, np.arange(len(codes)), 0))
    taken = np.append(together & (since % 2 == 0), False)
    made = ids.copy()
    made[taken] = joined[place[taken[:-1]]]
    return made[~np.concatenate([[False], taken[:-1]])]


def _codes(ids: np.ndarray, corpus: Corpus) -> np.ndarray:
    """(words - 1,) int64: a number for each two in a row."""
    return ids[:-1].astype(np.int64) * len(corpus.words) + ids[1:]


def _parts(corpus: Corpus, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return codes // len(corpus.words), codes % len(corpus.words)


def _segments(corpus: Corpus) -> Iterator[np.ndarray]:
    """Parts of the corpus that end with a sentence, where one is shorter than SEGMENT."""
    begin = 0
    while begin < corpus.length:
        ids = corpus.read(begin, SEGMENT)
        ends = np.flatnonzero(ids == END)
        if begin + len(ids) < corpus.length and len(ends):
            ids = ids[: ends[-1] + 1]
        yield ids
        begin += len(ids)
