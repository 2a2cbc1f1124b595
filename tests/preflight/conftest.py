"""What tests of the preflight share: small splits, and findings by kind."""

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from PIL import Image

from kerasapp.data._arrays import Arrays
from kerasapp.rules import Finding


@pytest.fixture
def split() -> Callable[..., Arrays]:
    """`split(label=[...], size=[...])`: a Split of these columns; ids `row 0` ...; `names` are the label's."""

    def made(names: tuple[str, ...] | None = None, **columns: Iterable) -> Arrays:
        arrays = {name.replace("__", "/"): _array(values) for name, values in columns.items()}
        ids = [f"row {row}" for row in range(len(next(iter(arrays.values()))))]
        return Arrays(arrays, ids, {"label": names} if names else None)

    return made


@pytest.fixture
def brief() -> Callable[[Iterable[Finding]], list[tuple[str, str, str]]]:
    """Kind, severity and place of each finding, sorted."""
    return lambda findings: sorted((found.kind, found.severity, found.where) for found in findings)


@pytest.fixture
def picture() -> Callable[..., Image.Image]:
    """`picture(seed, width, height)`: noise of low frequency, as photographs are."""

    def made(seed: int = 0, width: int = 96, height: int = 72) -> Image.Image:
        few = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
        return Image.fromarray(few).resize((width, height), Image.Resampling.BICUBIC)

    return made


def _array(values: Iterable) -> np.ndarray:
    values = list(values)
    if isinstance(values[0], str):
        return np.array(values, object)
    if isinstance(values[0], np.ndarray) and values[0].ndim:
        array = np.empty(len(values), object)
        array[:] = values
        return array
    return np.array(values)
