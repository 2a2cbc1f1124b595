"""What the formats of word vectors share: they need a run's vectors.npz and no model.

A file is checked by a reader of its own (`_read_vectors.py`), in a process that has no kerasapp.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from kerasapp import vectors
from kerasapp.errors import WorkError
from kerasapp.export._apart import run_apart
from kerasapp.export._card import Told
from kerasapp.vectors import Vectors

if TYPE_CHECKING:
    from kerasapp.run import Run

SCRIPT = Path(__file__).with_name("_read_vectors.py")
FAILED = " can't be read back"
TOLERANCE = 1e-6
"""Of a number up to 1 absolute, beyond relative to it."""
LIMITS = (
    "- A word that was too rare in its corpus, or was not in it, has no vector.",
    "- Vectors repeat what their corpus says of people and things, its prejudices with it.",
)
WITH_NGRAMS = (
    "- The vector of a word that is not among them is the mean of its n-grams' rows, `ngrams` (float32): of {min_n} to "
    "{max_n} characters of <word>, hashed by FNV-1a (fastText's) modulo the number of rows.",
    LIMITS[1],
)


class Kept(NamedTuple):
    """A run's vectors, and the file that holds them."""

    vectors: Vectors
    file: Path


@dataclass(frozen=True)
class VectorsFile:
    """A format that is one file: its name, which of `vector_files.WRITERS` writes it, and how the card reads it."""

    name: str
    format: str
    usage: str

    def load(self, run: "Run") -> Kept:
        """Raises RunError where a run has no vectors."""
        return Kept(vectors.of_run(run), run.path / vectors.FILE)

    def write(self, subject: Kept, folder: Path) -> None:
        """Writes the file into `folder`. Raises DataError for a word that the format can't hold."""
        vectors.write(folder / self.name, subject.vectors, self.format)

    def verify(self, folder: Path, subject: Kept) -> dict[str, Any]:
        """Reads the file in another process, and compares it with the run's. Raises WorkError where they differ."""
        told = json.loads(run_apart(SCRIPT, self.format, folder / self.name, subject.file, failed=self.name + FAILED))
        if not told["labels_equal"] or not told["max_difference"] <= TOLERANCE:
            words = "the same words" if told["labels_equal"] else "other words"
            raise WorkError(f"{self.name} holds {words}, and numbers that differ by up to {told['max_difference']:.2g}")
        return {"verified": True, **told, "bytes": (folder / self.name).stat().st_size}

    def describe(self, name: str, subject: Kept) -> Told:
        """What the card says of such a file."""
        count, dimensions = subject.vectors.matrix.shape
        ngrams = subject.vectors.ngrams if self.format == "npz" else None
        return Told(
            f"`{self.name}`: vectors of {count} words, {dimensions} numbers (float32) each, most frequent word first.",
            self.usage.format(name=name),
            LIMITS if ngrams is None else tuple(line.format(**ngrams._asdict()) for line in WITH_NGRAMS),
            checked="read back by another process, without kerasapp, and compared with the run's vectors",
            unit="word",
            call="the nearest word of",
        )
