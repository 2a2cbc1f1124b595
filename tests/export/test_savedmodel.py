import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import softmax

import kerasapp.vectors
from kerasapp import components
from kerasapp.data._arrays import Arrays, texts
from kerasapp.errors import DataError, WorkError
from kerasapp.export import export, savedmodel
from kerasapp.prediction import predict_raw
from kerasapp.tasks.word2vec import Word2Vec


@pytest.fixture
def outcome(tmp_path):
    """Exports a run; gives the run, what `export` returned, and the signature as TensorFlow alone loads it."""

    def make(run):
        told = export(run, root=tmp_path)
        return run, told, tf.saved_model.load(told["path"]).signatures["serving_default"]

    return make


def test_image_bytes_give_what_the_network_gives_for_their_pixels(outcome, picture_run):
    run, told, call = outcome(picture_run())
    pixels = run.kept["image"]
    wanted = softmax(run.network(pixels / np.float32(255)).numpy(), axis=1)
    given = call(image=tf.stack([tf.io.encode_png(picture) for picture in pixels]))
    np.testing.assert_allclose(given["probabilities"], wanted, atol=1e-6)
    names = np.array([b"cat", b"dog", b"eel"])
    assert given["label"].numpy().tolist() == names[wanted.argmax(axis=1)].tolist()
    verified = told["verified"]
    assert verified["verified"] and verified["labels_equal"] and verified["examples"] == 40
    assert verified["accuracy"] == np.mean(wanted.argmax(axis=1) == run.kept["label"])
    assert verified["max_difference"] <= 1e-5 and set(verified["milliseconds"]) == {"1", "32"}


def test_a_table_takes_one_tensor_a_column_whatever_the_columns_are_called(outcome, table_run):
    run, told, call = outcome(table_run())
    inputs = savedmodel.as_inputs(run.kept, run.task)
    assert set(call.structured_input_signature[1]) == set(inputs) == {"age", "city__state", "Groe_m", "Groe_m_2"}
    given = call(**{name: tf.constant(values) for name, values in inputs.items()})
    wanted = predict_raw(run, run.kept)
    np.testing.assert_allclose(given["probabilities"], wanted["probabilities"], atol=1e-6)
    assert told["verified"]["accuracy"] == np.mean(wanted["label"] == run.kept["label"])


def test_an_export_that_disagrees_leaves_nothing_behind(picture_run, tmp_path, monkeypatch):
    run = picture_run()
    wanted = predict_raw(run, run.kept)
    wanted["probabilities"] = wanted["probabilities"] * np.float32(1.001)
    monkeypatch.setattr(savedmodel, "predict_raw", lambda *given: wanted)
    with pytest.raises(WorkError, match=r"disagrees with predict.*Nothing was exported") as error:
        export(run, root=tmp_path)
    assert "\n" not in str(error.value)
    assert list((tmp_path / "saved_models").iterdir()) == []


def test_a_graph_that_calls_back_into_python_is_refused_in_one_line(picture_run, tmp_path):
    """It works in the process that made it, and nowhere else."""
    run = picture_run()
    image = keras.Input((9, 7, 3))
    here = keras.layers.Lambda(lambda x: tf.ensure_shape(tf.py_function(lambda y: y, [x], tf.float32), x.shape))
    run.network = keras.Model(image, run.network(here(image)))
    with pytest.raises(WorkError, match=r"can't be loaded and called by itself: .+") as error:
        export(run, root=tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("difference, agrees", [(9e-6, True), (1.2e-5, False), (np.nan, False)])
def test_probabilities_may_differ_by_one_part_in_a_hundred_thousand(difference, agrees):
    wanted = {"probabilities": np.array([[0.25, 0.75]])}
    given = {"probabilities": wanted["probabilities"] + difference}
    if agrees:
        assert savedmodel._compare(given, wanted) == ([], pytest.approx(difference))
    else:
        with pytest.raises(WorkError):
            savedmodel._compare(given, wanted)


def test_house_prices_are_compared_by_what_float32_can_hold():
    wanted = {"value": np.array([350_000, 0.1], "float32")}
    assert savedmodel._compare({"value": np.nextafter(wanted["value"], np.float32(1e9))}, wanted)[1] < 1e-6
    with pytest.raises(WorkError):
        savedmodel._compare({"value": wanted["value"] * np.float32(1.0001)}, wanted)


def test_one_label_that_differs_is_enough_to_refuse():
    wanted = {"label": np.array([b"cat", b"dog"], object)}
    with pytest.raises(WorkError, match="1 labels differ"):
        savedmodel._compare({"label": np.array([b"cat", b"cat"], object)}, wanted)


def test_pixels_of_floating_point_go_in_as_the_task_takes_them_for_0_and_1(picture_run):
    run = picture_run("float32")
    files = savedmodel.as_files(run.kept, run.task)["image"]
    wanted = np.rint(run.kept["image"] / run.kept["image"].max() * 255)
    np.testing.assert_array_equal(np.stack([tf.io.decode_png(file) for file in files]), wanted)


@pytest.mark.parametrize("name", ["word2vec", "fasttext"])
def test_word_vectors_are_asked_by_strings_and_the_card_tells_how(tmp_path, name):
    lines = texts(["king queen man woman boy girl", "king man"])
    task = Word2Vec(min_count=1).adapt(Arrays({"text": lines}, ["1", "2"]))
    model = components.create("models", {"name": name, "dimensions": 6}, **task.facts())
    subject = savedmodel.Trained(model, task, task.asked({}))
    savedmodel.write(subject, tmp_path)
    call, vectors = tf.saved_model.load(str(tmp_path)).signatures, task.result(model)
    near = call["nearest"](words=tf.constant(["queen"]), k=tf.constant(3))["words"].numpy()[0]
    assert [word.decode() for word in near] == [row["word"] for row in vectors.nearest("queen", 3)]
    asked = {key: tf.constant([word]) for key, word in zip("abc", ("man", "king", "woman"), strict=True)}
    found = call["analogy"](**asked, k=tf.constant(1))["words"].numpy()[0, 0].decode()
    assert found == vectors.analogy(["king", "woman"], ["man"], 1)[0]["word"]
    np.testing.assert_allclose(call["embed"](words=tf.constant(["boy"]))["vector"], vectors.of(["boy"])[0], atol=1e-6)
    read = kerasapp.vectors.of(tmp_path)
    assert [row["word"] for row in read.nearest("queen", 3)] == [row["word"] for row in vectors.nearest("queen", 3)]
    (found, rows), (wanted, places) = (one.of(["boy", "qween"]) for one in (read, vectors))
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    assert rows.tolist() == places.tolist() and (rows[1] == kerasapp.vectors.MADE) == (name == "fasttext")
    (tmp_path / kerasapp.vector_files.VOCABULARY).unlink()
    with pytest.raises(DataError, match="no SavedModel of word vectors"):
        kerasapp.vectors.of(tmp_path)
    told = savedmodel.describe("mine", subject)
    assert set(call) == {"serving_default", "embed", "nearest", "analogy"} and "`value`" not in told.answers
    assert all(f"`{endpoint}`" in told.answers for endpoint in call)
    assert ("was not in it, has no vector" in "".join(told.limits)) == (name == "word2vec")
