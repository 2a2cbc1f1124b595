"""The n-grams of words as `_ngrams` has them, in TensorFlow's ops: for words that a SavedModel is asked for."""

import tensorflow as tf

from kerasapp.ops._ngrams import BEGIN, END, LONGEST_CHARACTER, OFFSET, PRIME


def ngrams(words: tf.Tensor, min_n: int, max_n: int, buckets: int) -> tf.RaggedTensor:
    """(batch,) strings -> (batch, n-grams) int64, the row of each, in the order of `_ngrams.groups`."""
    wrapped = tf.strings.join([BEGIN, words, END])
    content = tf.cast(tf.io.decode_raw(tf.strings.reduce_join(wrapped), tf.uint8), tf.int64)
    ends = tf.cumsum(tf.strings.length(wrapped))
    owners = tf.searchsorted(ends, tf.range(tf.size(content)), side="right")  # the word of each byte
    heads = tf.pad((content & 0xC0) != 0x80, [[0, 1]], constant_values=True)  # where a character begins
    signed = tf.where(content < 128, content, content + 0xFFFFFF00)
    last = tf.gather(ends, owners)
    first = last - tf.gather(tf.strings.length(wrapped), owners)
    begins = tf.reshape(tf.where(heads[:-1]), [-1])
    begins = tf.cast(begins, tf.int32)
    first, last = tf.gather(first, begins), tf.gather(last, begins)
    hashes, lengths = tf.fill(tf.shape(begins), tf.constant(OFFSET, tf.int64)), tf.zeros_like(begins)
    found, whole = [], []
    for step in range(LONGEST_CHARACTER * max_n):
        places = tf.minimum(begins + step, tf.size(content) - 1)
        hashes = ((hashes ^ tf.gather(signed, places)) * PRIME) & 0xFFFFFFFF
        lengths += tf.cast(tf.gather(heads, places), tf.int32)
        at_end = begins + step + 1 == last
        right = (begins + step < last) & (at_end | tf.gather(heads, places + 1))
        right &= (lengths >= min_n) & (lengths <= max_n)
        whole.append(right & ((lengths > 1) | ((begins > first) & ~at_end)))
        found.append(hashes % buckets)
    whole = tf.stack(whole, 1)  # (characters, steps)
    sizes = tf.math.unsorted_segment_sum(
        tf.reduce_sum(tf.cast(whole, tf.int32), 1), tf.gather(owners, begins), tf.size(words)
    )
    return tf.RaggedTensor.from_row_lengths(tf.boolean_mask(tf.stack(found, 1), whole), sizes, validate=False)
