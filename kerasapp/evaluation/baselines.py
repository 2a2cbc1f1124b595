"""What a model has to beat: the most common class or the mean, and one classical model, on the same split.

Tables get gradient boosting (Ke et al., 2017, as scikit-learn's HistGradientBoosting), with missing values and
categories as such; pictures get histograms of oriented gradients (Dalal and Triggs, 2005) under a linear support
vector machine; texts get the logistic regression of how often each word occurs, weighed by how rare it is (TF-IDF;
Sparck Jones, 1972), of the words as the task takes them. Where the model starts from word vectors, two more say what
these are worth without it: the logistic regression of their mean in each text, plain and by SIF (kerasapp.documents).
Where it starts from a network that was trained elsewhere, so does the logistic regression of that network's features.
None is tuned. All see at most 10 000 examples of train and are scored on at most 10 000 of test.
"""

import hashlib
import json
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kerasapp import documents
from kerasapp.evaluation.regression import errors
from kerasapp.files import write_json
from kerasapp.tasks._base import Task
from kerasapp.types import Split
from kerasapp.vectors import Vectors

METHOD = 2  # goes up when the numbers change, so that cached ones are not used
LIMIT = 10_000  # examples
CHUNK = 256  # images or texts held at a time
SMALL = 48  # pixels: up to this side a picture is described by 32 x 32 pixels, above by 96 x 96
DIRECTIONS = 9  # Dalal and Triggs, 2005, section 6.3
BINS = 255  # HistGradientBoosting's largest number of categories

Prepared = Callable[[Split, np.ndarray], dict[str, np.ndarray]]
Some = tuple[Split, np.ndarray]  # examples of a split, by number
Predict = Callable[[Task, Prepared, int, np.ndarray, Some, Some], np.ndarray]
Rival = tuple[str, Predict]


class Features(NamedTuple):
    """Of a network that was trained elsewhere: `of(split, indices)` gives (examples, n) float32, `fingerprint` a number
    for all that they depend on but the pictures.
    """

    name: str
    fingerprint: str
    of: Callable[[Split, np.ndarray], np.ndarray]


def baselines(
    task: Task,
    splits: dict[str, Split],
    *,
    seed: int,
    prepared: Prepared,
    cache: Path,
    vectors: Vectors | None = None,
    features: Features | None = None,
) -> list[dict[str, Any]]:
    """Rows `{"name", "metrics": {name: {"value", ...}}, "trained_on", "of", "tested_on", "seconds"}`, on `test`.

    `prepared(split, indices)` gives raw features as `task.prepare` does, in NumPy. `vectors` are those that a model of
    texts starts from, of words of the task's vocabulary; `features` those of the network that a model of pictures
    starts from. Metrics are named as the report's, in the label's own units.
    The rows are kept in the folder `cache`, under a hash of all that they depend on. No rows where there is no labelled
    test split or the examples can only be streamed.
    """
    train, test = splits["train"], splits.get("test")
    if test is None or "label" not in test.features or not (train.random_access and test.random_access):
        return []
    kind, key = (task.INPUT, task.EVALUATION), _key(task, train, test, seed)
    make = partial(_rows, task, train, test, seed, prepared)
    rows = _kept(cache / f"baselines-{key}.json", lambda: make([CLASSICAL[kind]] if kind in CLASSICAL else []))
    rivals, known = [], vectors or features
    if vectors is not None and kind == ("text", "classification"):
        rivals = [(name, partial(_documents, vectors, weighting)) for name, weighting in OF_VECTORS.items()]
    elif features is not None and kind == ("image", "classification"):
        rivals = [(f"{features.name} + logistic regression", partial(_pooled, features))]
    if not rivals:
        return rows
    return rows + _kept(cache / f"baselines-{key}-{known.fingerprint}.json", lambda: make(rivals)[1:])


def _kept(path: Path, make: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    rows = make()
    write_json(path, rows)
    return rows


def _key(task: Task, train: Split, test: Split, seed: int) -> str:
    asked = task.arguments() | task.resolved()  # such as how pictures are resized
    settings = [METHOD, LIMIT, seed, type(task).__name__, asked, task.state()]
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for split in (train, test):
        digest.update(np.asarray(split.fingerprints()).tobytes())
        digest.update(task.targets(split).tobytes())
    return digest.hexdigest()[:16]


def _rows(
    task: Task, train: Split, test: Split, seed: int, prepared: Prepared, rivals: list[Rival]
) -> list[dict[str, Any]]:
    """The simple one, and the others where there is more than one label to learn."""
    classes = task.EVALUATION == "classification"
    measure = _accuracy if classes else _errors
    y = task.targets(train)
    learned, tested = _some(len(train), seed), _some(len(test), seed)
    truth = task.targets(test)[tested]
    counts = {"of": len(train), "tested_on": len(tested)}
    simple = np.full(len(truth), np.bincount(y).argmax() if classes else y.mean())
    name = "majority class" if classes else "training mean"
    rows = [{"name": name, "metrics": measure(truth, simple), "trained_on": len(train), **counts}]
    for name, predict in rivals if len(np.unique(y[learned])) > 1 else ():
        started = time.perf_counter()
        metrics = measure(truth, predict(task, prepared, seed, y[learned], (train, learned), (test, tested)))
        seconds = round(time.perf_counter() - started, 2)
        rows.append({"name": name, "metrics": metrics, "trained_on": len(learned), **counts, "seconds": seconds})
    return rows


def _some(count: int, seed: int) -> np.ndarray:
    """At most LIMIT of so many examples, in order."""
    if count <= LIMIT:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, LIMIT, replace=False))


def _accuracy(truth: np.ndarray, predicted: np.ndarray) -> dict[str, dict[str, float]]:
    return {"accuracy": {"value": float(np.mean(truth == predicted))}}


def _errors(truth: np.ndarray, predicted: np.ndarray) -> dict[str, dict[str, float]]:
    told = errors(truth.astype(float), predicted.astype(float))
    return {name: told[name] for name in ("mean_absolute_error", "root_mean_squared_error")}


def _vectors(task: Task, prepared: Prepared, seed: int, y: np.ndarray, learned: Some, tested: Some) -> np.ndarray:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), warnings.catch_warnings():  # more threads cost more processor time than they save here
        warnings.simplefilter("ignore", ConvergenceWarning)  # of pictures that no plane divides
        model = LinearSVC(C=0.1, random_state=seed).fit(_gradients(task, prepared, *learned), y)
        return model.predict(_gradients(task, prepared, *tested))


def _gradients(task: Task, prepared: Prepared, split: Split, indices: np.ndarray) -> np.ndarray:
    """(examples, features) float32: histograms of directions in 4 x 4 or 6 x 6 cells, normalised in blocks of 2 x 2."""
    import cv2

    side, cell = (32, 8) if max(task.image_shape[:2]) <= SMALL else (96, 16)
    shrinks = max(task.image_shape[:2]) > side
    describe = cv2.HOGDescriptor((side, side), (2 * cell, 2 * cell), (cell, cell), (cell, cell), DIRECTIONS).compute
    rows = []
    for start in range(0, len(indices), CHUNK):
        images, _ = task.encode(prepared(split, indices[start : start + CHUNK]))
        for image in (np.asarray(images) * 255).round().astype(np.uint8):
            image = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
            rows.append(describe(image).ravel())
    return np.stack(rows)


def _boosting(task: Task, prepared: Prepared, seed: int, y: np.ndarray, learned: Some, tested: Some) -> np.ndarray:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    kind = HistGradientBoostingClassifier if task.EVALUATION == "classification" else HistGradientBoostingRegressor
    numbers = len(task.numeric_columns)
    categories = list(range(numbers, numbers + len(task.category_columns)))
    with threadpool_limits(1):
        model = kind(categorical_features=categories or None, random_state=seed).fit(_columns(task, *learned), y)
        return model.predict(_columns(task, *tested))


def _columns(task: Task, split: Split, indices: np.ndarray) -> np.ndarray:
    """(examples, columns) float64, numbers first; a category is its place in the vocabulary. NaN: missing, unknown."""
    columns = [np.asarray(split.column(column["name"]), np.float64)[indices] for column in task.numeric_columns]
    columns = [np.where(np.isfinite(column), column, np.nan) for column in columns]
    for column in task.category_columns:
        places = {word: place for place, word in enumerate(column["vocabulary"][:BINS])}
        words = split.column(column["name"])[indices]
        columns.append(np.array([places.get(str(word), np.nan) for word in words], np.float64))
    return np.stack(columns, axis=1)


def _words(task: Task, prepared: Prepared, seed: int, y: np.ndarray, learned: Some, tested: Some) -> np.ndarray:
    from sklearn.feature_extraction.text import TfidfVectorizer

    weights = TfidfVectorizer(analyzer=list)
    features = weights.fit_transform(_numbers(prepared, *learned))
    return _logistic(seed, features, y, weights.transform(_numbers(prepared, *tested)))


def _documents(
    vectors: Vectors,
    weighting: str,
    task: Task,
    prepared: Prepared,
    seed: int,
    y: np.ndarray,
    learned: Some,
    tested: Some,
) -> np.ndarray:
    """Features brought to one scale on train: by how much the regression is held back depends on it."""
    from sklearn.preprocessing import StandardScaler

    vocabulary = task.facts()["vocabulary"]
    texts, asked = (
        [[vocabulary[number] for number in numbers] for numbers in _numbers(prepared, *some)]
        for some in (learned, tested)
    )
    made = documents.sif(vectors, texts) if weighting == "sif" else documents.mean(vectors)
    scale = StandardScaler()
    features = scale.fit_transform(made.transform(texts).astype(float))
    return _logistic(seed, features, y, scale.transform(made.transform(asked).astype(float)))


def _numbers(prepared: Prepared, split: Split, indices: np.ndarray) -> Iterator[list[int]]:
    """The numbers of each text's words, without the padding."""
    for start in range(0, len(indices), CHUNK):
        for numbers in prepared(split, indices[start : start + CHUNK])["tokens"]:
            yield numbers[numbers > 0].tolist()


def _pooled(
    features: Features, task: Task, prepared: Prepared, seed: int, y: np.ndarray, learned: Some, tested: Some
) -> np.ndarray:
    return _logistic(seed, features.of(*learned), y, features.of(*tested))


def _logistic(seed: int, features: Any, y: np.ndarray, tested: Any) -> np.ndarray:
    """(tested,) classes."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return LogisticRegression(max_iter=1000, random_state=seed).fit(features, y).predict(tested)


CLASSICAL: dict[tuple[str, str], Rival] = {
    ("image", "classification"): ("HOG + linear SVM", _vectors),
    ("row", "classification"): ("gradient boosting", _boosting),
    ("row", "regression"): ("gradient boosting", _boosting),
    ("text", "classification"): ("TF-IDF + logistic regression", _words),
}
OF_VECTORS = {"mean of vectors + logistic regression": "mean", "SIF + logistic regression": "sif"}
