"""Preprocessing and mixing as the task puts them to work: where they stand, what they learn, what they are told."""

import io
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from kerasapp import components
from kerasapp.errors import DataError, StepError
from kerasapp.ops import clahe, gaussian_blur, hog
from kerasapp.ops._random import example_keys
from kerasapp.tasks._steps import preprocessed
from kerasapp.tasks.image_classification import ImageClassification

NAMES = {"label": ("cat", "dog")}
NORMALIZE = {"name": "normalize", "by": "train", "mean": None, "std": None}


def pixels(*shape):
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)


@pytest.fixture
def split(examples):
    return examples(names=NAMES, image=pixels(8, 32, 32, 3), label=[0, 1] * 4)


def inputs_of(task, split, keys=None):
    return task.encode(task.prepare(split.gather(tf.range(len(split), dtype=tf.int64))), keys)[0].numpy()


def as_floats(split):
    return tf.constant(split.column("image") / np.float32(255), tf.float32)


def test_steps_run_in_order_in_training_and_serving_alike(split):
    steps = [{"name": "gaussian_blur", "sigma": 0.8}, {"name": "clahe", "tiles": [4, 4]}]
    task = ImageClassification(preprocessing=steps).adapt(split)
    wanted = clahe.apply(gaussian_blur.apply(as_floats(split), sigma=0.8), tiles=(4, 4)).numpy()
    assert inputs_of(task, split) == pytest.approx(wanted, abs=1e-6)
    assert inputs_of(task, split, example_keys(0, 0, tf.range(8))) == pytest.approx(wanted, abs=1e-6)


def test_what_is_prepared_once_and_what_is_done_after_augmentation_are_the_same(split):
    """A cache keeps preprocessed pictures where nothing is augmented; else the steps see augmented ones."""
    steps = [{"name": "color_space", "to": "HSV"}, {"name": "frequency_filter", "keep": "high"}]
    cached, late = (
        ImageClassification(preprocessing=steps, augmentation=more).adapt(split) for more in ((), [{"name": "flip"}])
    )
    rows = split.gather(tf.range(8, dtype=tf.int64))
    assert cached.prepare(rows)["image"].dtype == tf.float32 and late.prepare(rows)["image"].dtype == tf.uint8
    assert inputs_of(cached, split) == pytest.approx(inputs_of(late, split), abs=1e-6)
    mirrored = inputs_of(late, split, tf.zeros((8, 2), tf.int32))
    bare = ImageClassification(augmentation=[{"name": "flip"}]).adapt(split)
    after = ImageClassification(preprocessing=steps).adapt(split)
    seen = bare.encode(bare.prepare(rows), tf.zeros((8, 2), tf.int32))[0]
    assert mirrored == pytest.approx(preprocessed(seen, steps, after.learned_steps).numpy(), abs=1e-6)


def test_features_are_the_models_input_and_their_number_its_shape(split, reopened):
    task = ImageClassification(preprocessing=[{"name": "hog", "cell_size": 8}]).adapt(split)
    assert task.facts()["image_shape"] == (324,) and task.resolved() == {"image_size": [32, 32], "channels": 3}
    assert inputs_of(task, split) == pytest.approx(hog.apply(as_floats(split)).numpy(), abs=1e-6)
    again = reopened(task, preprocessing=task.preprocessing)
    assert np.array_equal(inputs_of(again, split), inputs_of(task, split))
    model = components.create("models", {"name": "mlp", "units": []}, **task.facts())
    assert model(inputs_of(task, split)).shape == (8, 2)


def test_a_step_learns_from_train_what_the_steps_before_it_give_and_task_json_keeps_it(split, reopened, examples):
    steps = [{"name": "color_space", "to": "gray"}, NORMALIZE]
    task = ImageClassification(preprocessing=steps).adapt(split)
    grey = as_floats(split).numpy() @ np.array([0.299, 0.587, 0.114], np.float32)
    state = json.loads(json.dumps(task.state()))["learned_steps"]
    assert state[0] is None and state[1]["mean"] == pytest.approx([grey.mean()], abs=1e-5)
    assert inputs_of(task, split).std() == pytest.approx(1, abs=1e-4)
    other = examples(names=NAMES, image=pixels(3, 32, 32, 3) // 4, label=[0, 1, 1])
    again = reopened(task, preprocessing=steps)
    assert inputs_of(again, other) == pytest.approx(inputs_of(task, other)) and inputs_of(again, other).mean() < -1


def test_people_and_baselines_see_pictures_without_preprocessing(split):
    task = ImageClassification(preprocessing=[{"name": "hog"}], augmentation=[{"name": "flip"}]).adapt(split)
    plain = task.plain()
    assert np.array_equal(inputs_of(plain, split), as_floats(split)) and plain.image_shape == task.image_shape
    assert task.facts()["image_shape"] == (324,), "the task itself is as it was"


@pytest.mark.parametrize(
    "steps, path, words",
    [
        (
            ["gaussian_blur", "hog", "equalize"],
            "task.preprocessing.2",
            "equalize: takes pictures, and gets 324 numbers",
        ),
        ([{"name": "hog", "cell_size": 20}], "task.preprocessing.0", "hog: 2 x 2 cells of 20 pixels do not fit"),
        ([{"name": "sift", "words": 900_000}], "task.preprocessing.0", "are too few for 900000 words"),
        (["equalize", {"name": "normalize", "mean": [0.1, 0.2]}], "task.preprocessing.1", "mean has 2 numbers"),
    ],
)
def test_a_step_that_can_not_be_is_told_at_its_place(steps, path, words, split):
    specs = [step if isinstance(step, dict) else {"name": step} for step in steps]
    with pytest.raises(StepError, match=words) as caught:
        ImageClassification(preprocessing=specs).adapt(split)
    assert caught.value.path == path


def test_a_file_that_can_not_be_read_is_named_where_a_step_learns(examples):
    file = io.BytesIO()
    Image.fromarray(pixels(8, 8, 3)).save(file, "png")
    content = np.empty(2, object)
    content[:] = [file.getvalue(), file.getvalue()[:60]]
    broken = examples(ids="photos/{}.png", names=NAMES, image=content, label=[0, 1])
    with pytest.raises(DataError, match=r"^photos/3.png: can't be read"):
        ImageClassification(preprocessing=[NORMALIZE], image_size=(8, 8)).adapt(broken)


def test_a_saved_model_preprocesses_as_the_task_does(split, tmp_path):
    steps = [{"name": name} for name in ("median_blur", "equalize", "laplacian_of_gaussian", "hog")]
    task = ImageClassification(preprocessing=steps).adapt(split)
    assert task.in_graph() and not ImageClassification(preprocessing=[{"name": "sift"}]).in_graph()
    model = keras.Sequential([keras.Input(task.facts()["image_shape"]), keras.layers.Dense(2)])
    module = tf.Module()
    module.weights = [variable.value for variable in model.variables]
    tf.saved_model.save(module, str(tmp_path), signatures=task.signatures(model))
    call = tf.saved_model.load(str(tmp_path)).signatures["serving_default"]
    given = call(image=tf.stack([tf.io.encode_png(picture) for picture in split.column("image")]))
    wanted = task.decode(model(inputs_of(task, split)), {})["probabilities"]
    assert given["probabilities"].numpy() == pytest.approx(wanted.numpy(), abs=1e-5)


@pytest.mark.parametrize("mode", ["fit", "fill", "crop"])
def test_pictures_are_placed_with_their_proportions_from_files_as_from_arrays(mode, examples):
    wide = np.zeros((2, 20, 40, 3), np.uint8)
    wide[:, :, 18:22] = 200  # a bar down the middle
    wide[:, :, :2] = 90  # and one at the left edge
    files = np.empty(2, object)
    for number, picture in enumerate(wide):
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "png")
        files[number] = file.getvalue()
    task = ImageClassification(image_size=(10, 10), channels=3, resize=mode)
    arrays = examples(names=NAMES, image=wide, label=[0, 1])
    made = inputs_of(task.adapt(arrays), arrays)[0, :, :, 0] * 255
    from_files = examples(names=NAMES, image=files, label=[0, 1])
    assert inputs_of(task.adapt(from_files), from_files)[0, :, :, 0] * 255 == pytest.approx(made, abs=1)
    rows, columns = np.flatnonzero(made.any(axis=1)), np.flatnonzero(made[5])
    if mode == "fit":  # a quarter of its size, 5 x 10, black above and below
        assert rows.tolist() == [2, 3, 4, 5, 6] or rows.tolist() == [3, 4, 5, 6, 7]
        assert made[5, 0] > 30 and made[5, 4:6] == pytest.approx(100, abs=60)
    elif mode == "fill":  # half its size, 10 x 20, of which the middle
        assert len(rows) == 10 and columns.tolist() == [4, 5] and made[5, 4] == pytest.approx(200, abs=1)
    else:
        assert len(rows) == 10 and columns.tolist() == [3, 4, 5, 6]


def test_what_is_beside_a_picture_is_black_whatever_the_values_of_black(examples):
    values = np.linspace(-1, 1, 2 * 4 * 8, dtype=np.float32).reshape(2, 4, 8, 1)
    arrays = examples(names=NAMES, image=values, label=[0, 1])
    made = inputs_of(ImageClassification(image_size=(8, 8), resize="fit").adapt(arrays), arrays)
    assert np.all(made[:, [0, 1, 6, 7]] == 0) and made[1, 2:6].min() > 0.4


def test_mixing_shares_labels_in_training_only_and_is_a_function_of_the_keys(split):
    task = ImageClassification(mixing=[{"name": "mixup", "alpha": 1.0}, {"name": "cutmix", "alpha": 1.0}]).adapt(split)
    raw = task.prepare(split.gather(tf.range(8, dtype=tf.int64)))
    keys = example_keys(3, 1, tf.range(8, dtype=tf.int64))
    inputs, y = (part.numpy() for part in task.elements(raw, keys))
    again, other = task.elements(raw, keys), task.elements(raw, example_keys(3, 2, tf.range(8, dtype=tf.int64)))
    assert np.array_equal(inputs, again[0]) and np.array_equal(y, again[1]) and not np.allclose(inputs, other[0])
    assert y.sum(axis=1) == pytest.approx(1, abs=1e-6) and np.all((y > 0).sum(axis=1) == 2)
    pictures = as_floats(split).numpy()
    following = np.roll(pictures, -1, axis=0)
    kept = np.isclose(inputs, pictures, atol=1e-6).all(axis=-1) | np.isclose(inputs, following, atol=1e-6).all(axis=-1)
    by_cutmix = kept.mean(axis=(1, 2)) > 0.99
    assert 0 < by_cutmix.sum() < 8, "each example by one of the two"
    assert np.array_equal(task.elements(raw)[0], pictures) and set(np.unique(task.elements(raw)[1])) == {0.0, 1.0}
