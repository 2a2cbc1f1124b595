import numpy as np
import pytest
import tensorflow as tf

from kerasapp.data import tfds
from kerasapp.errors import DataError
from kerasapp.types import Feature

library = pytest.importorskip("tensorflow_datasets")


def load(folder, **more) -> dict:
    return tfds.load(dataset="mnist", data_dir=str(folder), **more)


def test_a_prepared_set_is_read_with_names_and_splits(real_data, capsys, offline):
    folder = real_data("tfds_mnist")
    splits = load(folder)
    assert {name: len(split) for name, split in splits.items()} == {"train": 6000, "test": 1000}
    assert splits["train"].features["image"] == Feature("uint8", (28, 28, 1))
    assert splits["train"].features["label"].names == tuple("0123456789")
    own = next(library.load("mnist", data_dir=folder, download=False, split="test").batch(1000).as_numpy_iterator())
    order = np.argsort(own["image"].reshape(1000, -1).sum(axis=1), kind="stable")
    mine = splits["test"].column("image")
    again = np.argsort(mine.reshape(1000, -1).sum(axis=1), kind="stable")
    np.testing.assert_array_equal(mine[again], own["image"][order])
    assert capsys.readouterr().out == "", "stdout is for results"


def test_split_syntax_is_understood(real_data):
    splits = load(real_data("tfds_mnist"), train="train[:10%]", test="train[10%:12%]")
    assert {name: len(split) for name, split in splits.items()} == {"train": 600, "test": 120}
    assert splits["test"].ids[3] == "test[3]"


def test_where_pictures_don_t_fit_they_stay_encoded(real_data):
    split = load(real_data("tfds_mnist"), test="test[:10]", train="train[:20]", memory=2e-5)["train"]
    assert split.features["image"] == Feature("string")
    assert split.column("image/height").tolist() == [28] * 20
    assert split.column("image/channels").tolist() == [1] * 20
    raw = split.gather(tf.constant([0]))
    assert tf.io.decode_image(raw["image"][0]).shape == (28, 28, 1)


@pytest.mark.parametrize(
    "more, words",
    [
        ({"memory": 1e-5}, "more than data.memory .*train\\[:10%\\]"),
        ({"train": "trian"}, 'data.train is "trian", which it can\'t read. There are train, test'),
    ],
)
def test_what_can_t_be_read_is_told(real_data, more, words):
    with pytest.raises(DataError, match=words):
        load(real_data("tfds_mnist"), **more)


def test_a_set_that_is_absent_says_at_once_how_to_get_it(tmp_path, offline):
    with pytest.raises(DataError, match=r"isn't prepared in .*run: tfds build mnist"):
        load(tmp_path, download=False)


def test_a_set_that_can_t_be_fetched_says_so_without_retries(tmp_path, monkeypatch):
    import requests

    def fail(adapter, *arguments, **more):
        retries.append(adapter.max_retries.total)
        raise requests.exceptions.ConnectionError("no route")

    retries = []
    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", fail)
    with pytest.raises(DataError, match=r"can't be fetched \(no network\).* tfds build mnist"):
        load(tmp_path)
    assert set(retries) == {0}
    assert library.core.download.downloader.MAX_RETRIES > 0, "nobody else's retries are changed"


def test_an_unknown_set_is_suggested():
    with pytest.raises(DataError, match='no data set "cifar1": did you mean "cifar10"'):
        tfds.load(dataset="cifar1", data_dir="/nowhere")


def test_nested_and_ragged_features_get_paths(tmp_path, everything):
    """A made-up detection set: boxes by picture, pictures of several sizes."""

    class Boxes(library.core.GeneratorBasedBuilder):
        VERSION = library.core.Version("1.0.0")

        def _info(self):
            box = {"bbox": library.features.BBoxFeature(), "label": library.features.ClassLabel(names=["cat", "dog"])}
            features = {
                "image": library.features.Image(),
                "name": library.features.Text(),
                "objects": library.features.Sequence(box),
            }
            return library.core.DatasetInfo(builder=self, features=library.features.FeaturesDict(features))

        def _split_generators(self, manager):
            return {"train": self._generate_examples()}

        def _generate_examples(self):
            for number in range(3):
                boxes = [{"bbox": library.features.BBox(0.0, 0.0, 0.5, 1.0), "label": "dog"}] * number
                yield (
                    number,
                    {"image": np.zeros((4 + number, 5, 3), np.uint8), "name": f"zwölf {number}", "objects": boxes},
                )

    builder = Boxes(data_dir=str(tmp_path))
    builder.download_and_prepare()
    arrays = tfds._split(builder, "train", "train", {"image"})
    assert arrays.features["objects/bbox"] == Feature("float32", (None, 4))
    assert arrays.features["objects/label"] == Feature("int64", (None,), ("cat", "dog"))
    assert arrays.features["image"] == Feature("string")
    assert sorted(arrays.column("name")) == ["zwölf 0", "zwölf 1", "zwölf 2"]
    raw = arrays.gather(tf.constant([0, 1, 2]))
    counts = dict(zip(raw["name"].numpy(), raw["objects/bbox"].row_lengths().numpy(), strict=True))
    assert counts == {f"zwölf {number}".encode(): number for number in range(3)}
    heights = dict(zip(raw["name"].numpy(), raw["image/height"].numpy(), strict=True))
    assert heights == {f"zwölf {number}".encode(): 4 + number for number in range(3)}
