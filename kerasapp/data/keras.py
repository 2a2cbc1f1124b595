"""The data sets of keras.datasets, from Keras's cache, or fetched into it where there is a network."""

import os
import sys
import urllib.error
import urllib.request
from contextlib import redirect_stdout
from pathlib import Path
from typing import Literal

import keras
import numpy as np

from kerasapp.data._files import shown
from kerasapp.data._numpy import splits_of
from kerasapp.errors import DataError, first_line
from kerasapp.types import Split

GOOGLE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets"
TORONTO = "https://www.cs.toronto.edu/~kriz"
ORIGINS = {  # what stands in the cache, where it comes from, and the files there
    "mnist": ("mnist.npz", GOOGLE, "mnist.npz"),
    "fashion_mnist": ("fashion-mnist", GOOGLE, "{train,t10k}-{images-idx3,labels-idx1}-ubyte.gz"),
    "cifar10": ("cifar-10-batches-py-target_archive", TORONTO, "cifar-10-python.tar.gz"),
    "cifar100": ("cifar-100-python-target_archive", TORONTO, "cifar-100-python.tar.gz"),
    "imdb": ("imdb.npz", GOOGLE, "imdb.npz"),
}
DIGITS = tuple("0123456789")
FASHION = ("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
CIFAR = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CIFAR_100 = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
    castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin
    elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster
    man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck
    pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk
    skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger
    tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""
SENTIMENT = ("negative", "positive")
NAMES = {
    "mnist": DIGITS,
    "fashion_mnist": FASHION,
    "cifar10": CIFAR,
    "imdb": SENTIMENT,
    "cifar100": tuple(CIFAR_100.split()),
}
WORD_OFFSET = 3  # imdb keeps 0, 1, 2 for padding, the start and unknown words
PATIENCE = 5  # seconds that a host may take to answer


def load(*, dataset: Literal["mnist", "fashion_mnist", "cifar10", "cifar100", "imdb"]) -> dict[str, Split]:
    """Features: `image` uint8 and `label`; imdb: `text`, its words again, and `label`. Brings train and test. Raises
    DataError.
    """
    name, host, files = ORIGINS[dataset]
    cached, way = _cache() / name, f"Put {host}/{files} there"
    if not cached.exists() and not _is_reachable(host):
        raise DataError(
            shown(cached), f"{dataset} isn't on this machine, and {host.split('/')[2]} can't be reached. {way}"
        )
    with redirect_stdout(sys.stderr):  # Keras draws its progress on stdout, which is for results
        try:
            train, test = getattr(keras.datasets, dataset).load_data()
            words = keras.datasets.imdb.get_word_index() if dataset == "imdb" else None
        except Exception as error:  # whatever fetching and unpacking raise
            told = f"can't be read or fetched: {first_line(error)}"
            raise DataError(shown(cached), f"{told}. {way}") from None
    if words is not None:
        train, test = ((_as_text(x, words), y) for x, y in (train, test))
    return splits_of(dataset, {"train": train, "test": test}, NAMES.get(dataset))


def _cache() -> Path:
    """Where Keras keeps data sets: it turns to /tmp where its home can't be written."""
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    return (home if os.access(home, os.W_OK) else Path("/tmp/.keras")) / "datasets"


def _is_reachable(host: str) -> bool:
    """Keras itself would try for minutes."""
    try:
        urllib.request.urlopen(urllib.request.Request(host, method="HEAD"), timeout=PATIENCE).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _as_text(reviews: np.ndarray, words: dict[str, int]) -> np.ndarray:
    by_number = {number + WORD_OFFSET: word for word, number in words.items()}
    return np.array([" ".join(by_number[n] for n in review if n in by_number) for review in reviews], object)
