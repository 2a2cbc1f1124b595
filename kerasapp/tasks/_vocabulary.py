"""Strings to numbers in plain TensorFlow ops: no lookup table, so nothing to track or initialise in a SavedModel."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

BUCKETS = 2**63 - 1  # among a million strings two share a hash with a chance of 5e-8


def positions(values: tf.Tensor, vocabularies: Sequence[Sequence[str]]) -> tf.Tensor:
    """(columns, batch) strings -> (columns, batch) int32: the place in the column's vocabulary, -1 for one not in it.

    A binary search among the sorted hashes of each vocabulary, which are constants of the graph: 8 columns of 128
    strings take a fifth of a millisecond, whatever the vocabularies' sizes.
    """
    with tf.init_scope():
        tensors = [tf.constant(list(words), tf.string) for words in vocabularies]
        hashes = [tf.strings.to_hash_bucket_fast(words, BUCKETS).numpy() for words in tensors]
    width = max(1, *(len(row) for row in hashes))
    known = np.full((len(hashes), width), np.iinfo(np.int64).max)
    places = np.full((len(hashes), width), -1, np.int32)
    for number, row in enumerate(hashes):
        order = np.argsort(row)
        known[number, : len(row)] = row[order]
        places[number, : len(row)] = order
    wanted = tf.strings.to_hash_bucket_fast(values, BUCKETS)
    nearest = tf.minimum(tf.searchsorted(known, wanted), width - 1)
    found = tf.equal(tf.gather(known, nearest, batch_dims=1), wanted)
    return tf.where(found, tf.gather(places, nearest, batch_dims=1), -1)


def numbered(labels: tf.Tensor, names: Sequence[str], values: Sequence[int] | None) -> tf.Tensor:
    """(batch,) labels, by name or by the source's own number -> int64, its place among `names`, -1 for others."""
    if labels.dtype == tf.string:
        labels = positions(labels[None], [names])[0]
    elif values != list(range(len(names))):
        known = tf.equal(tf.cast(labels, tf.int64)[:, None], tf.constant(values, tf.int64))
        labels = tf.where(tf.reduce_any(known, axis=1), tf.argmax(known, axis=1), -1)
    return tf.cast(labels, tf.int64)
