import json

import numpy as np
import pytest
import tensorflow as tf

from kerasapp.data._arrays import Arrays
from kerasapp.errors import DataError, StepError
from kerasapp.models import autoencoder, dcgan, vae
from kerasapp.pictures import png
from kerasapp.tasks.image_generation import ImageGeneration


def split_of(images, labels=None, names=("a", "b", "c")):
    arrays = {"image": images} | ({} if labels is None else {"label": np.asarray(labels)})
    ids = [f"x[{row}]" for row in range(len(images))]
    return Arrays(arrays, ids, {} if labels is None else {"label": names})


def pixels(count=12, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 1)).astype(np.uint8)


LABELS = [0, 1, 2] * 4


def gan(**given):
    return dcgan.build(image_shape=(8, 8, 1), filters=2, latent_dimensions=3, **given)


def coder(**given):
    return autoencoder.build(image_shape=(8, 8, 1), units=[4], latent_dimensions=2, **given)


def test_pictures_come_in_0_to_1_with_their_class_and_without():
    split = split_of(pixels(), LABELS)
    task = ImageGeneration().adapt(split)
    raw = task.prepare(split.gather(tf.constant([1, 3], tf.int64)))
    images, y = task.elements(raw)
    np.testing.assert_allclose(images, pixels()[[1, 3]] / 255, rtol=1e-6)
    assert y["label"].numpy().tolist() == [[0, 1, 0], [1, 0, 0]]
    assert task.facts() == {"image_shape": (8, 8, 1), "num_classes": 3}
    plain = ImageGeneration().adapt(split_of(pixels()))
    assert plain.facts()["num_classes"] is None
    assert len(plain.elements(plain.prepare({"image": tf.constant(pixels())}))) == 1


def test_one_class_or_labels_that_are_no_classes_are_as_none():
    for labels in ([0] * 12, np.linspace(0.1, 0.9, 12)):
        split = split_of(pixels(), labels, None)
        assert ImageGeneration().adapt(split).facts()["num_classes"] is None


def test_only_normal_classes_are_trained_on():
    split = split_of(pixels(), LABELS)
    task = ImageGeneration(normal=["a", "c"]).adapt(split)
    cut = task.cut(split)
    assert len(cut) == 8 and set(cut.column("label")) == {0, 2}
    assert task.is_normal(split).tolist() == [True, False, True] * 4
    with pytest.raises(StepError, match='no class "d"'):
        ImageGeneration(normal=["d"]).adapt(split)


def test_values_outside_the_scale_of_train_are_named():
    task = ImageGeneration().adapt(split_of(np.random.default_rng(0).random((4, 8, 8, 1))))
    other = np.zeros((3, 8, 8, 1))
    other[2, 0, 0] = 255.0
    with pytest.raises(DataError, match=r"x\[2\]: values from 0 to 255, and train lies within 0 and 1"):
        task.check(split_of(other), "test")
    task.check(split_of(other / 255), "test")


def test_the_state_round_trips_through_json():
    task = ImageGeneration(normal=["a"]).adapt(split_of(pixels(), LABELS)).learned(threshold=0.25)
    again = ImageGeneration(normal=["a"]).restore(json.loads(json.dumps(task.state())))
    assert again == task and again.threshold == 0.25


def test_the_threshold_lets_so_many_normal_pictures_of_validation_be_anomalies():
    split = split_of(pixels(60), [0, 1, 2] * 20)
    task = ImageGeneration(normal=["a", "b"], false_alarms=0.1).adapt(split)
    model = coder()
    known = task.conclude(model, {"train": split, "validation": split})
    images = pixels(60)[[at for at in range(60) if at % 3 < 2]] / 255
    errors = np.square(model.decode(model.encode(images.astype("float32"))) - images).mean((1, 2, 3))
    assert np.mean(errors > known.threshold) == pytest.approx(0.1, abs=0.02)
    answer, served = known.served(model)
    raw = {"image": tf.constant(pixels(60))}
    inputs, context = served.encode(served.prepare(raw))
    told = served.decode(answer(inputs), context)
    assert told["code"].shape == (60, 2) and told["anomaly"].dtype == tf.bool
    assert task.conclude(gan(), {"validation": split}) is task, "of a model that makes no codes there is none"


def test_a_generator_is_served_codes_and_an_autoencoder_pictures():
    split = split_of(pixels(), LABELS)
    task = ImageGeneration().adapt(split)
    answer, served = task.served(gan(conditional=True, num_classes=3))
    assert list(served.read()) == ["code", "label"] and list(task.read()) == ["image"]
    asked = served.asked({})
    inputs, _ = served.encode(served.prepare({name: tf.constant(value) for name, value in asked.items()}))
    assert inputs["label"].numpy()[:4].argmax(1).tolist() == [0, 1, 2, 0]
    assert answer(inputs)["image"].shape == (64, 8, 8, 1)
    assert task.served(coder())[1] is task


def test_endpoints_draw_what_the_verb_draws():
    task = ImageGeneration().adapt(split_of(pixels(), LABELS))
    for model in (gan(), vae.build(image_shape=(8, 8, 1), units=[4], latent_dimensions=2)):
        ends = task.signatures(model)
        made = ends["generate"](tf.constant(5, tf.int64), tf.constant(4))
        np.testing.assert_allclose(255 * made["image"].numpy(), task.draw(model, 4, 5), atol=0.501)
        first = tf.io.decode_png(made["png"][0]).numpy()
        np.testing.assert_array_equal(first, np.rint(255 * made["image"][0].numpy()))
    files = tf.stack([tf.io.encode_png(image) for image in pixels(3)])
    back = ends["reconstruct"](files)
    assert back["image"].shape == (3, 8, 8, 1) and back["error"].shape == (3,)
    codes = ends["encode"](files)["code"]
    np.testing.assert_allclose(ends["decode"](codes)["image"], back["image"], atol=1e-6)
    assert "generate" not in task.signatures(coder()), "no distribution of its codes is known"


def test_a_class_that_there_is_not_is_an_error_in_serving():
    task = ImageGeneration().adapt(split_of(pixels(), LABELS))
    model = gan(conditional=True, num_classes=3)
    ends, codes = task.signatures(model), tf.zeros([2, 3])
    assert ends["decode"](codes, tf.constant(["a", "c"]))["image"].shape == (2, 8, 8, 1)
    for ask in (
        lambda: ends["decode"](codes, tf.constant(["a", "d"])),
        lambda: ends["generate"](tf.constant(1, tf.int64), tf.constant(2), tf.constant("d")),
        lambda: ends["serving_default"]({"code": codes, "label": tf.constant(["d", "a"])}),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"no such class\. There are a, b, c"):
            ask()


def test_a_sheet_is_the_same_each_time_and_class_by_class_where_there_are_some(tmp_path):
    split = split_of(pixels(), LABELS)
    task = ImageGeneration().adapt(split)
    model = gan(conditional=True, num_classes=3)
    sheet = task.sheet(model, split)
    np.testing.assert_array_equal(sheet, task.sheet(model, split))
    assert sheet.shape == (22 * 50 + 2, 3 * 50 + 2, 1), "three columns, one a class"
    assert task.sheet(coder(), split).shape[1] == 8 * 50 + 2
    (tmp_path / "sheets").mkdir()
    for number in (1, 2):
        (tmp_path / "sheets" / f"epoch_{number}.png").write_bytes(png(sheet))
    task.keep(model, tmp_path)
    assert (tmp_path / "samples.png").exists() and (tmp_path / "samples.webp").exists()
