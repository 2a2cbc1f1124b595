"""Random numbers as a pure function of keys: the same on any machine, eager or in a graph, in whatever batch a key is.

Threefry-2x32 with 20 rounds (Salmon et al., 2011, "Parallel random numbers: as easy as 1, 2, 3", the generator of JAX):
integer additions, rotations and exclusive ors only, on all keys of a batch at once.
"""

import tensorflow as tf

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))  # Salmon et al., table 2, 2x32
PARITY = 0x1BD11BDA  # Threefish's constant, for 32 bits
GROUPS = 5  # of four rounds


def example_keys(seed: int, epoch: int | tf.Tensor, indices: tf.Tensor) -> tf.Tensor:
    """(batch,) indices of examples -> (batch, 2) int32 keys, a pure function of (seed, epoch, index).

    Of the seed, the epoch and an index the lowest 32 bits count; each may be a tensor.
    """
    return _signed(threefry((_word(seed), _word(epoch)), (_word(indices), _word(0))))


def fold_in(keys: tf.Tensor, number: int | tf.Tensor) -> tf.Tensor:
    """(batch, 2) int32 keys -> other keys, unrelated for each number: a step's place in a list, for example."""
    return _signed(threefry(_words(keys), (_word(0), _word(number))))


def uniform(keys: tf.Tensor, salt: int, count: int) -> tf.Tensor:
    """(batch, 2) int32 keys -> (batch, count) float32 in [0, 1), in steps of 2**-24; unrelated for each salt."""
    first, second = (word[:, tf.newaxis] for word in _words(keys))
    bits, _ = threefry((first, second), (_word(salt + 1), _word(tf.range(count))))
    return tf.cast(tf.bitwise.right_shift(bits, tf.constant(8, tf.uint32)), tf.float32) * 2.0**-24


def threefry(key: tuple[tf.Tensor, tf.Tensor], counter: tuple[tf.Tensor, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
    """Two uint32 words of random bits for each key and counter, whose words are uint32 and broadcast."""
    schedule = (*key, key[0] ^ key[1] ^ tf.constant(PARITY, tf.uint32))
    left, right = counter[0] + key[0], counter[1] + key[1]
    for group in range(GROUPS):
        for distance in ROTATIONS[group % 2]:
            left = left + right
            right = _rotated(right, distance) ^ left
        left = left + schedule[(group + 1) % 3]
        right = right + (schedule[(group + 2) % 3] + tf.constant(group + 1, tf.uint32))
    return left, right


def _rotated(word: tf.Tensor, distance: int) -> tf.Tensor:
    high = tf.bitwise.left_shift(word, tf.constant(distance, tf.uint32))
    return high | tf.bitwise.right_shift(word, tf.constant(32 - distance, tf.uint32))


def _word(number: int | tf.Tensor) -> tf.Tensor:
    """The lowest 32 bits, as uint32."""
    if isinstance(number, int):
        return tf.constant(number & 0xFFFFFFFF, tf.uint32)
    return tf.cast(number, tf.uint32)


def _words(keys: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    words = tf.bitcast(keys, tf.uint32)
    return words[:, 0], words[:, 1]


def _signed(words: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
    return tf.bitcast(tf.stack(words, axis=1), tf.int32)
