"""A bag of visual words (Csurka et al., 2004) of SIFT descriptors (Lowe, 2004), which OpenCV computes.

Words are the centres of k-means over descriptors of training pictures; a picture is how often each is the nearest, by
the square roots of the shares (Arandjelovic and Zisserman, 2012, "RootSIFT", do so with the descriptors, here too).
TensorFlow has no SIFT: a SavedModel takes the numbers that this makes, and a Python reader stands beside it.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from kerasapp.ops._histogram import levels
from kerasapp.ops._pictures import luminance
from kerasapp.types import PositiveInt

GRAPH = False
DESCRIPTORS = 50_000  # that k-means learns from, at most
LENGTH = 128  # of a descriptor


def learn(
    batches: Iterable[np.ndarray], *, words: PositiveInt = 100, grid: PositiveInt | None = None
) -> dict[str, Any]:
    """`vocabulary`: (words, 128) lists. Raises ValueError where the pictures show fewer keypoints than words."""
    from sklearn.cluster import MiniBatchKMeans

    found, count = [np.zeros((0, LENGTH), np.float32)], 0
    for batch in batches:
        for image in levels(luminance(tf.constant(batch)))[..., 0].numpy().astype(np.uint8):
            found.append(_described(image, grid))
            count += len(found[-1])
        if count >= DESCRIPTORS:
            break
    descriptors = np.concatenate(found)[:DESCRIPTORS]
    if len(descriptors) < words:
        told = f"{len(descriptors)} keypoints in the training pictures are too few for {words} words"
        raise ValueError(f"{told}: flat or small pictures have none. Set grid, fewer words, or take hog")
    centres = MiniBatchKMeans(words, random_state=0, n_init=3).fit(descriptors).cluster_centers_
    return {"vocabulary": np.round(centres.astype(np.float64), 5).tolist()}


def apply(
    images: tf.Tensor, learned: dict[str, Any], *, words: PositiveInt = 100, grid: PositiveInt | None = None
) -> tf.Tensor:
    """Images (batch, h, w, 1 or 3) in [0, 1] -> float32 (batch, words), of length 1; 0 where there is no keypoint.

    grid: keypoints every so many pixels, of that size (Lazebnik et al., 2006); None: where SIFT detects them, which in
    pictures below some 60 pixels are few.
    """
    vocabulary = np.asarray(learned["vocabulary"], np.float32)

    def counted(pictures: np.ndarray) -> np.ndarray:
        return np.stack([_bag(_described(image, grid), vocabulary) for image in pictures])

    grey = tf.cast(levels(luminance(images))[..., 0], tf.uint8)
    return tf.ensure_shape(tf.numpy_function(counted, [grey], tf.float32), [None, words])


def _described(image: np.ndarray, grid: int | None) -> np.ndarray:
    """(h, w) uint8 -> (keypoints, 128) float32, each the square root of a descriptor that sums to 1."""
    import cv2

    sift = cv2.SIFT_create()
    if grid is None:
        _, found = sift.detectAndCompute(image, None)
    else:
        height, width = image.shape
        places = [(x, y) for y in range(grid // 2, height, grid) for x in range(grid // 2, width, grid)]
        _, found = sift.compute(image, [cv2.KeyPoint(float(x), float(y), float(grid)) for x, y in places])
    if found is None:
        return np.zeros((0, LENGTH), np.float32)
    return np.sqrt(found / np.maximum(found.sum(axis=1, keepdims=True), 1))


def _bag(descriptors: np.ndarray, vocabulary: np.ndarray) -> np.ndarray:
    """(words,) float32."""
    if not len(descriptors):
        return np.zeros(len(vocabulary), np.float32)
    distance = (vocabulary**2).sum(axis=1) - 2 * descriptors @ vocabulary.T  # less what is the same for all words
    counts = np.bincount(distance.argmin(axis=1), minlength=len(vocabulary))
    return np.sqrt(counts / counts.sum()).astype(np.float32)
