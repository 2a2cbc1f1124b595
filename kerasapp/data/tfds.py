"""Any data set of TensorFlow Datasets (https://www.tensorflow.org/datasets), prepared before or fetched now.

Read into memory once, because only that gives any order of examples; a data set that doesn't fit is to be read in part.
Left out: features that are data sets themselves (episodes), audio and video.
"""

import io
import logging
import math
from contextlib import contextmanager, redirect_stdout

import numpy as np
import tensorflow as tf

from kerasapp.data._arrays import Arrays, Ids
from kerasapp.data._files import shown
from kerasapp.data._images import header
from kerasapp.errors import DataError, first_line
from kerasapp.names import lacking
from kerasapp.types import DataPath, PositiveFloat, Split

GIB = 2**30
BATCH = 1024  # examples read in one step
logger = logging.getLogger("kerasapp")


def load(
    *,
    dataset: str,
    data_dir: DataPath | None = None,
    train: str | None = None,
    validation: str | None = None,
    test: str | None = None,
    download: bool = True,
    memory: PositiveFloat = 4.0,
) -> dict[str, Split]:
    """Features as the data set names them, nested ones with a slash (`objects/bbox`), class names from its ClassLabels.

    `train`, `validation` and `test` are in its split syntax (`train[:10%]`); not given, they are the splits of that
    name. Images of one size are decoded, uint8; of several, `image` is the encoded file, with `image/height`,
    `image/width` and `image/channels`. `memory` bounds a split, in GiB. Raises DataError, at once where the set is
    absent and so is the network.
    """
    with _quiet():
        builder = _builder(dataset, data_dir)
        _prepare(builder, dataset, download)
        asked = {"train": train, "validation": validation, "test": test}
        there = {name: words or name for name, words in asked.items() if words or name in builder.info.splits}
        if "train" not in there:
            raise DataError(
                dataset, f"has no train split: name one by data.train. There are {', '.join(builder.info.splits)}"
            )
        infos = {name: _info(builder, dataset, name, words) for name, words in there.items()}
        encoded = _to_keep_encoded(builder, dataset, infos, memory)
        return {name: _split(builder, name, words, encoded) for name, words in there.items()}


def _builder(dataset: str, data_dir: str | None):
    import tensorflow_datasets as tfds

    try:
        return tfds.builder(dataset, data_dir=data_dir)
    except tfds.core.registered.DatasetNotFoundError:
        told = lacking("data set", dataset.partition("/")[0].partition(":")[0], tfds.list_builders())
        raise DataError(dataset, f"TensorFlow Datasets has {told}") from None
    except Exception as error:  # a version, a configuration or a package that isn't there
        raise DataError(dataset, first_line(error)) from None


def _prepare(builder, dataset: str, download: bool) -> None:
    import tensorflow_datasets as tfds

    if builder.is_prepared():
        return
    where = f"it isn't prepared in {shown(builder.data_dir)}"
    way = f"Where there is a network, run: tfds build {dataset} --data_dir FOLDER, and set data.data_dir to that folder"
    if not download:
        raise DataError(dataset, f"{where}, and data.download is false. {way}")
    logger.info("%s: %s, and is fetched now", dataset, where)
    tfds.disable_progress_bar()
    try:
        with _without_retries():
            builder.download_and_prepare()
    except Exception as error:  # whatever fetching, unpacking and generating raise
        why = "no network" if isinstance(error, OSError) and error.errno is None else first_line(error)
        raise DataError(dataset, f"{where}, and can't be fetched ({why}). {way}") from None


@contextmanager
def _quiet():
    """Without what the library prints on stdout, which is for results, and logs of what it looks for."""
    log = logging.getLogger("absl")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        log.setLevel(before)


@contextmanager
def _without_retries():
    """Without a network its retries take minutes."""
    from tensorflow_datasets.core.download import downloader

    before, downloader.MAX_RETRIES = downloader.MAX_RETRIES, 0
    try:
        yield
    finally:
        downloader.MAX_RETRIES = before


def _info(builder, dataset: str, name: str, words: str):
    try:
        info = builder.info.splits[words]
    except (KeyError, ValueError, AssertionError):
        told = f"There are {', '.join(builder.info.splits)}, and parts such as train[:10%]"
        raise DataError(dataset, f'data.{name} is "{words}", which it can\'t read. {told}') from None
    if info.num_examples == 0:
        raise DataError(dataset, f"{words} has no examples")
    return info


def _to_keep_encoded(builder, dataset: str, infos: dict, memory: float) -> set[str]:
    """The images that stay files: those of several sizes, and all where they don't fit into memory otherwise."""
    import tensorflow_datasets as tfds

    pictures = {key: one for key, one in _flat(builder.info.features).items() if isinstance(one, tfds.features.Image)}
    examples = sum(info.num_examples for info in infos.values())
    stored = sum(info.num_bytes for info in infos.values())
    decoded = examples * sum(math.prod(one.shape) for one in pictures.values() if None not in one.shape)
    if stored + decoded <= memory * GIB:
        return {key for key, one in pictures.items() if None in one.shape}
    if stored > memory * GIB:
        told = f"takes {stored / GIB:.3g} GiB, more than data.memory ({memory:g})"
        raise DataError(dataset, f"{told}. Raise it, or read a part, such as data.train: train[:10%]")
    return set(pictures)


def _split(builder, name: str, words: str, encoded: set[str]) -> Arrays:
    import tensorflow_datasets as tfds

    decoders = {key: tfds.decode.SkipDecoding() for key in encoded if "/" not in key}
    in_order = tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False)
    features = _flat(builder.info.features)
    arrays = _arrays(builder.as_dataset(split=words, decoders=decoders or None, read_config=in_order), features)
    if "image" in decoders:
        arrays |= _sizes(arrays["image"])
    classes = {key: one.names for key, one in features.items() if isinstance(one, tfds.features.ClassLabel)}
    names = {key: tuple(given) for key, given in classes.items() if given}
    return Arrays(arrays, Ids(range(len(next(iter(arrays.values())))), lambda row: f"{name}[{row}]"), names)


def _flat(features, prefix: str = "") -> dict:
    """Every feature by its path; a Sequence counts as what it is a sequence of."""
    inner = getattr(features, "feature", features)
    if not hasattr(inner, "items"):
        return {prefix.removesuffix("/"): inner}
    return {path: feature for key, value in inner.items() for path, feature in _flat(value, f"{prefix}{key}/").items()}


def _flat_values(values: dict, prefix: str = "") -> dict:
    found = {}
    for key, value in values.items():
        found |= _flat_values(value, f"{prefix}{key}/") if isinstance(value, dict) else {prefix + key: value}
    return found


def _arrays(dataset, features: dict) -> dict[str, np.ndarray]:
    """Every feature of all examples; where the sizes differ an object array of arrays."""
    spec = _flat_values(dataset.element_spec)
    unread = [key for key, one in spec.items() if key not in features or not isinstance(one, tf.TensorSpec)]
    if unread:
        raise DataError("data", f"tfds has features of a kind that is not read: {', '.join(unread)}")
    whole = all(None not in one.shape for one in spec.values())
    rows = [_flat_values(row) for row in (dataset.batch(BATCH) if whole else dataset).as_numpy_iterator()]
    return {
        key: _text(features[key], _joined([row[key] for row in rows], whole, None in spec[key].shape)) for key in spec
    }


def _joined(values: list, whole: bool, varies: bool) -> np.ndarray:
    if whole:
        return np.concatenate(values)
    if not varies:
        return np.array(values, object) if isinstance(values[0], bytes) else np.stack(values)
    array = np.empty(len(values), object)
    array[:] = values
    return array


def _text(feature, array: np.ndarray) -> np.ndarray:
    import tensorflow_datasets as tfds

    if array.dtype != object or isinstance(feature, tfds.features.Image) or isinstance(array[0], np.ndarray):
        return array
    return np.array([value.decode(errors="replace") for value in array.reshape(-1)], object).reshape(array.shape)


def _sizes(images: np.ndarray) -> dict[str, np.ndarray]:
    headers = [header(io.BytesIO(image)) for image in images]
    return {
        f"image/{key}": np.array([getattr(one, key) for one in headers], np.int32)
        for key in ("height", "width", "channels")
    }
