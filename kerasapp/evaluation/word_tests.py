"""What word vectors are worth: analogies and similarity as people judge it.

Analogies after Mikolov et al. (2013, "Efficient Estimation", section 4.1; the format of questions-words.txt), by
3CosAdd, counted as their compute-accuracy does: words are compared without regard to case (of two that differ in case
alone the more frequent stands), the three words of a question are no answer, and questions with a word beyond the
`among` most frequent are left out. Similarity is Spearman's correlation with the judgements of WordSim-353 (Finkelstein
et al., 2002) or SimLex-999 (Hill et al., 2015), over the pairs whose words both have vectors.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kerasapp.errors import DataError
from kerasapp.evaluation.intervals import Z, metric, proportion
from kerasapp.names import counted
from kerasapp.vectors import MADE, NONE, Vectors

AMONG = 30_000  # as in the original's demonstration
AT_ONCE = 1 << 24  # scores computed together: 64 MiB
SCORES = ("simlex999", "human (mean)", "score")
"""Titles of the column that holds the judgement; the third where none of them is there."""


def measure(
    vectors: Vectors, analogy: Sequence[str] = (), similar: Sequence[str] = (), among: int = AMONG
) -> dict[str, Any]:
    """What all of these files tell: {"words", "dimensions", "analogies": [...], "similarity": [...]}."""
    count, dimensions = vectors.matrix.shape
    return {
        "words": count,
        "dimensions": dimensions,
        "analogies": [analogies(vectors, path, among) for path in analogy],
        "similarity": [similarity(vectors, path) for path in similar],
    }


def analogies(vectors: Vectors, path: str | Path, among: int = AMONG) -> dict[str, Any]:
    """Accuracy by section and in total, with Wilson's interval; None where no question could be asked.

    Gives {"file", "among", "questions", "covered", "coverage", "correct", "accuracy", "sections"}, and of each section
    the same but for the first two. Raises DataError with the line of a file that is no such test.
    """
    names, sections, words = _questions(Path(path))
    among = min(among, len(vectors.words))
    return {"file": str(path), "among": among, **asked(vectors, names, sections, words, among)}


def asked(
    vectors: Vectors, names: Sequence[str], sections: np.ndarray, words: Sequence[Sequence[str]], among: int
) -> dict[str, Any]:
    """`analogies` of questions a, b, c, d (the answer), each with the number of its section in `names`."""
    folded = [word.upper() for word in vectors.words[:among]]
    first = _first(folded)
    rows = np.array([[first.get(word.upper(), -1) for word in question] for question in words], np.int64)
    covered = (rows >= 0).all(axis=1)
    same = np.array([first[word] for word in folded], np.int64)
    right = np.zeros(len(rows), bool)
    right[covered] = _answers(vectors, same, rows[covered, :3]) == rows[covered, 3]
    told = [
        {"section": name} | _told(covered[sections == number], right[sections == number])
        for number, name in enumerate(names)
    ]
    return {**_told(covered, right), "sections": told}


def similarity(vectors: Vectors, path: str | Path) -> dict[str, Any]:
    """Spearman's correlation with an interval; None where fewer than two pairs have vectors, or all are equal.

    Gives {"file", "pairs", "covered", "made", "coverage", "spearman"}; `made` are the covered pairs of which a word's
    vector was made of its n-grams, in small letters where all known words are. Tabs, commas or blanks separate the
    columns; a line that begins with # is a comment. Raises DataError with the line of a file that is no such test.
    """
    first = _first([word.upper() for word in vectors.words])
    small = all(word == word.lower() for word in vectors.words)

    def spelt(word: str) -> str:
        row = first.get(word.upper())
        return vectors.words[row] if row is not None else word.lower() if small else word

    *columns, scores = zip(*_pairs(Path(path)), strict=True)
    (a, of_a), (b, of_b) = (vectors.of([spelt(word) for word in column]) for column in columns)
    covered = (of_a != NONE) & (of_b != NONE)
    made = covered & ((of_a == MADE) | (of_b == MADE))
    told = {"file": str(path), "pairs": len(scores), "covered": int(covered.sum()), "made": int(made.sum()),
            "coverage": float(covered.mean())}  # fmt: skip
    if covered.sum() < 2:
        return told | {"spearman": None}
    return told | {"spearman": spearman(np.array(scores)[covered], _cosines(a[covered], b[covered]))}


def _cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(pairs, dimensions) each -> (pairs,); 0 where a vector is all zeros."""
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.einsum("ij,ij->i", a, b) / np.where(lengths > 0, lengths, 1)


def spearman(a: np.ndarray, b: np.ndarray) -> dict[str, float] | None:
    """The correlation of ranks, ties at their mean rank; by Fisher's transformation its 95 % interval.

    The standard error there is sqrt((1 + rho**2 / 2) / (n - 3)): Bonett and Wright (2000), "Sample size requirements".
    """
    a, b = (_ranks(np.asarray(values)) for values in (a, b))
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    rho = float(np.clip(np.corrcoef(a, b)[0, 1], -1, 1))
    if len(a) <= 3:
        return metric(rho)
    half = Z * np.sqrt((1 + rho**2 / 2) / (len(a) - 3))
    with np.errstate(divide="ignore"):  # at 1 the interval is that point
        return metric(rho, *np.tanh(np.arctanh(rho) + np.array([-half, half])))


def _answers(vectors: Vectors, same: np.ndarray, questions: np.ndarray) -> np.ndarray:
    """(questions, 3) rows a, b, c -> (questions,) the row of b - a + c; of words in one case the first row, `same`."""
    among = len(same)
    directions = vectors.directions(slice(among))
    nowhere = np.flatnonzero(vectors.norms[:among] == 0)
    answers = np.full(len(questions), -1)
    step = max(1, AT_ONCE // among)
    for start in range(0, len(questions), step):
        asked = questions[start : start + step]
        a, b, c = asked.T
        scores = (directions[b] - directions[a] + directions[c]) @ directions.T
        scores[:, nowhere] = -np.inf
        scores[np.arange(len(asked))[:, None], asked] = -np.inf
        answers[start : start + step] = _best(scores, same, asked)
    return answers


def _best(scores: np.ndarray, same: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """(questions,) the best row that is in no case a word of the question; -1 where there is none. Spoils `scores`."""
    best = scores.argmax(axis=1)
    left = np.arange(len(best))
    while len(left):
        repeats = (same[best[left], None] == asked[left]).any(axis=1) & (scores[left, best[left]] > -np.inf)
        left = left[repeats]
        scores[left, best[left]] = -np.inf
        best[left] = scores[left].argmax(axis=1)
    return np.where(scores[np.arange(len(best)), best] > -np.inf, same[best], -1)


def _told(covered: np.ndarray, right: np.ndarray) -> dict[str, Any]:
    asked, correct = int(covered.sum()), int(right.sum())
    return {
        "questions": len(covered),
        "covered": asked,
        "coverage": asked / len(covered) if len(covered) else 0.0,
        "correct": correct,
        "accuracy": proportion(correct, asked) if asked else None,
    }


def _first(words: list[str]) -> dict[str, int]:
    """The row of the first, which is the most frequent, of equal words."""
    return dict(zip(reversed(words), range(len(words) - 1, -1, -1), strict=True))


def _ranks(values: np.ndarray) -> np.ndarray:
    """(n,) from 1; equal values share the mean of their ranks."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]


def _questions(path: Path) -> tuple[list[str], np.ndarray, list[list[str]]]:
    """The sections, the number of each question's section, and its four words."""
    names: list[str] = []
    numbers, questions = [], []
    for where, line in _lines(path):
        if line.startswith(":"):
            names.append(line[1:].strip())
            continue
        words = line.split()
        if len(words) != 4:
            raise DataError(where, f"{counted(len(words), 'word')} where a question of analogy has four")
        if not names:
            raise DataError(where, "a question before the first section. Begin with a line such as : capitals")
        numbers.append(len(names) - 1)
        questions.append(words)
    if not questions:
        raise DataError(path, "holds no questions. Each is a line of four words, below a line such as : capitals")
    return names, np.array(numbers), questions


def _pairs(path: Path) -> Iterator[tuple[str, str, float]]:
    """Two words and how similar people find them."""
    delimiter, column, found = None, 2, False
    for at, (where, line) in enumerate((where, line) for where, line in _lines(path) if line[0] != "#"):
        if at == 0:
            delimiter = next((sign for sign in "\t," if sign in line), None)
        fields = [field.strip() for field in line.split(delimiter)]
        if at == 0 and fields[0].lower().startswith("word") and not _number(fields[2:3]):
            titles = [field.lower() for field in fields]
            column = next((titles.index(title) for title in SCORES if title in titles), column)
            continue
        score = _number(fields[column : column + 1])
        if score is None:
            told = f'"{fields[column]}" is no number' if len(fields) > column else counted(len(fields), "field")
            raise DataError(where, f"{told}. Expected: two words and how similar they are, in column {column + 1}")
        found = True
        yield fields[0], fields[1], score
    if not found:
        raise DataError(path, "holds no pairs. Each is a line of two words and how similar they are")


def _number(fields: list[str]) -> float | None:
    try:
        value = float(*fields) if fields else np.nan
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """`FILE:LINE` and each line that isn't blank."""
    for number, content in enumerate(path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        where = f"{path}:{number}"
        try:
            line = content.decode().strip()
        except UnicodeDecodeError as error:
            raise DataError(where, f"is not UTF-8: byte 0x{content[error.start]:02x}. Write it as UTF-8") from None
        if line:
            yield where, line
