"""Augmentation against index arithmetic and scipy, and as a function of the keys alone."""

import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

from kerasapp import components
from kerasapp.ops import flip, rotate, shift, zoom
from kerasapp.ops._affine import matrix, warp
from kerasapp.ops._random import example_keys, uniform

STEPS = {name: components.function("ops", name, "augment") for name in components.names("ops", "augment")}


@pytest.fixture
def images():
    return tf.constant(np.random.default_rng(0).random((6, 9, 12, 3)), tf.float32)


@pytest.fixture
def keys():
    return example_keys(1, 2, tf.range(6, dtype=tf.int64))


def only(*columns):
    return matrix(*(tf.fill((6,), float(value)) for value in columns))


@pytest.mark.parametrize("name", STEPS)
def test_a_step_keeps_shape_type_and_range_and_moves_something(name, images, keys):
    made = STEPS[name](images, keys)
    assert made.shape == images.shape and made.dtype == tf.float32
    assert tf.reduce_min(made) >= 0 and tf.reduce_max(made) <= 1 + 1e-6
    assert not np.allclose(made, images)


@pytest.mark.parametrize("name", STEPS)
def test_an_image_depends_on_its_key_not_on_its_neighbours_and_a_graph_agrees(name, images, keys):
    step = STEPS[name]
    alone = tf.concat([step(images[n : n + 1], keys[n : n + 1]) for n in range(6)], axis=0)
    assert np.array_equal(step(images, keys), alone)
    graph = tf.function(step, input_signature=[tf.TensorSpec([None, 9, 12, 3]), tf.TensorSpec([None, 2], tf.int32)])
    assert np.allclose(graph(images, keys), alone, atol=1e-6)


def test_a_warp_by_whole_pixels_is_index_arithmetic(images):
    moved = warp(images, only(1, 0, -2, 0, 1, -3), fill_mode="constant").numpy()
    assert (
        np.allclose(moved[:, 3:, 2:], images[:, :-3, :-2])
        and np.all(moved[:, :3] == 0)
        and np.all(moved[:, :, :2] == 0)
    )
    mirrored = warp(images, only(-1, 0, 0, 0, 1, 0)).numpy()
    assert np.allclose(mirrored, images[:, :, ::-1], atol=1e-5)


def test_a_turn_about_the_centre_is_scipys(images):
    angle = 0.3
    made = warp(images, only(np.cos(angle), -np.sin(angle), 0, np.sin(angle), np.cos(angle), 0), fill_mode="constant")
    centre = (np.array([9, 12]) - 1) / 2
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])  # (y, x)
    for image, told in zip(images.numpy(), made.numpy(), strict=True):
        expected = np.stack(
            [
                scipy.ndimage.affine_transform(
                    image[..., c], turn, centre - turn @ centre, order=1, mode="grid-constant"
                )
                for c in range(3)
            ],
            -1,
        )
        assert np.allclose(told[2:-2, 2:-2], expected[2:-2, 2:-2], atol=1e-4)


def drawn(keys, number):
    return uniform(keys, 0, 2).numpy()[:, number]


def test_a_flip_mirrors_the_images_whose_draw_is_below_one_half(images, keys):
    made = flip.augment(images, keys, mode="horizontal").numpy()
    for image, told, share in zip(images.numpy(), made, drawn(keys, 0), strict=True):
        assert np.array_equal(told, image[:, ::-1] if share < 0.5 else image)


def test_shift_rotate_and_zoom_draw_within_their_factors(monkeypatch, images):
    many = example_keys(0, 0, tf.range(6, dtype=tf.int64))
    seen = {}
    for module in (shift, rotate, zoom):
        monkeypatch.setattr(
            module,
            "warp",
            lambda images, matrices, module=module, **_: seen.setdefault(module, matrices.numpy()) is None or images,
        )
    shift.augment(images, many, height_factor=0.5, width_factor=0.25)
    rotate.augment(images, many, factor=0.25)
    zoom.augment(images, many, height_factor=0.2)
    assert np.abs(seen[shift][:, 1, 2]).max() <= 0.5 * 9 and np.abs(seen[shift][:, 0, 2]).max() <= 0.25 * 12
    assert np.abs(seen[shift][:, 1, 2]).max() > 1.5
    angles = np.arctan2(seen[rotate][:, 1, 0], seen[rotate][:, 0, 0])
    assert np.abs(angles).max() <= np.pi / 2 and np.abs(angles).max() > 0.3
    assert np.allclose(np.linalg.det(seen[rotate][:, :, :2]), 1, atol=1e-5)
    assert np.all(np.abs(seen[zoom][:, 0, 0] - 1) <= 0.2) and np.array_equal(seen[zoom][:, 0, 0], seen[zoom][:, 1, 1])


def test_a_factor_of_nothing_changes_nothing(images, keys):
    assert np.allclose(shift.augment(images, keys, height_factor=0.0, width_factor=0.0), images, atol=1e-6)
    assert np.allclose(rotate.augment(images, keys, factor=0.0), images, atol=1e-6)
    assert np.allclose(zoom.augment(images, keys, height_factor=0.0), images, atol=1e-6)
