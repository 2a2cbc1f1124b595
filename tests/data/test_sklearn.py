import numpy as np
import pytest
from sklearn import datasets

from kerasapp.data import sklearn
from kerasapp.errors import DataError
from kerasapp.types import Feature


def test_digits_are_bytes_from_black_to_white():
    split, own = sklearn.load(dataset="digits")["train"], datasets.load_digits()
    assert split.features["image"] == Feature("uint8", (8, 8, 1))
    assert split.features["label"] == Feature("int64", (), tuple("0123456789"))
    np.testing.assert_allclose(split.column("image")[..., 0], own.images * 255 / 16, atol=0.5)
    assert split.column("label").tolist() == own.target.tolist()


@pytest.mark.parametrize("dataset", ["wine", "iris", "breast_cancer"])
def test_tables_have_a_feature_a_column(dataset):
    split, own = sklearn.load(dataset=dataset)["train"], getattr(datasets, f"load_{dataset}")()
    names = [str(name) for name in own.feature_names]
    assert list(split.features) == [*names, "label"]
    np.testing.assert_array_equal(np.stack([split.column(name) for name in names], axis=1), own.data)
    assert split.features["label"].names == tuple(own.target_names)


def test_california_that_was_not_fetched_says_how(tmp_path, monkeypatch, offline):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    with pytest.raises(DataError, match="fetch_california_housing"):
        sklearn.load(dataset="california")


def test_descriptions_are_lines_of_text_with_their_place_and_what_they_tell_of():
    split = sklearn.load(dataset="descriptions")["train"]
    assert split.features == {"text": Feature("string"), "label": Feature("string")}
    lines = datasets.load_iris().DESCR.splitlines()
    at = list(split.ids).index("iris.rst:3")
    assert split.column("text")[at] == lines[2] and split.column("label")[at] == "iris" and len(split) > 700
