"""Word vectors out of a SavedModel that kerasapp exported: its vocabulary stands beside it, its `embed` is asked."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kerasapp.errors import DataError, first_line
from kerasapp.starting import start_tensorflow
from kerasapp.vector_files._table import Table

VOCABULARY = Path("assets.extra", "vocabulary.txt")
AT_ONCE = 4096  # words


class Embedded(NamedTuple):
    """An `embed`, as what makes the vectors of unseen words; its answer is zeros for one that it can't make."""

    embed: Callable[..., dict]

    def vectors(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """As `Ngrams.vectors`."""
        import tensorflow as tf

        parts = [words[first : first + AT_ONCE] for first in range(0, len(words), AT_ONCE)]
        found = np.concatenate([self.embed(words=tf.constant(part))["vector"].numpy() for part in parts])
        return found, found.any(axis=1)


def read(folder: Path) -> Table:
    """Words, the most frequent first, and their vectors. Starts TensorFlow. Raises DataError."""
    if not (folder / VOCABULARY).is_file():
        raise DataError(folder, f"has no {VOCABULARY}: it is no SavedModel of word vectors that kerasapp exported")
    start_tensorflow()
    import tensorflow as tf

    words = (folder / VOCABULARY).read_text("utf-8").split("\n")
    try:
        made = Embedded(tf.saved_model.load(str(folder)).signatures["embed"])
        return Table(words, made.vectors(words)[0], None, made)
    except (OSError, KeyError, ValueError, tf.errors.OpError) as error:
        raise DataError(folder, f"can't be read: {first_line(error)}. Export it anew") from None
