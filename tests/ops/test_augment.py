"""Augmentation against index arithmetic and scipy, and as a function of the keys alone."""

import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

from kerasapp import components
from kerasapp.ops import color, crop, erase, flip, rand_augment, rotate, shift, zoom
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


def keys_of(count):
    return example_keys(0, 0, tf.range(count, dtype=tf.int64))


def test_a_crop_lies_within_the_picture_and_has_the_area_and_ratio_asked_for(monkeypatch):
    seen = []
    monkeypatch.setattr(crop, "warp", lambda images, matrices: seen.append(matrices.numpy()) or images)
    crop.augment(tf.zeros((500, 20, 40, 1)), keys_of(500), area=(0.2, 0.6), ratio=(0.8, 1.25))
    wide, high = seen[0][:, 0, 0], seen[0][:, 1, 1]
    assert (wide * high).min() >= 0.2 - 1e-5 and (wide * high).max() <= 0.6 + 1e-5
    assert (wide * high).min() < 0.25 and (wide * high).max() > 0.55
    assert (wide / high).min() >= 0.8 - 1e-4 and (wide / high).max() <= 1.25 + 1e-4 and np.ptp(wide / high) > 0.3
    right, down = np.abs(seen[0][:, 0, 2]), np.abs(seen[0][:, 1, 2])
    assert np.all(right <= (1 - wide) * 20 + 1e-3) and np.all(down <= (1 - high) * 10 + 1e-3)
    assert (right / ((1 - wide) * 20)).max() > 0.95


def test_a_crop_of_a_quarter_is_that_quarter_magnified():
    across, down = (np.broadcast_to(ramp, (16, 16)) for ramp in (np.arange(16) / 16, np.arange(16)[:, None] / 16))
    ramps = tf.constant(np.stack([across, down], -1)[None].repeat(5, 0), tf.float32)
    made = crop.augment(ramps, keys_of(5), area=(0.25, 0.25), ratio=(1.0, 1.0)).numpy()[:, 1:-1, 1:-1]
    assert np.diff(made[..., 0], axis=2) == pytest.approx(0.5 / 16, abs=1e-3)
    assert np.diff(made[..., 1], axis=1) == pytest.approx(0.5 / 16, abs=1e-3)
    assert made.min() >= 0 and made.max() <= 15 / 16


@pytest.mark.parametrize("part", ["brightness", "contrast", "saturation"])
def test_color_blends_each_picture_by_its_own_factor(part, images, keys):
    only = {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "hue": 0.0} | {part: 0.3}
    number = list(only).index(part)
    made = color.augment(images, keys, **only).numpy()
    grey = images.numpy() @ [0.299, 0.587, 0.114]
    other = {
        "brightness": np.zeros((6, 1, 1, 1)),
        "contrast": grey.mean(axis=(1, 2))[:, None, None, None],
        "saturation": grey[..., None],
    }[part]
    factor = 1 + 0.3 * (2 * uniform(keys, 0, 4).numpy()[:, number] - 1)[:, None, None, None]
    assert made == pytest.approx((other + factor * (images.numpy() - other)).clip(0, 1), abs=1e-5)


def test_hue_turns_as_tensorflow_does_and_grey_keeps_out_of_it(images, keys):
    made = color.augment(images, keys, brightness=0.0, contrast=0.0, saturation=0.0, hue=0.2)
    for number, share in enumerate(uniform(keys, 0, 4).numpy()[:, 3]):
        wanted = tf.image.adjust_hue(images[number], 0.2 * (2 * share - 1))
        assert np.allclose(made[number], wanted, atol=1e-5)
    grey = images[..., :1]
    made = color.augment(grey, keys, brightness=0.0, contrast=0.0, saturation=0.5, hue=0.5)
    assert np.allclose(made, grey, atol=1e-6)


def test_erased_is_a_rectangle_of_one_colour_within_the_area_and_only_so_often():
    made = erase.augment(tf.zeros((400, 30, 40, 1)), keys_of(400), area=(0.1, 0.3), fill_value=1.0).numpy()[..., 0]
    shares, sides = made.mean(axis=(1, 2)), []
    assert 0.4 < np.mean(shares > 0) < 0.6
    for picture in made[shares > 0]:
        down, across = np.flatnonzero(picture.any(axis=1)), np.flatnonzero(picture.any(axis=0))
        assert picture.sum() == len(down) * len(across) == (np.ptp(down) + 1) * (np.ptp(across) + 1)
        sides.append((down[0], across[0], 29 - down[-1], 39 - across[-1]))
    assert shares[shares > 0].min() > 0.07 and shares.max() < 0.33
    assert np.min(sides) == 0 and np.all(np.mean(sides, axis=0) > 2), "anywhere in the picture, not always at an edge"
    coloured = erase.augment(tf.zeros((50, 8, 8, 3)), keys_of(50), probability=1.0).numpy().reshape(50, 64, 3)
    colours = [np.unique(picture[picture.any(axis=1)], axis=0) for picture in coloured]
    assert all(len(each) == 1 for each in colours) and len({tuple(each[0]) for each in colours}) == 50


def chosen(name):
    return tf.fill((6,), rand_augment.OPERATIONS.index(name))


def one(images, name, strength=0.5):
    """What RandAugment does with all pictures where each gets this operation."""
    signed = tf.fill((6,), strength)
    made = rand_augment._moved(images, chosen(name), signed)
    return rand_augment._levelled(rand_augment._blended(made, chosen(name), signed), chosen(name), strength).numpy()


def test_rand_augment_does_what_pillow_does():
    from PIL import Image, ImageEnhance, ImageOps

    pixels = np.random.default_rng(0).integers(20, 220, (6, 48, 64, 3)).astype(np.uint8)
    enhancers = {
        "brightness": ImageEnhance.Brightness,
        "contrast": ImageEnhance.Contrast,
        "saturation": ImageEnhance.Color,
        "sharpness": ImageEnhance.Sharpness,
    }
    operations = {name: lambda picture, kind=kind: kind(picture).enhance(1.45) for name, kind in enhancers.items()}
    operations |= {
        "autocontrast": ImageOps.autocontrast,
        "solarize": lambda picture: ImageOps.solarize(picture, 128),
        "posterize": lambda picture: ImageOps.posterize(picture, 6),
        "identity": lambda picture: picture,
    }
    for name, operation in operations.items():
        made = one(tf.constant(pixels / 255, tf.float32), name) * 255
        wanted = np.stack([np.asarray(operation(Image.fromarray(picture))) for picture in pixels]).astype(float)
        far = np.abs(made - wanted)[:, 1:-1, 1:-1]  # Pillow leaves the edge as it is where it smooths
        assert far.max() < 2, name


def test_rand_augment_moves_by_its_shares(images):
    right = one(images, "shift_x", 0.5)
    by = 0.5 * 150 / 331 * 12
    wanted = scipy.ndimage.shift(images.numpy()[0, :, :, 0], (0, -by), order=1)
    assert right[0, :, :8, 0] == pytest.approx(wanted[:, :8], abs=1e-4)
    assert {name: np.allclose(one(images, name), images, atol=1e-5) for name in rand_augment.MOVES} == {
        name: name == "identity" for name in rand_augment.MOVES
    }


def test_rand_augment_takes_each_operation_about_equally_often(monkeypatch, images):
    seen = []
    look = lambda images, chosen, strength: seen.append((chosen.numpy(), strength.numpy())) or images  # noqa: E731
    monkeypatch.setattr(rand_augment, "_moved", look)
    rand_augment.augment(tf.zeros((700, 4, 4, 1)), keys_of(700), operations=2, magnitude=5)
    counts = np.bincount(np.concatenate([chosen for chosen, _ in seen]), minlength=14)
    assert len(counts) == 14 and counts.min() > 60 and counts.max() < 140
    assert not np.array_equal(seen[0][0], seen[1][0]) and set(seen[0][1]) == {-0.5, 0.5}
    with pytest.raises(ValueError, match="magnitude is 11, and at most 10"):
        rand_augment.augment(images, keys_of(6), magnitude=11)


def test_a_factor_of_nothing_changes_nothing(images, keys):
    assert np.allclose(shift.augment(images, keys, height_factor=0.0, width_factor=0.0), images, atol=1e-6)
    assert np.allclose(rotate.augment(images, keys, factor=0.0), images, atol=1e-6)
    assert np.allclose(zoom.augment(images, keys, height_factor=0.0), images, atol=1e-6)
