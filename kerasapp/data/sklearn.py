"""The data sets that come with scikit-learn, and California housing where it was fetched before."""

from importlib.resources import files as files_of
from typing import Literal

import numpy as np

from kerasapp.data._arrays import Arrays, texts
from kerasapp.data._numpy import splits_of
from kerasapp.errors import DataError
from kerasapp.types import Split

HOUSING = "python -c 'from sklearn.datasets import fetch_california_housing as f; f()'"


def load(
    *, dataset: Literal["digits", "wine", "iris", "breast_cancer", "california", "descriptions"]
) -> dict[str, Split]:
    """digits: `image` uint8 (8, 8, 1), x 255/16; descriptions: `text`, a line of what scikit-learn tells of its data
    sets, 5 000 words in all, and `label`, of which; the others: a float64 feature a column, by scikit-learn's names,
    and `label`, float64 for california (100,000 dollars).
    """
    from sklearn import datasets

    if dataset == "descriptions":
        return {"train": _descriptions()}
    if dataset == "digits":
        digits = datasets.load_digits()
        images = np.round(digits.images * 255 / 16).astype(np.uint8)
        return splits_of("digits", {"train": (images, digits.target)}, tuple(map(str, digits.target_names)))
    table = _california(datasets) if dataset == "california" else getattr(datasets, f"load_{dataset}")()
    names = tuple(map(str, table.target_names)) if dataset != "california" else None
    return splits_of(dataset, {"train": (table.data, table.target)}, names, [str(name) for name in table.feature_names])


def _descriptions() -> Arrays:
    files = sorted((file for file in files_of("sklearn.datasets.descr").iterdir()), key=lambda file: file.name)
    lines = [
        (f"{file.name}:{number}", line)
        for file in files
        if file.name.endswith(".rst")
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if line.strip()
    ]
    labels = texts(name.partition(".")[0] for name, _ in lines)
    return Arrays({"text": texts(line for _, line in lines), "label": labels}, [name for name, _ in lines])


def _california(datasets):
    try:
        return datasets.fetch_california_housing(download_if_missing=False)
    except OSError:
        told = f"isn't in {datasets.get_data_home()}. Where there is a network, fetch it once: {HOUSING}"
        raise DataError("California housing", told) from None
