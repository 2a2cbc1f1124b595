"""Made-up examples that a small model learns in a few epochs: for smoke runs, where no data may be needed.

Images are gratings: a class has its direction, its width of stripes and its brightness. Tables are clouds of points
around a centre for each class, or a smooth function of the columns. Texts are names of trees, among which stands the
one word of the class.
"""

import numpy as np

from kerasapp.data._arrays import Arrays, Ids
from kerasapp.errors import DataError
from kerasapp.types import NonNegativeInt, PositiveInt, Split

NOISE = 0.1  # standard deviation of a pixel, where white is 1
DIRECTIONS = 8  # classes that share a width of stripes
SPREAD = 2.0  # standard deviation of the centres of classes, where that of the points around them is 1
FAITHFUL = 0.7  # how often a category is the one of its class
LONGEST = 12  # words of a text, besides that of its class
WORDS = ("ash", "beech", "cedar", "elm", "fir", "hazel", "larch", "maple", "oak", "pine")


def load(
    *,
    image_shape: tuple[int, int, int] | None = (16, 16, 1),
    columns: PositiveInt | None = None,
    categories: NonNegativeInt = 0,
    num_classes: PositiveInt = 3,
    texts: bool = False,
    regression: bool = False,
    examples: PositiveInt = 256,
    seed: NonNegativeInt = 0,
) -> dict[str, Split]:
    """Features: `image` uint8, or, where `columns` is given, so many float64 columns `x_0` ... and `categories` of text
    `c_0` ..., or with `texts` a `text`; `label`: int64 named `0`, `1`, ..., equally many of each, or with `regression`
    float64. The same for the same arguments. Raises DataError.
    """
    generator = np.random.default_rng(seed)
    labels = generator.permutation(np.arange(examples) % num_classes)
    names = {} if regression else {"label": tuple(map(str, range(num_classes)))}
    if texts:
        arrays = _texts(generator, labels, regression)
    elif columns is not None:
        arrays = _table(generator, labels, columns, categories, num_classes, regression)
    elif image_shape is not None and min(image_shape) > 0:
        arrays = _images(generator, labels, image_shape, num_classes, regression)
    else:
        raise DataError(
            "data", "image_shape (height, width, channels, at least 1 each), columns or texts must be given"
        )
    return {"train": Arrays(arrays, Ids(range(examples), lambda row: f"example {row}"), names)}


def _images(generator, labels: np.ndarray, shape: tuple[int, int, int], num_classes: int, regression: bool) -> dict:
    """With regression the label is the brightness, 0 to 10."""
    height, width, channels = shape
    count = len(labels)
    level = generator.uniform(size=count) if regression else (labels + 0.5) / num_classes
    angle = np.pi * (labels % DIRECTIONS) / min(num_classes, DIRECTIONS)
    stripes = 2 + labels // DIRECTIONS  # across the image
    y, x = np.meshgrid(np.linspace(0, 1, height), np.linspace(0, 1, width), indexing="ij")
    across = np.cos(angle)[:, None, None] * x + np.sin(angle)[:, None, None] * y  # (count, height, width)
    phase = generator.uniform(0, 2 * np.pi, (count, 1, 1))
    wave = np.sin(2 * np.pi * stripes[:, None, None] * across + phase)
    picture = 0.2 + 0.6 * level[:, None, None] + 0.15 * wave
    picture = picture[..., None] + generator.normal(0, NOISE, (count, height, width, channels))
    return {"image": (picture.clip(0, 1) * 255).astype(np.uint8), "label": level * 10 if regression else labels}


def _table(generator, labels: np.ndarray, columns: int, categories: int, num_classes: int, regression: bool) -> dict:
    count = len(labels)
    centres = generator.normal(0, SPREAD, (num_classes, columns))
    points = centres[labels] + generator.normal(size=(count, columns))
    arrays = {f"x_{number}": points[:, number] for number in range(columns)}
    for number in range(categories):
        drawn = generator.integers(0, num_classes, count)
        which = np.where(generator.uniform(size=count) < FAITHFUL, labels, drawn)
        arrays[f"c_{number}"] = np.array([WORDS[one % len(WORDS)] for one in which], object)
    weights = generator.normal(size=columns)
    smooth = points @ weights + np.sin(points[:, 0]) + generator.normal(0, NOISE, count)
    return {**arrays, "label": smooth if regression else labels}


def _texts(generator, labels: np.ndarray, regression: bool) -> dict:
    if regression:
        raise DataError("data", "texts are of classes: leave regression out")
    found = []
    for label in labels:
        trees = generator.choice(WORDS, generator.integers(1, LONGEST + 1)).tolist()
        trees.insert(generator.integers(0, len(trees) + 1), f"kind{label}")
        found.append(f"{' '.join(trees)}.")
    return {"text": np.array(found, object), "label": labels}
