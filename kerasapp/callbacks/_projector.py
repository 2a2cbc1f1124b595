"""TensorBoard's embedding projector: named vectors in the files that its plugin reads, beside a run's events.

The plugin takes a table of numbers as text, without a checkpoint of TensorFlow. It would take float32 bytes as well,
but tells the two apart by whether the file is UTF-8, which some bytes are by chance. A TensorBoard that is open already
looks for these files anew only when there is another run.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from tensorboard.plugins.projector.metadata import PROJECTOR_FILENAME

from kerasapp.errors import in_one_line
from kerasapp.files import write
from kerasapp.vectors import Vectors

MOST = 10_000  # points, the most that the projector's own t-SNE takes
DIGITS = "%.5g"  # of a number: more can't be seen in a picture
HEADER = "word\tcount"
EMBEDDING = """\
embeddings {{
  tensor_name: "{name}"
  tensor_path: "{name}.tsv"
  metadata_path: "{name}_words.tsv"
  tensor_shape: [{count}, {dimensions}]
}}
"""


def write_projector(folder: Path, embeddings: Mapping[str, Vectors]) -> None:
    """Writes `projector_config.pbtxt` and for each name `NAME.tsv`, the numbers, and `NAME_words.tsv`, the names.

    A name is a layer's: letters, digits and `_`. Of each the `MOST` most frequent words are there, with 0 where the
    vectors have no counts. A tab, an end of line or another control character within a word is written as in Python,
    `\\t`. Raises OSError, which names the file.
    """
    config = ""
    for name, vectors in embeddings.items():
        shown = vectors.matrix[:MOST]
        write(folder / f"{name}.tsv", _lines(_numbers(shown)))
        write(folder / f"{name}_words.tsv", _lines(_names(vectors)))
        config += EMBEDDING.format(name=name, count=shown.shape[0], dimensions=shown.shape[1])
    write(folder / PROJECTOR_FILENAME, config)


def _names(vectors: Vectors) -> Iterator[str]:
    """A header, without which the plugin takes the first word for one, and a line for each word."""
    counts = np.zeros(len(vectors.words), int) if vectors.counts is None else vectors.counts
    yield HEADER
    for word, count in zip(vectors.words[:MOST], counts[:MOST], strict=True):
        yield f"{in_one_line(word)}\t{count}"


def _numbers(matrix: np.ndarray) -> Iterator[str]:
    form = "\t".join([DIGITS] * matrix.shape[1])
    for row in matrix:
        yield form % tuple(row.tolist())


def _lines(lines: Iterator[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
