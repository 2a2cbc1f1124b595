import numpy as np
import pytest

from kerasapp.data import arrays
from kerasapp.errors import DataError
from kerasapp.types import Feature


def saved(tmp_path, **given) -> dict:
    path = tmp_path / "data.npz"
    np.savez(path, **given)
    return arrays.load(path=str(path))


GREY = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)


def test_grey_images_get_a_channel(tmp_path):
    splits = saved(
        tmp_path, x_train=GREY, y_train=np.array([[1], [0], [2]], np.uint8), x_test=GREY[:1], y_test=np.array([1])
    )
    assert splits["train"].features == {"image": Feature("uint8", (4, 5, 1)), "label": Feature("int64")}
    np.testing.assert_array_equal(splits["train"].column("image")[..., 0], GREY)
    assert splits["train"].column("label").tolist() == [1, 0, 2]
    assert splits["test"].ids[0] == "x_test[0]"


@pytest.mark.parametrize(
    "given, dtype, expected",
    [
        (GREY.astype(np.int64), "uint8", GREY),
        (GREY.astype(np.float64), "float32", GREY / 255),
        (GREY / 255, "float32", GREY / 255),
        (GREY > 30, "uint8", (GREY > 30) * 255),
    ],
)
def test_pixels_are_bytes_or_between_0_and_1(tmp_path, given, dtype, expected):
    split = saved(tmp_path, x_train=given)["train"]
    assert split.features["image"].dtype == dtype
    np.testing.assert_allclose(split.column("image")[..., 0], expected, rtol=1e-6)


def test_one_scale_holds_for_all_splits(tmp_path):
    """A test split of dark pictures must not be read as another scale."""
    splits = saved(tmp_path, x_train=GREY.astype(float), x_test=(GREY > 30).astype(float))
    assert splits["test"].column("image").max() == pytest.approx(1 / 255)


def test_class_names_come_with_the_file(tmp_path):
    splits = saved(tmp_path, x_train=GREY, y_train=np.array([0, 1, 0]), classes=np.array(["cat", "dog"]))
    assert splits["train"].features["label"].names == ("cat", "dog")


def test_a_table_becomes_columns(tmp_path):
    split = saved(tmp_path, x_train=np.arange(6.0).reshape(3, 2), y_train=np.array([0.5, 1.5, 2.5]))["train"]
    assert list(split.features) == ["x_0", "x_1", "label"]
    assert split.column("x_1").tolist() == [1, 3, 5]
    assert split.features["label"] == Feature("float64")


def test_one_hot_labels_are_classes(tmp_path):
    split = saved(tmp_path, x_train=GREY, y_train=np.eye(3)[[2, 0, 1]])["train"]
    assert split.column("label").tolist() == [2, 0, 1]


def test_texts_are_texts(tmp_path):
    split = saved(tmp_path, x=np.array(["one", "zwölf"]), y=np.array(["a", "b"]))["train"]
    assert split.column("text").tolist() == ["one", "zwölf"] and split.column("label").tolist() == ["a", "b"]


def test_one_array_alone_has_no_labels(tmp_path):
    np.save(tmp_path / "x.npy", GREY)
    assert list(arrays.load(path=str(tmp_path / "x.npy"))["train"].features) == ["image"]
    assert list(saved(tmp_path, anything=GREY)["train"].features) == ["image"]


@pytest.mark.parametrize(
    "given, words",
    [
        ({"x_train": GREY, "y_train": np.arange(2)}, "x_train has 3 examples and y_train has 2"),
        ({"x_train": GREY[:0]}, "x_train is empty"),
        ({"x_train": np.float64(3)}, "x_train is empty"),
        ({"a": GREY, "b": GREY}, "holds a, b: no x_train"),
        ({"x_test": GREY, "y_test": np.arange(3)}, "no x_train"),
        ({"x_train": GREY, "x_test": GREY[:, :2]}, "different shapes"),
        ({"x_train": GREY - 300.0}, "pixels go from -300"),
        ({"x_train": np.full((2, 3, 3), np.nan)}, "pixels go from nan"),
        ({"x_train": GREY, "y_train": np.ones((3, 2))}, "A label is one number"),
        ({"x_train": GREY, "y_train": np.array([0, 1, 2]), "classes": np.array(["a", "b"])}, "there are 2 class names"),
        ({"x_train": np.zeros((2, 2, 2, 2, 2))}, "Images are"),
        ({"x_train": np.array([{}, {}], object)}, "holds Python objects"),
    ],
)
def test_arrays_that_don_t_fit_are_told_in_one_line(tmp_path, given, words):
    with pytest.raises(DataError, match=f"data.npz: .*{words}") as told:
        saved(tmp_path, **given)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("content", [b"", b"no arrays", b"PK\x03\x04 and no more", b"\x93NUMPY\x01"])
def test_what_is_no_array_file_is_told(tmp_path, content):
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"x\.npz: ") as told:
        arrays.load(path=str(tmp_path / "x.npz"))
    assert "\n" not in str(told.value)


def test_a_file_cut_short_is_told(tmp_path):
    np.savez(tmp_path / "x.npz", x=np.zeros((100, 100)))
    (tmp_path / "x.npz").write_bytes((tmp_path / "x.npz").read_bytes()[:5000])
    with pytest.raises(DataError, match=r"x\.npz: "):
        arrays.load(path=str(tmp_path / "x.npz"))


def test_real_mnist_is_read(real_data, everything):
    splits = arrays.load(path=str(real_data("mnist") / "mnist.npz"))
    assert {name: len(split) for name, split in splits.items()} == {"train": 60000, "test": 10000}
    assert np.bincount(splits["test"].column("label")).tolist() == [
        980,
        1135,
        1032,
        1010,
        982,
        892,
        958,
        1028,
        974,
        1009,
    ]


def test_real_cifar_has_names(real_data):
    split = arrays.load(path=str(next(real_data("cifar10_subset").glob("*.npz"))))["train"]
    assert split.features["image"].shape == (32, 32, 3)
    assert split.features["label"].names[:2] == ("airplane", "automobile")
