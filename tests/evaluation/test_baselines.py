"""The baseline is a fair one, the same each time, and not computed twice."""

import time

import numpy as np
import pytest
import tensorflow as tf
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from kerasapp import documents
from kerasapp.data._arrays import Arrays
from kerasapp.evaluation import baselines as module
from kerasapp.evaluation.baselines import baselines
from kerasapp.tasks.image_classification import ImageClassification
from kerasapp.tasks.tabular_classification import TabularClassification
from kerasapp.tasks.tabular_regression import TabularRegression
from kerasapp.tasks.text_classification import TextClassification
from kerasapp.vectors import Vectors


def split(name, **columns):
    arrays = {key: np.asarray(values) for key, values in columns.items()}
    return Arrays(arrays, [f"{name}[{row}]" for row in range(len(arrays["label"]))])


def run(task, train, test, cache, seed=0, vectors=None):
    task, calls = task.adapt(train), []

    def prepared(part, rows):
        calls.append(len(rows))
        return {name: value.numpy() for name, value in task.prepare(part.gather(tf.constant(rows, tf.int64))).items()}

    given = {"seed": seed, "prepared": prepared, "cache": cache, "vectors": vectors}
    return baselines(task, {"train": train, "test": test}, **given), calls


def stripes(height, width, channels, count, dtype=np.uint8):
    """Pictures of vertical (0) and horizontal (1) stripes, noisy, by turns."""
    rng = np.random.default_rng(count)
    images = rng.integers(0, 60, (count, height, width, channels))
    images[::2, :, :: max(2, width // 4)] += 180
    images[1::2, :: max(2, height // 4)] += 180
    return {"image": (images / (1 if dtype == np.uint8 else 240)).astype(dtype), "label": np.arange(count) % 2}


def metric(row, name="accuracy"):
    return row["metrics"][name]["value"]


@pytest.mark.parametrize(
    "shape, dtype",
    [((8, 8, 1), np.uint8), ((28, 28, 1), np.float32), ((32, 20, 3), np.uint8), ((160, 120, 3), np.uint8)],
)
def test_pictures_of_any_size_and_colour_are_told_apart_by_their_gradients(shape, dtype, tmp_path):
    train, test = split("train", **stripes(*shape, 40, dtype)), split("test", **stripes(*shape, 15, dtype))
    (simple, classical), _ = run(ImageClassification(), train, test, tmp_path)
    assert simple["name"] == "majority class" and metric(simple) == 8 / 15
    assert classical["name"] == "HOG + linear SVM" and metric(classical) >= 0.9
    assert classical["trained_on"] == classical["of"] == 40 and classical["tested_on"] == 15


def test_pictures_that_are_resized_otherwise_are_described_anew(tmp_path):
    train, test = split("train", **stripes(8, 16, 1, 20)), split("test", **stripes(8, 16, 1, 10))
    counts = [len(run(ImageClassification(image_size=(8, 8), resize=mode), train, test, tmp_path)[1])
              for mode in ("stretch", "crop", "stretch")]  # fmt: skip
    assert counts[0] and counts[1] and not counts[2]


def test_boosting_sees_numbers_missing_values_and_categories(tmp_path):
    def table(name, count):
        rng = np.random.default_rng(count)
        city = rng.choice(["Oslo", "Rome", "Bern", "Kiel"], count).astype(object)
        size = rng.normal(0, 1, count)
        size[rng.random(count) < 0.3] = np.nan
        label = np.where(np.isnan(size), np.isin(city, ["Oslo", "Kiel"]), size > 0)
        return split(name, city=city, size=size, label=label.astype(int))

    (simple, classical), _ = run(TabularClassification(), table("train", 600), table("test", 200), tmp_path)
    assert classical["name"] == "gradient boosting"
    assert metric(classical) >= 0.95 > 0.65 > metric(simple)


def test_a_category_that_boosting_has_no_number_for_is_missing_to_it(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "BINS", 2)
    words = ["a"] * 9 + ["b"] * 6 + ["c"] * 3
    train = split("train", word=words, x=np.arange(18.0), label=np.arange(18) % 2)
    task = TabularClassification().adapt(train)
    columns = module._columns(
        task, split("test", word=["c", "b", "", "z"], x=[1, 2, np.inf, 3], label=[0] * 4), np.arange(4)
    )
    assert np.array_equal(columns, [[1, np.nan], [2, 1], [np.nan, np.nan], [3, np.nan]], equal_nan=True)


def test_texts_are_told_apart_by_their_words_and_rare_words_weigh_more(tmp_path):
    def reviews(name, count):
        rng = np.random.default_rng(count)
        label = rng.integers(0, 2, count)
        trees = [" ".join(rng.choice(["oak", "elm", "fir"], 6)) for _ in label]
        return split(
            name, text=[f"{text} {'!' if one else ';'}" for text, one in zip(trees, label, strict=True)], label=label
        )

    (simple, classical), calls = run(TextClassification(), reviews("train", 300), reviews("test", 90), tmp_path)
    assert classical["name"] == "TF-IDF + logistic regression"
    assert metric(classical) == 1.0 > 0.7 > metric(simple) and calls == [256, 44, 90]


def test_the_baseline_of_texts_is_scikit_learns(tmp_path):
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefgh"), rng.integers(1, 9))) for _ in range(260)]
    label = np.array([("a" in text) + ("b" in text) for text in texts])
    label[::3] = 0
    train, test = (
        split("train", text=texts[:200], label=label[:200]),
        split("test", text=texts[200:], label=label[200:]),
    )
    (_, classical), _ = run(TextClassification(), train, test, tmp_path)
    weights = TfidfVectorizer(token_pattern=r"\w")
    oracle = LogisticRegression().fit(weights.fit_transform(texts[:200]), label[:200])
    assert 0.4 < metric(classical) < 1
    assert metric(classical) == oracle.score(weights.transform(texts[200:]), label[200:])


@pytest.fixture
def letters():
    """Texts of letters whose class depends on two of them, and vectors of some of them."""
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefgh"), rng.integers(1, 9))) for _ in range(260)]
    label = np.array([("a" in text) + ("b" in text) for text in texts])
    vectors = Vectors(list("abdfg"), rng.normal(1, 1, (5, 4)).astype(np.float32), np.array([9, 9, 5, 2, 1]))
    return (
        split("train", text=texts[:200], label=label[:200]),
        split("test", text=texts[200:], label=label[200:]),
        vectors,
    )


def test_the_baselines_on_vectors_are_documents_on_one_scale_and_scikit_learns_regression(letters, tmp_path):
    train, test, vectors = letters
    rows, _ = run(TextClassification(), train, test, tmp_path, vectors=vectors)
    assert [row["name"] for row in rows[2:]] == ["mean of vectors + logistic regression", "SIF + logistic regression"]
    texts, asked = ([text.split() for text in part.column("text")] for part in (train, test))
    found = []
    for row, made in zip(rows[2:], (documents.mean(vectors), documents.sif(vectors, texts)), strict=True):
        oracle = make_pipeline(StandardScaler(), LogisticRegression())
        oracle.fit(made.transform(texts), train.column("label"))
        found.append(oracle.score(made.transform(asked), test.column("label")))
        assert metric(row) == found[-1] > metric(rows[0])
        assert (row["trained_on"], row["of"], row["tested_on"]) == (200, 200, 60)
    assert found[0] != found[1]


def test_other_vectors_have_baselines_of_their_own_and_share_the_others(letters, tmp_path):
    train, test, vectors = letters
    plain, _ = run(TextClassification(), train, test, tmp_path)
    rows, calls = run(TextClassification(), train, test, tmp_path, vectors=vectors)
    assert rows[:2] == plain and len(rows) == 4 and calls == [200, 60] * 2
    assert run(TextClassification(), train, test, tmp_path, vectors=vectors) == (rows, [])
    other = Vectors(vectors.words, vectors.matrix[::-1].copy(), vectors.counts)
    again, calls = run(TextClassification(), train, test, tmp_path, vectors=other)
    assert again[:2] == plain and calls == [200, 60] * 2
    counted = Vectors(vectors.words, vectors.matrix, np.array([9, 9, 5, 2, 2]))
    assert run(TextClassification(), train, test, tmp_path, vectors=counted)[1]


def test_regression_is_scored_in_the_labels_units(tmp_path):
    x = np.random.default_rng(0).uniform(0, 10, 300)
    train, test = (
        split("train", x=x[:250], label=1000 + 50 * x[:250]),
        split("test", x=x[250:], label=1000 + 50 * x[250:]),
    )
    (simple, classical), _ = run(TabularRegression(), train, test, tmp_path)
    error = (1000 + 50 * x[250:]) - (1000 + 50 * x[:250]).mean()
    assert simple["name"] == "training mean"
    assert metric(simple, "mean_absolute_error") == pytest.approx(np.abs(error).mean())
    assert metric(simple, "root_mean_squared_error") == pytest.approx(np.sqrt((error**2).mean()))
    assert metric(classical, "mean_absolute_error") < metric(simple, "mean_absolute_error") / 5
    spread = 1.96 * np.abs(error).std() / np.sqrt(50)
    told = simple["metrics"]["mean_absolute_error"]
    assert told["low"] == pytest.approx(told["value"] - spread, rel=0.03)
    assert told["high"] == pytest.approx(told["value"] + spread, rel=0.03)


def test_at_most_so_many_examples_are_used_and_the_row_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "LIMIT", 20)
    train, test = split("train", **stripes(8, 8, 1, 50)), split("test", **stripes(8, 8, 1, 30))
    (simple, classical), calls = run(ImageClassification(), train, test, tmp_path)
    assert calls == [20, 20]
    assert (classical["trained_on"], classical["of"], classical["tested_on"]) == (20, 50, 20)
    assert simple["trained_on"] == 50 and simple["tested_on"] == 20
    assert (np.diff(module._some(50, 3)) > 0).all() and not np.array_equal(module._some(50, 3), module._some(50, 4))


def test_the_same_data_and_seed_are_not_computed_twice_and_a_changed_label_is(tmp_path):
    train, test = split("train", **stripes(8, 8, 1, 30)), split("test", **stripes(8, 8, 1, 10))
    rows, calls = run(ImageClassification(), train, test, tmp_path)
    again, none = run(ImageClassification(), train, test, tmp_path)
    assert again == rows and calls and not none
    assert run(ImageClassification(), train, test, tmp_path, seed=1)[1]
    assert run(ImageClassification(image_size=(16, 16)), train, test, tmp_path)[1]
    changed = stripes(8, 8, 1, 30)
    changed["label"] = changed["label"][::-1].copy()
    assert run(ImageClassification(), split("train", **changed), test, tmp_path)[1]
    fresh, _ = run(ImageClassification(), train, test, tmp_path / "other")
    assert [row["metrics"] for row in fresh] == [row["metrics"] for row in rows]


def test_without_a_labelled_test_split_there_is_nothing_to_beat(tmp_path):
    train = split("train", **stripes(8, 8, 1, 10))
    unlabelled = Arrays({"image": stripes(8, 8, 1, 4)["image"]}, ["a", "b", "c", "d"])
    assert run(ImageClassification(), train, unlabelled, tmp_path)[0] == []
    task = ImageClassification().adapt(train)
    assert baselines(task, {"train": train}, seed=0, prepared=None, cache=tmp_path) == []


def test_the_baseline_of_real_digits_is_strong_and_cheap(tmp_path):
    from sklearn.datasets import load_digits

    digits = load_digits()
    pixels = np.round(digits.images * 255 / 16).astype(np.uint8)[..., None]
    train, test = (
        split(name, image=pixels[rows], label=digits.target[rows])
        for name, rows in (("train", slice(0, 1437)), ("test", slice(1437, None)))
    )
    run(ImageClassification(), split("warm", **stripes(8, 8, 1, 8)), split("up", **stripes(8, 8, 1, 8)), tmp_path)
    started = time.process_time()
    (_, classical), _ = run(ImageClassification(), train, test, tmp_path)
    assert metric(classical) > 0.93
    assert time.process_time() - started < 1.5
