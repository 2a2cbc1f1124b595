"""What went into a training, as numbers: equal numbers, equal input."""

from hashlib import blake2b
from pathlib import Path

import numpy as np

from kerasapp.data._arrays import Arrays, hashed
from kerasapp.errors import RunError
from kerasapp.run import Run
from kerasapp.training._embedding import Matched
from kerasapp.types import Split


def fingerprints(
    splits: dict[str, Split], init_from: str | None = None, embedding: Matched | None = None
) -> dict[str, str]:
    """A number for the content of each split, labels included, whatever its order; one for the `order` of them all; one
    for the weights that training starts from, and one for the vectors that its `embedding` does, where there are such.
    """
    examples = {name: _examples(split) for name, split in splits.items()}
    found = {name: f"{int(np.add.reduce(numbers, dtype=np.uint64)):016x}" for name, numbers in examples.items()}
    order = blake2b(digest_size=8)
    for numbers in examples.values():
        order.update(numbers.tobytes())
    weights = {} if init_from is None else {"init_from": _weights(Run(Path(init_from)))}
    vectors = {} if embedding is None else {"embedding": embedding.fingerprint}
    return found | {"order": order.hexdigest()} | weights | vectors


def changed(before: dict[str, str] | None, now: dict[str, str]) -> list[str]:
    """The names of what is not as it was; none where nothing is known of before."""
    return [name for name in now if before and before.get(name) != now[name]]


def check_same_data(place: Path, before: dict[str, str] | None, now: dict[str, str]) -> None:
    """Raises RunError at a folder whose data is not what it began with."""
    if names := changed(before, now):
        told = f"its data has changed since ({', '.join(names)})"
        raise RunError(place, f"{told}. Put it back as it was, or start anew")


def _examples(split: Split) -> np.ndarray:
    """(examples,) uint64, of each example with its label."""
    content = np.asarray(split.fingerprints(), np.uint64)
    if "label" not in split.features or not (split.random_access and len(split)):
        return content
    labels = Arrays({"label": split.column("label")}, split.ids).fingerprints()
    return hashed(np.stack([content, labels], axis=1))


def _weights(run: Run) -> str:
    digest = blake2b(digest_size=8)
    for weight in run.model().weights:
        digest.update(f"{weight.path} {weight.shape} {weight.dtype}".encode())
        digest.update(np.ascontiguousarray(weight.numpy()).tobytes())
    return digest.hexdigest()
