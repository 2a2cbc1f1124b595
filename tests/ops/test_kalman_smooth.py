"""Smoothing over frames, against the linear system of the most probable film."""

import numpy as np
import pytest
import tensorflow as tf

from kerasapp.ops import kalman_smooth

RANDOM = np.random.default_rng(0)
FRAMES = RANDOM.random((2, 7, 4, 5, 3), "float32")


def most_probable(frames: np.ndarray, process: float, measurement: float) -> np.ndarray:
    """(frames, ...) -> x that makes sum (y - x)^2 / measurement + sum (x[t + 1] - x[t])^2 / process least.

    The gradient is 0 where a tridiagonal matrix times x is y.
    """
    count = len(frames)
    steps = np.diff(np.eye(count), axis=0)
    system = np.eye(count) / measurement + steps.T @ steps / process
    assert not np.triu(system, 2).any()
    return np.linalg.solve(system, frames.reshape(count, -1) / measurement).reshape(frames.shape)


@pytest.mark.parametrize("frame, at", [("first", 0), ("middle", 3), ("last", 6)])
@pytest.mark.parametrize("process, measurement", [(1e-3, 1e-2), (0.5, 1e-2), (1e-6, 1.0)])
def test_it_is_the_most_probable_film(frame, at, process, measurement):
    made = kalman_smooth.apply(
        tf.constant(FRAMES), process_variance=process, measurement_variance=measurement, frame=frame
    )
    wanted = np.stack([most_probable(film.astype(np.float64), process, measurement)[at] for film in FRAMES])
    assert made.shape == (2, 4, 5, 3)
    np.testing.assert_allclose(made, wanted, atol=1e-5)


def test_what_never_changes_is_the_mean_and_what_has_no_noise_is_left_as_it_is():
    mean = kalman_smooth.apply(tf.constant(FRAMES), process_variance=0.0)
    np.testing.assert_allclose(mean, FRAMES.mean(1), atol=1e-6)
    clear = kalman_smooth.apply(tf.constant(FRAMES), measurement_variance=1e-9)
    np.testing.assert_allclose(clear, FRAMES[:, 3], atol=1e-5)


def test_one_frame_is_itself():
    np.testing.assert_array_equal(kalman_smooth.apply(tf.constant(FRAMES[:, :1])), FRAMES[:, 0])


def test_a_walk_is_found_better_than_each_frame_shows_it():
    walk = 0.5 + np.cumsum(RANDOM.normal(0, 0.03, (1, 21, 30, 30, 1)), axis=1)
    seen = tf.constant(walk + RANDOM.normal(0, 0.1, walk.shape), tf.float32)
    given = {"process_variance": 0.03**2, "measurement_variance": 0.1**2}
    error = np.mean((kalman_smooth.apply(seen, **given) - walk[:, 10]) ** 2)
    assert error < 0.3 * np.mean((seen[:, 10] - walk[:, 10]) ** 2)
    last = np.mean((kalman_smooth.apply(seen, **given, frame="last") - walk[:, 20]) ** 2)
    assert error < last, "the last frame has none behind it"


def test_single_pictures_have_no_frames():
    with pytest.raises(ValueError, match=r"gets single ones. Set task\.frames"):
        kalman_smooth.apply(tf.constant(FRAMES[:, 0]))
