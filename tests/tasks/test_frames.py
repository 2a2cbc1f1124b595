"""Frames of moving GIFs, of which a step of preprocessing makes one picture."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from kerasapp.errors import DataError, StepError
from kerasapp.ops import gaussian_blur, kalman_smooth
from kerasapp.ops._random import example_keys
from kerasapp.ops.decode import decode_frames
from kerasapp.tasks.image_classification import ImageClassification

NAMES = {"label": ("cat", "dog")}
KALMAN = {"name": "kalman_smooth", "frame": "last"}
SIZE = {"image_size": [12, 16], "channels": 1}


def film(seed: int, frames: int = 5) -> bytes:
    random, file = np.random.default_rng(seed), io.BytesIO()
    first, *more = [Image.fromarray(random.integers(0, 256, (12, 16)).astype("uint8")) for _ in range(frames)]
    first.save(file, "GIF", save_all=True, append_images=more)
    return file.getvalue()


@pytest.fixture
def split(examples):
    return examples(names=NAMES, image=np.array([film(seed) for seed in range(6)], object), label=[0, 1] * 3)


def rows(split):
    return split.gather(tf.range(len(split), dtype=tf.int64))


def frames(split, count):
    return decode_frames(rows(split)["image"], (12, 16), count, channels=1).numpy() / np.float32(255)


def inputs_of(task, split, keys=None):
    return task.encode(task.prepare(rows(split)), keys)[0].numpy()


def test_the_first_step_makes_one_picture_and_the_next_ones_go_on_with_it(split):
    task = ImageClassification(frames=4, preprocessing=[KALMAN, {"name": "gaussian_blur", "sigma": 0.7}], **SIZE)
    task = task.adapt(split)
    smooth = kalman_smooth.apply(tf.constant(frames(split, 4)), frame="last")
    assert task.facts()["image_shape"] == (12, 16, 1)
    assert inputs_of(task, split) == pytest.approx(gaussian_blur.apply(smooth, sigma=0.7).numpy(), abs=1e-6)


def test_frames_become_one_picture_before_it_is_augmented(split):
    task = ImageClassification(frames=4, preprocessing=[KALMAN, {"name": "equalize"}],
                               augmentation=[{"name": "erase", "probability": 1.0}], **SIZE).adapt(split)  # fmt: skip
    prepared = task.prepare(rows(split))["image"]
    wanted = kalman_smooth.apply(tf.constant(frames(split, 4)), frame="last").numpy()
    assert prepared.numpy() == pytest.approx(wanted, abs=1e-6)
    plain, seen = inputs_of(task, split), inputs_of(task, split, example_keys(0, 0, tf.range(6)))
    assert plain.shape == seen.shape == (6, 12, 16, 1) and not np.allclose(plain, seen)


def test_a_step_learns_from_the_smoothed_pictures(split):
    task = ImageClassification(frames=4, preprocessing=[KALMAN, {"name": "normalize"}], **SIZE).adapt(split)
    made = inputs_of(task, split)
    assert made.mean() == pytest.approx(0, abs=1e-5) and made.std() == pytest.approx(1, abs=1e-3)


def test_what_people_look_at_is_the_last_frame_as_it_is(split):
    plain = ImageClassification(frames=4, preprocessing=[KALMAN], **SIZE).adapt(split).plain()
    assert inputs_of(plain, split) == pytest.approx(frames(split, 4)[:, -1], abs=1e-6)


def test_an_adapted_task_is_read_again_equal(split, reopened):
    task = ImageClassification(frames=4, preprocessing=[KALMAN], **SIZE).adapt(split)
    again = reopened(task, frames=4, preprocessing=task.preprocessing, **SIZE)
    assert np.array_equal(inputs_of(again, split), inputs_of(task, split))


@pytest.mark.parametrize("steps, path, message", [
    ([], "task.frames", "no step makes one picture of them"),
    ([{"name": "gaussian_blur"}, KALMAN], "task.preprocessing.0", "gets 4 frames of each. Put kalman_smooth before it"),
    ([KALMAN, KALMAN], "task.preprocessing.1", "gets single ones"),
])  # fmt: skip
def test_steps_that_do_not_go_together_are_told_at_their_place(split, steps, path, message):
    with pytest.raises(StepError, match=message) as caught:
        ImageClassification(frames=4, preprocessing=steps, **SIZE).adapt(split)
    assert caught.value.path == path


def test_a_step_over_frames_needs_them(split):
    with pytest.raises(StepError, match=r"Set task\.frames"):
        ImageClassification(preprocessing=[KALMAN], **SIZE).adapt(split)


def test_arrays_have_no_frames(examples):
    arrays = examples(names=NAMES, image=np.zeros((4, 12, 16, 1), np.uint8), label=[0, 1] * 2)
    with pytest.raises(DataError, match="here are arrays"):
        ImageClassification(frames=4, preprocessing=[KALMAN]).adapt(arrays)
