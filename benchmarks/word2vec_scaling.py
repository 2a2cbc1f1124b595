"""Words a second of skip-gram by dimensions and by the size of the vocabulary, gensim and kerasapp in turn.

    python benchmarks/word2vec_scaling.py                          a table: about half an hour on 2 cores
    python benchmarks/word2vec_scaling.py --picture scaling.png    and drawn

The text is made: words by Zipf's law, so that each vocabulary has exactly as many as it should; all of them are kept.
Figures are of training alone, of kerasapp in its second epoch.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import word2vec

DIMENSIONS, WORDS = (50, 100, 300), (10_000, 30_000, 100_000, 300_000)
FORMS = ("kerasapp tensorflow", "kerasapp native")
SENTENCE = 20


def zipf(path: Path, words: int, length: int) -> Path:
    """`length` words in lines of SENTENCE, every one of `words` at least 5 times, as the recipe asks."""
    draw = np.random.default_rng(0)
    shares = 1 / np.arange(1, words + 1)
    numbers = draw.choice(words, max(length - 5 * words, 0), p=shares / shares.sum())
    numbers = draw.permutation(np.concatenate([numbers, np.repeat(np.arange(words), 5)]))
    names = np.array([f"w{number}" for number in range(words)], object)
    with path.open("w") as stream:
        for first in range(0, len(numbers), SENTENCE):
            stream.write(" ".join(names[numbers[first : first + SENTENCE]]) + "\n")
    return path


def draw(found: dict[str, dict[tuple[int, int], float]], path: Path) -> None:
    """Words a second over the vocabulary, a panel for each number of dimensions."""
    from matplotlib.figure import Figure

    from kerasapp import figures

    figure = Figure(figsize=(10, 3.4), layout="constrained")
    panels = figure.subplots(1, len(DIMENSIONS), sharey=True)
    for axes, dimensions in zip(panels, DIMENSIONS, strict=True):
        for colour, (form, speeds) in zip((figures.INK, figures.BLUE, figures.ORANGE), found.items(), strict=False):
            axes.loglog(WORDS, [speeds[dimensions, words] / 1000 for words in WORDS], "o-", color=colour, label=form)
        axes.set(title=f"{dimensions} dimensions", xlabel="words of the vocabulary")
    panels[0].set_ylabel("thousand words a second")
    panels[0].legend(frameon=False, fontsize=8)
    path.write_bytes(figures.png(figure))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--length", type=int, default=3_000_000, help="words of the text")
    parser.add_argument("--picture", type=Path, help="a PNG to draw")
    given = parser.parse_args()
    given.epochs = 2
    found: dict[str, dict[tuple[int, int], float]] = {form: {} for form in (word2vec.GENSIM, *FORMS)}
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        for words in WORDS:
            text = zipf(here / "zipf.txt", words, given.length)
            for given.dimensions in DIMENSIONS:
                for form, speeds in found.items():
                    ask = [text, here, 0, "skip_gram", *([] if form == word2vec.GENSIM else [form]), given]
                    made = (word2vec.peer if form == word2vec.GENSIM else word2vec.ours)(*ask)
                    speeds[given.dimensions, words] = made["speed"]
                    print(f"{words} words, {given.dimensions}, {form}: {made}", file=sys.stderr, flush=True)
    print(f"{'thousand words a second':32}" + "".join(f"{words:>9}" for words in WORDS) + "   words")
    for dimensions in DIMENSIONS:
        for form, speeds in found.items():
            row = "".join(f"{speeds[dimensions, words] / 1000:>9.0f}" for words in WORDS)
            print(f"{form + f', {dimensions}':32}{row}")
    if given.picture:
        draw(found, given.picture)


if __name__ == "__main__":
    main()
