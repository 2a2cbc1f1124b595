import keras
import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import cross_val_score

from kerasapp.data import synthetic
from kerasapp.errors import DataError
from kerasapp.types import Feature


def test_the_same_arguments_give_the_same_examples():
    first, again = (synthetic.load(columns=3, categories=1)["train"] for _ in range(2))
    assert first.fingerprints().tolist() == again.fingerprints().tolist()
    other = synthetic.load(columns=3, categories=1, seed=1)["train"]
    assert first.fingerprints().tolist() != other.fingerprints().tolist()


def test_images_have_the_asked_shape_and_balanced_classes():
    split = synthetic.load(image_shape=(12, 20, 3), num_classes=4, examples=100)["train"]
    assert split.features == {
        "image": Feature("uint8", (12, 20, 3)),
        "label": Feature("int64", (), ("0", "1", "2", "3")),
    }
    assert np.bincount(split.column("label")).tolist() == [25] * 4


def test_a_small_network_learns_the_images_in_a_few_epochs():
    split = synthetic.load()["train"]
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((16, 16, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    images, labels = split.column("image"), split.column("label")
    model.fit(images[:192], labels[:192], epochs=5, batch_size=16, verbose=0)
    assert model.evaluate(images[192:], labels[192:], verbose=0)[1] > 0.9


def test_tables_can_be_learned():
    split = synthetic.load(columns=4, categories=2)["train"]
    assert [split.features[name].dtype for name in ("x_3", "c_1", "label")] == ["float64", "string", "int64"]
    assert cross_val_score(LogisticRegression(max_iter=500), numeric(split), split.column("label"), cv=3).mean() > 0.85


def test_regression_can_be_learned():
    split = synthetic.load(columns=4, regression=True)["train"]
    assert split.features["label"] == Feature("float64")
    assert cross_val_score(Ridge(), numeric(split), split.column("label"), cv=3).mean() > 0.8
    images = synthetic.load(regression=True)["train"]
    brightness = images.column("image").mean(axis=(1, 2, 3))
    assert np.corrcoef(brightness, images.column("label"))[0, 1] > 0.95


def test_texts_can_be_learned_from_their_words():
    split = synthetic.load(texts=True, num_classes=4)["train"]
    assert split.features == {"text": Feature("string"), "label": Feature("int64", (), ("0", "1", "2", "3"))}
    counts = CountVectorizer().fit_transform(split.column("text"))
    assert cross_val_score(LogisticRegression(), counts, split.column("label"), cv=3).mean() > 0.95
    lengths = [len(text.split()) for text in split.column("text")]
    assert min(lengths) == 2 and max(lengths) == 13
    with pytest.raises(DataError, match="texts are of classes"):
        synthetic.load(texts=True, regression=True)


def test_no_shape_and_no_columns_is_refused():
    with pytest.raises(DataError, match="image_shape"):
        synthetic.load(image_shape=None)


def numeric(split) -> np.ndarray:
    return np.stack([split.column(f"x_{number}") for number in range(4)], axis=1)
