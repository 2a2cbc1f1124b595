"""Arrays in a file: .npz as keras.datasets lays it out (`x_train`, `y_train`, `x_test`, `y_test`), or .npy."""

import zipfile
from pathlib import Path

import numpy as np

from kerasapp.data._files import present, shown
from kerasapp.data._numpy import splits_of
from kerasapp.errors import DataError, first_line
from kerasapp.types import DataPath, Split

SPLITS = {"train": "train", "validation": "validation", "val": "validation", "valid": "validation", "test": "test"}


def load(*, path: DataPath, source: str | None = None) -> dict[str, Split]:
    """Features: `image`, or columns `x_0` ..., or `text`, and `label` where there is a y; `classes` in the file names
    the labels.

    Also `x_validation` (`x_val`, `x_valid`); `x` and `y`; or one array alone, without labels. `source` says where the
    data can be had. Raises DataError.
    """
    file = present(path, source)
    arrays = _read(file)
    pairs = {}
    for key, name in SPLITS.items():
        if f"x_{key}" in arrays:
            pairs[name] = arrays[f"x_{key}"], arrays.get(f"y_{key}")
    if not pairs and "x" in arrays:
        pairs["train"] = arrays["x"], arrays.get("y")
    if not pairs and len(arrays) == 1:
        pairs["train"] = next(iter(arrays.values())), None
    if "train" not in pairs:
        raise DataError(shown(file), f"holds {', '.join(arrays) or 'nothing'}: no x_train, and no x")
    names = arrays.get("classes")
    return splits_of(shown(file), pairs, None if names is None else tuple(map(str, names)))


def _read(file: Path) -> dict[str, np.ndarray]:
    """Each array by name. Pickled objects are refused: reading them runs code."""
    try:
        loaded = np.load(file, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {"x": loaded}
        with loaded:
            return {name: loaded[name] for name in loaded.files}
    except ValueError as error:
        told = (
            "holds Python objects" if "pickle" in str(error).lower() and _is_numpy(file) else "is no .npy or .npz file"
        )
        raise DataError(shown(file), f"{told}. Save plain arrays with numpy.savez") from None
    except (OSError, EOFError, zipfile.BadZipFile, MemoryError) as error:
        raise DataError(shown(file), f"can't be read: {first_line(error) if str(error) else 'cut short'}") from None


def _is_numpy(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(2) in (b"\x93N", b"PK")
