import time

import keras as library
import numpy as np
import pytest

from kerasapp.data import keras
from kerasapp.errors import DataError


@pytest.mark.parametrize("dataset", ["mnist", "fashion_mnist", "cifar10", "cifar100", "imdb"])
def test_a_set_that_is_not_cached_says_where_to_put_it(dataset, tmp_path, monkeypatch):
    def refuse(*arguments, **more):
        raise OSError("no network")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    started = time.perf_counter()
    with pytest.raises(DataError, match=rf"datasets/.*{dataset} isn't on this machine, and .* Put https://.* there"):
        keras.load(dataset=dataset)
    assert time.perf_counter() - started < 2


def test_a_cached_set_is_read_with_its_names(monkeypatch, capsys):
    def cached():
        print("Downloading data from somewhere")
        images = np.zeros((4, 32, 32, 3), np.uint8)
        return (images, np.array([[3], [9], [0], [1]])), (images[:2], np.array([[1], [0]]))

    monkeypatch.setattr(keras, "_is_reachable", lambda host: True)
    monkeypatch.setattr(library.datasets.cifar10, "load_data", cached)
    splits = keras.load(dataset="cifar10")
    assert splits["train"].column("label").tolist() == [3, 9, 0, 1]
    assert splits["test"].features["label"].names[3] == "cat"
    assert capsys.readouterr().out == "", "stdout is for results"


def test_imdb_is_words_again(monkeypatch):
    """Keras counts words from 1 and adds 3; 1 is the start and 2 an unknown word."""
    reviews = np.empty(2, object)
    reviews[:] = [[1, 4, 2, 5], [1, 5]]
    monkeypatch.setattr(keras, "_is_reachable", lambda host: True)
    monkeypatch.setattr(library.datasets.imdb, "load_data", lambda: ((reviews, np.array([1, 0])),) * 2)
    monkeypatch.setattr(library.datasets.imdb, "get_word_index", lambda: {"good": 1, "film": 2})
    split = keras.load(dataset="imdb")["train"]
    assert split.column("text").tolist() == ["good film", "film"]
    assert split.features["label"].names == ("negative", "positive")


def test_a_broken_cache_is_told_in_one_line(monkeypatch):
    def broken():
        raise ValueError("File is not a zip file\nand more")

    monkeypatch.setattr(keras, "_is_reachable", lambda host: True)
    monkeypatch.setattr(library.datasets.mnist, "load_data", broken)
    with pytest.raises(DataError, match="can't be read or fetched: File is not a zip file") as told:
        keras.load(dataset="mnist")
    assert "\n" not in str(told.value)


def test_there_are_as_many_names_as_classes():
    assert {name: len(names) for name, names in keras.NAMES.items()} == {
        "mnist": 10,
        "fashion_mnist": 10,
        "cifar10": 10,
        "imdb": 2,
        "cifar100": 100,
    }
    assert list(keras.NAMES["cifar100"]) == sorted(keras.NAMES["cifar100"]), "CIFAR-100 numbers its classes by name"
