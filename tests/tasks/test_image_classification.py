"""Pictures come in as files or arrays of any size, and go on as [0, 1] of one."""

import io
import logging

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from kerasapp import components
from kerasapp.errors import DataError
from kerasapp.ops._random import example_keys, fold_in
from kerasapp.tasks.image_classification import ImageClassification

NAMES = {"label": ("cat", "dog")}


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels.squeeze()).save(file, "png")
    return file.getvalue()


def noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)


@pytest.fixture
def files(examples):
    """A split of PNG files of these (height, width, channels)."""

    def make(*shapes):
        pixels = [noise(*shape) for shape in shapes]
        content = np.empty(len(shapes), object)
        content[:] = [png(image) for image in pixels]
        sides = {
            f"image/{side}": np.array(values, np.int32)
            for side, values in zip(("height", "width", "channels"), zip(*shapes, strict=True), strict=True)
        }
        label = np.arange(len(shapes)) % 2
        return examples(ids="photos/{}.png", names=NAMES, image=content, label=label, **sides)

    return make


def inputs_of(task, split, keys=None):
    return task.encode(task.prepare(split.gather(tf.range(len(split), dtype=tf.int64))), keys)[0]


def test_one_size_is_kept_and_of_several_the_median_at_most_224_is_said(files, caplog):
    caplog.set_level(logging.INFO, "kerasapp")
    assert ImageClassification().adapt(files((300, 9, 3), (300, 9, 3))).resolved() == {
        "image_size": [300, 9],
        "channels": 3,
    }
    assert not caplog.text
    task = ImageClassification().adapt(files((300, 10, 1), (400, 13, 1), (500, 13, 1), (10, 40, 1)))
    assert task.resolved() == {"image_size": [224, 13], "channels": 1}
    (line,) = caplog.messages
    assert "[224, 13]" in line and "10x10 to 500x40" in line
    assert task.facts() == {"image_shape": (224, 13, 1), "num_classes": 2}
    assert inputs_of(task, files((30, 10, 1), (7, 300, 3))).shape == (2, 224, 13, 1)


def test_chosen_size_and_channels_win_and_one_picture_in_colour_makes_three(files):
    mixed = files((8, 8, 1), (8, 8, 3))
    assert ImageClassification().adapt(mixed).image_shape == [8, 8, 3]
    assert ImageClassification(image_size=[5, 6], channels=1).adapt(mixed).image_shape == [5, 6, 1]


def test_an_array_and_its_file_give_the_same_input(examples):
    pixels = noise(2, 9, 7, 3)
    task = ImageClassification().adapt(examples(names=NAMES, image=pixels, label=[0, 1]))
    from_files = task.prepare({"image": tf.constant([png(image) for image in pixels])})
    assert from_files["image"].dtype == tf.uint8 and np.array_equal(from_files["image"], pixels)
    inputs, context = task.encode(from_files)
    assert inputs.dtype == tf.float32 and context == {}
    assert np.array_equal(inputs, (pixels / np.float32(255)).astype(np.float32))


@pytest.mark.parametrize(
    "low, high, becomes", [(0, 1, (0, 1)), (0.2, 0.9, (0, 1)), (-1, 1, (-1, 1)), (0, 16, (0, 16)), (3, 99, (0, 99))]
)
def test_other_arrays_are_scaled_by_the_range_of_train(low, high, becomes, examples, reopened):
    image = np.linspace(low, high, 2 * 3 * 3, dtype=np.float32).reshape(2, 3, 3, 1)
    split = examples(names=NAMES, image=image, label=[0, 1])
    task = ImageClassification().adapt(split)
    first, last = becomes
    expected = (image - first) / (last - first)
    assert inputs_of(task, split).numpy() == pytest.approx(expected, abs=1e-6)
    assert np.array_equal(inputs_of(reopened(task), split), inputs_of(task, split))
    assert float(tf.reduce_max(task.encode({"image": split.gather([1])["image"] * 9 + 9})[0])) == 1


def test_arrays_of_another_size_or_colour_are_converted(examples):
    pixels = noise(2, 6, 6, 3)
    task = ImageClassification(image_size=(3, 3), channels=1).adapt(examples(names=NAMES, image=pixels, label=[0, 1]))
    made = inputs_of(task, examples(names=NAMES, image=pixels, label=[0, 1])).numpy()
    halves = pixels.reshape(2, 3, 2, 3, 2, 3).mean(axis=(2, 4)) @ [0.299, 0.587, 0.114]
    assert made.shape == (2, 3, 3, 1) and made[..., 0] * 255 == pytest.approx(halves, abs=1.6)
    grey = ImageClassification(channels=3).adapt(examples(names=NAMES, image=pixels[..., :1], label=[0, 1]))
    assert inputs_of(grey, examples(names=NAMES, image=pixels[..., :1], label=[0, 1])).shape == (2, 6, 6, 3)


def test_steps_run_in_order_in_training_only_and_each_with_keys_of_its_own(examples, monkeypatch):
    seen = []

    def step(name):
        def augment(images, keys, *, by=0.0):
            seen.append((name, by, keys.numpy().tolist()))
            return images + by

        return augment

    steps = {"darken": step("darken"), "brighten": step("brighten")}
    monkeypatch.setattr(components, "function", lambda kind, name, entry: steps[name])
    chosen = [{"name": "darken", "by": -0.5}, {"name": "brighten"}, {"name": "brighten", "by": 0.25}]
    split = examples(names=NAMES, image=np.full((2, 2, 2, 1), 255, np.uint8), label=[0, 1])
    task = ImageClassification(augmentation=chosen).adapt(split)
    assert inputs_of(task, split).numpy().max() == 1 and not seen
    keys = example_keys(3, 1, tf.constant([7, 8]))
    assert inputs_of(task, split, keys).numpy().max() == pytest.approx(0.75)
    assert seen == [
        (step["name"], step.get("by", 0.0), fold_in(keys, n).numpy().tolist()) for n, step in enumerate(chosen)
    ]
    raw = task.prepare(split.gather([0, 1]))
    assert task.elements(raw, keys)[0].numpy().max() == pytest.approx(0.75) and task.elements(raw)[0].numpy().max() == 1


def test_bytes_in_give_the_same_probabilities_from_a_saved_model(files, tmp_path):
    split = files((12, 9, 3), (30, 20, 3), (12, 9, 3))
    task = ImageClassification().adapt(split)
    model = keras.Sequential([keras.Input(task.facts()["image_shape"]), keras.layers.Flatten(), keras.layers.Dense(2)])
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serving_default", task.signatures(model)["serving_default"])
    archive.write_out(str(tmp_path), verbose=False)
    served = tf.saved_model.load(str(tmp_path)).signatures["serving_default"]
    given = served(image=split.gather([0, 1, 2])["image"])
    expected = task.decode(model(inputs_of(task, split)), {})["probabilities"].numpy()
    assert given["probabilities"].numpy() == pytest.approx(expected, abs=1e-6)
    assert set(given["label"].numpy()) <= {b"cat", b"dog"}


def test_batches_of_a_dataset_are_what_single_calls_give(examples):
    split = examples(names=NAMES, image=noise(5, 4, 4, 1), label=[0, 1, 0, 1, 1])
    task = ImageClassification().adapt(split)
    batches = tf.data.Dataset.range(5).batch(2).map(lambda rows: task.elements(task.prepare(split.gather(rows))))
    assert batches.element_spec[0].shape == (None, 4, 4, 1)
    images, y = (np.concatenate(part) for part in zip(*batches.as_numpy_iterator(), strict=True))
    assert np.array_equal(images, inputs_of(task, split)) and np.array_equal(y.argmax(axis=1), [0, 1, 0, 1, 1])


def test_what_is_no_picture_is_refused(examples):
    for columns, message in [
        ({"x": [1.0, 2.0]}, "no image, only x, label"),
        ({"image": np.zeros((2, 4, 4, 4), np.uint8)}, r"shape \(4, 4, 4\)"),
        ({"image": np.array([0, np.nan]).reshape(2, 1, 1, 1)}, r"^x\[3\]: the image has NaN"),
        ({"image": ["", ""]}, r"sizes are not known. Set task.image_size"),
    ]:
        with pytest.raises(DataError, match=message):
            ImageClassification().adapt(examples(ids="x[{}]", names=NAMES, **columns, label=[0, 1]))
    assert ImageClassification(image_size=(4, 4)).adapt(examples(image=["", ""], label=[0, 1])).image_shape == [4, 4, 3]


def test_an_unlabelled_picture_can_be_prepared_and_checked(files, examples):
    task = ImageClassification().adapt(files((4, 4, 3), (4, 4, 3)))
    assert set(task.prepare({"image": tf.constant([png(noise(4, 4, 3))])})) == {"image"}
    task.check(examples(image=noise(1, 4, 4, 3)), "test")
