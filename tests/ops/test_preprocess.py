"""Preprocessing against OpenCV, scipy and NumPy, each within the tolerance that is said."""

import cv2
import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

from kerasapp import components
from kerasapp.ops import (
    average_blur,
    clahe,
    color_space,
    equalize,
    frequency_filter,
    gaussian_blur,
    hog,
    laplacian_of_gaussian,
    median_blur,
    normalize,
    sift,
)

STEP = 1 / 255
STEPS = [name for name in components.names("ops", "apply") if name != "kalman_smooth"]  # which takes frames
LEARN = {name: components.function("ops", name, "learn") for name in components.names("ops", "learn")}


def scene(height, width, channels, count=2, seed=0):
    """uint8 pictures with edges, blobs and a gradient, so that a filter has something to do."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] / max(height, width)
    made = []
    for _ in range(count):
        layers = []
        for _ in range(channels):
            a, b, c = random.uniform(-1, 1, 3)
            wave = 0.5 + 0.3 * np.sin(9 * (a * x + b * y) + 6 * c) + 0.2 * (np.hypot(x - 0.5 + a / 4, y - 0.4) < 0.2)
            layers.append(wave + random.normal(0, 0.05, wave.shape))
        made.append(np.stack(layers, -1))
    return (np.stack(made).clip(0, 1) * 255).round().astype(np.uint8)


def floats(pixels):
    return tf.constant(pixels / np.float32(255), tf.float32)


def by_picture(function, pixels):
    """An oracle on one picture (h, w, c), for all of them; OpenCV drops a single channel."""
    return np.stack([function(image).reshape(*image.shape[:2], -1) for image in pixels])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("sigma", [0.6, 1.5])
def test_gaussian_blur_is_opencvs(channels, sigma):
    pixels = scene(17, 23, channels).astype(np.float32) / 255
    size = 2 * int(np.ceil(3 * sigma)) + 1
    wanted = by_picture(lambda image: cv2.GaussianBlur(image, (size, size), sigma), pixels)
    assert gaussian_blur.apply(tf.constant(pixels), sigma=sigma).numpy() == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_average_and_median_blur_are_opencvs(channels):
    pixels = scene(12, 9, channels)
    for size in (3, 5):
        wanted = by_picture(lambda image: cv2.blur(image.astype(np.float32), (size, size)), pixels)  # noqa: B023
        assert average_blur.apply(floats(pixels), size=size).numpy() * 255 == pytest.approx(wanted, abs=1e-3)
        wanted = by_picture(lambda image: cv2.medianBlur(image, size), pixels)  # noqa: B023
        assert median_blur.apply(floats(pixels), size=size).numpy() * 255 == pytest.approx(wanted, abs=1e-3)


def test_laplacian_of_gaussian_is_scipys_and_0_where_it_is_flat():
    pixels = scene(20, 24, 1) / 255
    made = laplacian_of_gaussian.apply(tf.constant(pixels, tf.float32), sigma=1.5).numpy()
    wanted = by_picture(
        lambda image: 1.5**2 * scipy.ndimage.gaussian_laplace(image[..., 0], 1.5, mode="mirror"), pixels
    )
    assert made == pytest.approx(wanted, abs=2e-3)
    assert np.abs(laplacian_of_gaussian.apply(tf.ones((1, 20, 20, 1)), sigma=0.5)).max() < 1e-5


@pytest.mark.parametrize("shape", [(16, 16), (15, 22)])
def test_what_is_low_and_what_is_high_are_numpys_and_make_the_whole(shape):
    pixels = scene(*shape, 3) / 255
    frequency = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.fftfreq(shape[1]))[:, :, None]
    for form, mask in (("ideal", frequency <= 0.15), ("gaussian", np.exp(-(frequency**2) / (2 * 0.15**2)))):
        wanted = np.fft.ifft2(np.fft.fft2(pixels, axes=(1, 2)) * mask, axes=(1, 2)).real
        images = tf.constant(pixels, tf.float32)
        low = frequency_filter.apply(images, keep="low", cutoff=0.3, shape=form).numpy()
        high = frequency_filter.apply(images, keep="high", cutoff=0.3, shape=form).numpy()
        assert low == pytest.approx(wanted.clip(0, 1), abs=1e-5)
        assert high == pytest.approx(pixels - wanted, abs=1e-5)


def test_equalize_is_opencvs_on_grey_and_on_the_luminance_of_colours():
    grey = scene(14, 19, 1)
    grey[1] = grey[1] // 4 + 90
    wanted = by_picture(cv2.equalizeHist, grey)
    assert np.array_equal(np.rint(equalize.apply(floats(grey)).numpy() * 255), wanted)
    colours = scene(14, 19, 3) // 3 + 60

    def on_y(image):
        parts = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)
        parts[..., 0] = cv2.equalizeHist(parts[..., 0])
        return cv2.cvtColor(parts, cv2.COLOR_YCrCb2RGB)

    made = equalize.apply(floats(colours)).numpy() * 255
    assert np.abs(made - by_picture(on_y, colours)).mean() < 1  # it rounds on the way there and back


@pytest.mark.parametrize("flat", [0, 77, 255])
def test_a_flat_picture_stays_as_it_is(flat):
    pixels = np.full((1, 32, 32, 1), flat, np.uint8)
    assert equalize.apply(floats(pixels)).numpy() * 255 == pytest.approx(pixels)
    assert np.isfinite(clahe.apply(floats(pixels)).numpy()).all()


@pytest.mark.parametrize(
    "height, width, tiles, limit",
    [(32, 48, (4, 4), 2.0), (33, 47, (4, 6), 3.0), (64, 64, (8, 8), 40.0), (32, 50, (4, 4), 1.0)],
)
def test_clahe_is_opencvs_level_for_level(height, width, tiles, limit):
    pixels = scene(height, width, 1)
    oracle = cv2.createCLAHE(limit, tiles[::-1])
    made = np.rint(clahe.apply(floats(pixels), clip_limit=limit, tiles=tiles).numpy() * 255)
    wanted = by_picture(oracle.apply, pixels)
    assert np.abs(made - wanted).max() <= 1 and np.mean(made != wanted) < 0.01  # a half rounded the other way


@pytest.mark.parametrize(
    "to, code, scale, shift",
    [
        ("BGR", cv2.COLOR_RGB2BGR, (1, 1, 1), 0),
        ("HSV", cv2.COLOR_RGB2HSV, (1 / 360, 1, 1), 0),
        ("LAB", cv2.COLOR_RGB2Lab, (1 / 100, 1 / 255, 1 / 255), (0, 128 / 255, 128 / 255)),
        ("gray", cv2.COLOR_RGB2GRAY, (1,), 0),
    ],
)
def test_colours_are_opencvs(to, code, scale, shift):
    pixels = np.random.default_rng(1).random((2, 9, 8, 3)).astype(np.float32)
    pixels[0, :, :2] *= 0.02  # where the curves are straight
    wanted = by_picture(lambda image: cv2.cvtColor(image, code), pixels) * np.array(scale) + shift
    made = color_space.apply(tf.constant(pixels), to=to).numpy()
    assert made.shape == wanted.shape and np.abs(made - wanted).max() < (2e-3 if to == "LAB" else 1e-5)


def test_a_grey_picture_in_colour_has_three_equal_channels():
    grey = floats(scene(5, 6, 1))
    assert np.array_equal(color_space.apply(grey, to="RGB"), np.repeat(grey, 3, axis=3))
    assert np.array_equal(color_space.apply(grey, to="gray"), grey)


@pytest.mark.parametrize(
    "height, width, channels, cell, block, directions",
    [(32, 32, 1, 8, 2, 9), (32, 32, 3, 8, 2, 9), (24, 36, 3, 6, 2, 8), (24, 24, 1, 4, 3, 9)],
)
def test_hog_is_opencvs_number_for_number(height, width, channels, cell, block, directions):
    pixels = scene(height, width, channels)
    side = (cell * block, cell * block)
    oracle = cv2.HOGDescriptor((width, height), side, (cell, cell), (cell, cell), directions)
    wanted = np.stack([oracle.compute(image).ravel() for image in pixels])
    made = hog.apply(floats(pixels), orientations=directions, cell_size=cell, block_size=block).numpy()
    assert made.shape == wanted.shape and np.abs(made - wanted).max() < 2e-3  # its arctangent is a table's


def test_normalize_learns_each_channels_mean_and_deviation_from_train():
    batches = [scene(8, 8, 3, seed=seed) / np.float32(255) for seed in range(3)]
    every = np.concatenate(batches)
    learned = normalize.learn(iter(batches))
    assert learned["mean"] == pytest.approx(every.mean(axis=(0, 1, 2)), abs=1e-6)
    made = normalize.apply(tf.constant(every), learned).numpy()
    assert made.mean(axis=(0, 1, 2)) == pytest.approx(0, abs=1e-5) and made.std(axis=(0, 1, 2)) == pytest.approx(
        1, abs=1e-5
    )
    given = normalize.apply(tf.constant(every), {}, mean=[0.5], std=[0.25]).numpy()
    assert given == pytest.approx((every - 0.5) / 0.25, abs=1e-6)
    assert normalize.learn(iter([np.ones((4, 7), np.float32)]))["std"] == [0.0] * 7
    features = normalize.apply(tf.ones((4, 7)), {"mean": [1.0] * 7, "std": [0.0] * 7})
    assert np.array_equal(features, np.zeros((4, 7)))


def test_normalize_by_image_is_tensorflows():
    pixels = floats(scene(6, 7, 3))
    assert np.allclose(normalize.apply(pixels, {}, by="image"), tf.image.per_image_standardization(pixels), atol=1e-5)
    flat = normalize.apply(tf.ones((1, 4, 4, 1)), {}, by="image")
    assert np.array_equal(flat, np.zeros((1, 4, 4, 1)))


def test_sift_counts_the_nearest_words_of_opencvs_descriptors():
    batches = [scene(64, 64, 1, seed=seed) / np.float32(255) for seed in range(3)]
    learned = sift.learn(iter(batches), words=5)
    vocabulary = np.array(learned["vocabulary"])
    made = sift.apply(tf.constant(batches[0]), learned, words=5).numpy()
    for image, bag in zip(np.rint(batches[0] * 255).astype(np.uint8), made, strict=True):
        _, found = cv2.SIFT_create().detectAndCompute(image, None)
        found = np.sqrt(found / found.sum(axis=1, keepdims=True))
        nearest = np.argmin(((found[:, None] - vocabulary) ** 2).sum(axis=2), axis=1)
        assert bag == pytest.approx(np.sqrt(np.bincount(nearest, minlength=5) / len(nearest)), abs=1e-5)


def test_sift_of_flat_pictures_is_0_or_refused_where_nothing_can_be_learned():
    flat = np.full((2, 64, 64, 1), 0.5, np.float32)
    learned = {"vocabulary": np.eye(3, 128).tolist()}
    assert np.array_equal(sift.apply(tf.constant(flat), learned, words=3), np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"0 keypoints in the training pictures are too few for 3 words.*take hog"):
        sift.learn(iter([flat]), words=3)
    on_a_grid = sift.apply(floats(scene(32, 32, 3)), learned, words=3, grid=8)
    assert np.linalg.norm(on_a_grid, axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", STEPS)
def test_a_picture_does_not_depend_on_its_neighbours_and_a_graph_agrees(name):
    images = floats(scene(32, 32, 3, count=3))
    step = components.function("ops", name, "apply")
    more = {"words": 4, "grid": 8} if name == "sift" else {}
    given = (LEARN[name](iter([images.numpy()]), **more),) if name in LEARN else ()
    together = step(images, *given, **more)
    alone = tf.concat([step(images[n : n + 1], *given, **more) for n in range(3)], axis=0)
    assert together.dtype == tf.float32 and together.shape[0] == 3 and np.isfinite(together.numpy()).all()
    assert np.allclose(together, alone, atol=1e-5)
    graph = tf.function(lambda images: step(images, *given, **more), input_signature=[tf.TensorSpec([None, 32, 32, 3])])
    assert np.allclose(graph(images), together, atol=1e-5)
    assert graph.get_concrete_function().output_shapes[1:] == together.shape[1:]


@pytest.mark.parametrize(
    "step, arguments, shape, words",
    [
        (gaussian_blur, {"sigma": 3.0}, (1, 8, 8, 1), "19 pixels is too large for pictures of 8 x 8"),
        (average_blur, {"size": 4}, (1, 8, 8, 1), "size is 4, and must be odd"),
        (median_blur, {"size": 2}, (1, 8, 8, 1), "must be odd"),
        (clahe, {}, (1, 8, 8, 1), "8 x 8 tiles are too many"),
        (hog, {}, (1, 15, 32, 1), "2 x 2 cells of 8 pixels do not fit pictures of 15 x 32"),
        (hog, {}, (1, 40), "takes pictures, and gets 40 numbers"),
        (color_space, {}, (1, 8, 8, 2), "1 or 3 channels, and gets 2"),
    ],
)
def test_what_does_not_fit_is_said(step, arguments, shape, words):
    with pytest.raises(ValueError, match=words):
        step.apply(tf.zeros(shape), **arguments)
