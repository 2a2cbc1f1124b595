"""What the tests of data sources share: photographs, and a way to read all of a split."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from kerasapp.types import Split


@pytest.fixture
def everything() -> Callable[[Split], dict[str, np.ndarray]]:
    """All examples of a split as training gets them: `gather` inside a tf.data map, in batches of 7."""

    def read(split: Split) -> dict[str, np.ndarray]:
        batches = list(tf.data.Dataset.range(len(split)).batch(7).map(split.gather).as_numpy_iterator())
        return {name: np.concatenate([batch[name] for batch in batches]) for name in split.features}

    return read


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two classes of six small photographs, each of its own."""
    generator = np.random.default_rng(0)
    for label in ("cat", "dog"):
        folder = tmp_path / "photos" / label
        folder.mkdir(parents=True)
        for number in range(6):
            pixels = generator.integers(0, 255, (20 + number, 30, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}.png")
    return tmp_path / "photos"
