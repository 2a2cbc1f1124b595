"""What word vectors show of themselves: neighbours, analogies, a map. Nothing here has a right answer in the data.

Tests that people made (analogies, similarity) are asked by `kerasapp evaluate RUN --analogies FILE --similarity FILE`.
"""

from collections.abc import Mapping
from itertools import permutations
from typing import Any

import numpy as np

from kerasapp import plots
from kerasapp.errors import WorkError
from kerasapp.evaluation.parts import Drawing, Section, Table, number
from kerasapp.evaluation.word_tests import AMONG, asked
from kerasapp.types import Split
from kerasapp.vectors import Vectors

LABELLED = False
HEADLINE, BETTER = "analogy_accuracy", "higher"
SHOWN, NEAR = 12, 6  # words, and neighbours of each
COMMON = 50  # the most frequent words say little: of, and, the
DRAWN = 250  # words of the map
ENOUGH = 1_000_000  # words of text, below which neighbours are rough
FEW = 20  # questions, below which their share says nothing
PAIRS = {
    "gender": "king queen, man woman, boy girl, father mother, son daughter, brother sister, husband wife, uncle aunt, "
    "gentleman lady, prince princess, he she, his her, himself herself",
    "capitals": "england london, france paris, italy rome, spain madrid, germany berlin, russia moscow, "
    "austria vienna, japan tokyo, china beijing, egypt cairo, greece athens, ireland dublin",
    "past tense": "see saw, go went, take took, come came, know knew, give gave, find found, think thought, make made, "
    "write wrote, speak spoke, stand stood, sit sat",
    "plural": "hand hands, eye eyes, word words, day days, year years, friend friends, child children, man men, "
    "woman women, house houses, book books, letter letters",
    "comparative": "great greater, old older, young younger, long longer, strong stronger, large larger, high higher, "
    "small smaller, good better, bad worse",
}
"""Analogies are made of any two pairs of a row whose words are known."""


def measure(task: Any, splits: Mapping[str, Split], name: str, vectors: Vectors) -> dict[str, Any]:
    """The entry of a split in `report.json`: "neighbours" of frequent and rare words, "analogies", "map"."""
    told = _analogies(vectors)
    enough = told["covered"] >= FEW
    return {
        "examples": len(splits[name]),
        "text_words": task.text_words,
        "words": len(vectors.words),
        "dimensions": int(vectors.matrix.shape[1]),
        "metrics": {"analogy_accuracy": told["accuracy"]} if enough else {},
        "analogies": [row for row in told["sections"] if row["covered"]],
        "neighbours": {name: _neighbours(vectors, rows) for name, rows in _chosen(vectors).items()},
        "map": _map(vectors),
        "mistakes": [],
    }


def own_accuracy(vectors: Vectors) -> dict[str, float]:
    """{"analogy_accuracy"}, what `measure` finds. Raises WorkError where too few of the words are known to ask."""
    told = _analogies(vectors)
    if told["covered"] < FEW:
        asked_for = f"{told['covered']} analogies can be made of the text's words, and {FEW} at least are wanted"
        raise WorkError(f"train.monitor: {asked_for}. Take more text, or monitor loss")
    return {HEADLINE: told["accuracy"]["value"]}


def headline(report: dict[str, Any]) -> str:
    """The first line: how many words, and what its own analogies say."""
    result = next(iter(report["splits"].values()))
    told = (
        f"Vectors of {number(result['dimensions'])} dimensions for {number(result['words'])} words, learned from "
        f"a text of {number(result['text_words'])}"
    )
    accuracy = result["metrics"].get("analogy_accuracy")
    return f"{told}; {number(accuracy['value'])} of its own analogies are right." if accuracy else f"{told}."


def warnings(name: str, result: Mapping[str, Any]) -> list[str]:
    """What the vectors are to be used with."""
    if result["text_words"] >= ENOUGH:
        return []
    few = f"{number(result['text_words'])} words are few to learn from"
    return [f"{few}: neighbours are rough below some millions."]


def sections(name: str, result: Mapping[str, Any], examples: Mapping[str, np.ndarray] | None) -> list[Section]:
    """How a report shows a split's entry."""
    near = [
        Table(
            ["word", "times", "nearest", *[""] * (NEAR - 1)],
            [[row["word"], number(row["count"]), *_padded(row["nearest"])] for row in rows],
            caption=f"{kind.capitalize()} words and their nearest, with the cosine.",
        )
        for kind, rows in result["neighbours"].items()
    ]
    found = [Section("Neighbours", near)]
    if result["analogies"]:
        rows = [
            [row["section"], number(row["accuracy"]["value"]), number(row["covered"])] for row in result["analogies"]
        ]
        told = "A question is a : b as c : ?, made of two pairs of a row. The answer is the word nearest to b - a + c."
        found.append(Section("Its own analogies", [Table(["", "right", "questions"], rows, caption=told)]))
    if result["map"]:
        drawn = plots.word_map([row["word"] for row in result["map"]], *(
            np.array([row[axis] for row in result["map"]]) for axis in "xy"
        ))  # fmt: skip
        told = "Words that lie together have similar vectors; the distance of groups says little (t-SNE)."
        found.append(Section("A map", [Drawing(f"{name}_map", drawn, told)]))
    return found


def _analogies(vectors: Vectors) -> dict[str, Any]:
    """As `asked` tells them: any two known pairs of a row."""
    questions = [
        (number, [*a, *b])
        for number, row in enumerate(PAIRS.values())
        for a, b in permutations(_known(vectors, row), 2)
    ]
    if not questions:
        return {"covered": 0, "sections": []}
    sections, words = zip(*questions, strict=True)
    return asked(vectors, list(PAIRS), np.array(sections), words, min(AMONG, len(vectors.words)))


def _known(vectors: Vectors, row: str) -> list[list[str]]:
    pairs = [pair.split() for pair in row.split(", ")]
    return [pair for pair in pairs if all(word in vectors.index for word in pair)]


def _chosen(vectors: Vectors) -> dict[str, np.ndarray]:
    """Rows of words beyond the most common ones, and of the rarest, each spread evenly."""
    count = len(vectors.words)
    begin = min(COMMON, count // 4)
    frequent = np.unique(np.geomspace(begin + 1, max(count // 10, begin + SHOWN), SHOWN).astype(int) - 1)
    rare = np.unique(np.linspace(count * 0.8, count - 1, SHOWN).astype(int))
    return {"frequent": frequent[frequent < count], "rare": rare}


def _neighbours(vectors: Vectors, rows: np.ndarray) -> list[dict[str, Any]]:
    near, cosines = vectors.neighbours(rows, NEAR)
    return [
        {
            "word": vectors.words[row],
            "count": int(vectors.counts[row]),
            "nearest": [
                {"word": vectors.words[other], "similarity": float(cosine)}
                for other, cosine in zip(others, values, strict=True)
            ],
        }
        for row, others, values in zip(rows, near, cosines, strict=True)
    ]


def _padded(nearest: list[dict[str, Any]]) -> list[str]:
    cells = [f"{one['word']} {number(one['similarity'])}" for one in nearest]
    return cells + [""] * (NEAR - len(cells))


def _map(vectors: Vectors) -> list[dict[str, Any]]:
    """Two coordinates of some frequent words by t-SNE (van der Maaten and Hinton, 2008); none of a handful."""
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    rows = np.arange(len(vectors.words))[COMMON : COMMON + DRAWN]
    if len(rows) < 2 * NEAR:
        rows = np.arange(min(DRAWN, len(vectors.words)))
    if len(rows) < NEAR or vectors.matrix.shape[1] < 2:
        return []
    tsne = TSNE(metric="cosine", init="pca", perplexity=min(20.0, (len(rows) - 1) / 3), random_state=0)
    with threadpool_limits(1):  # more threads wait for each other most of the time over so few words
        place = tsne.fit_transform(vectors.directions(rows))
    return [{"word": vectors.words[row], "x": float(x), "y": float(y)} for row, (x, y) in zip(rows, place, strict=True)]
