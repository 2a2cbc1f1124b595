import hashlib
import time
import tracemalloc

import numpy as np
import tensorflow as tf

from kerasapp.data import Subset
from kerasapp.data._arrays import Arrays, hashed
from kerasapp.types import Feature


def example(count: int = 20) -> Arrays:
    generator = np.random.default_rng(0)
    arrays = {
        "image": generator.integers(0, 255, (count, 4, 5, 1), dtype=np.uint8),
        "age": np.arange(count),
        "height": generator.normal(size=count),
        "weight": generator.normal(size=count),
        "city": np.array([f"Zürich {row}" for row in range(count)], object),
        "label": np.arange(count) % 3,
    }
    return Arrays(arrays, [f"row {row}" for row in range(count)], {"label": ("a", "b", "c")})


def test_gathering_in_a_dataset_gives_the_examples_in_order(everything):
    split = example()
    read = everything(split)
    assert list(read) == list(split.features)
    for name in split.features:
        told = [value.decode() for value in read[name]] if name == "city" else read[name]
        np.testing.assert_array_equal(told, split.column(name))
        assert split.features[name].dtype == "string" if name == "city" else read[name].dtype


def test_gathering_any_batch_gives_those_rows():
    split, rows = example(), np.array([7, 7, 0, 19])
    read = split.gather(tf.constant(rows))
    np.testing.assert_array_equal(read["image"], split.column("image")[rows])
    np.testing.assert_array_equal(read["weight"], split.column("weight")[rows])


def test_features_tell_dtype_shape_and_names():
    features = example().features
    assert features["image"] == Feature("uint8", (4, 5, 1))
    assert features["label"] == Feature("int64", (), ("a", "b", "c"))
    assert (features["city"], features["height"]) == (Feature("string"), Feature("float64"))


def test_the_data_is_not_copied_into_the_graph():
    split = Arrays({"image": np.zeros((1000, 1000), np.uint8)}, [""] * 1000)
    graph = tf.function(split.gather).get_concrete_function(tf.TensorSpec((None,), tf.int64)).graph
    assert graph.as_graph_def().ByteSize() < 10_000


def test_features_of_varying_length_come_as_ragged_tensors():
    boxes = np.empty(3, object)
    boxes[:] = [np.ones((count, 4), np.float32) * count for count in (2, 0, 3)]
    split = Arrays({"boxes": boxes}, ["", "", ""])
    assert split.features["boxes"] == Feature("float32", (None, 4))
    dataset = tf.data.Dataset.range(3).batch(2).map(split.gather)
    lengths = [batch["boxes"].row_lengths().numpy().tolist() for batch in dataset]
    assert lengths == [[2, 0], [3]]


def test_fingerprints_are_of_the_content_and_the_same_on_any_machine():
    images = np.arange(24, dtype=np.uint8).reshape(3, 2, 4)
    images[2] = images[0]
    split = Arrays({"image": images, "label": np.array([0, 1, 2])}, [""] * 3)
    by_hand = [int.from_bytes(hashlib.blake2b(image.tobytes(), digest_size=8).digest(), "little") for image in images]
    assert split.fingerprints().dtype == np.uint64
    assert split.fingerprints().tolist() == by_hand
    assert by_hand[0] == by_hand[2] != by_hand[1], "the label takes no part"


def test_fingerprints_see_every_feature():
    split, changed = example(), example()
    for name, value in (("age", 99), ("weight", 0.5), ("city", "Oslo")):
        before = changed.column(name)[4]
        changed.column(name)[4] = value
        again = Arrays({key: changed.column(key) for key in changed.features}, changed.ids)
        assert np.flatnonzero(again.fingerprints() != split.fingerprints()).tolist() == [4], name
        changed.column(name)[4] = before


def test_a_subset_shares_the_examples_and_drops_features(everything):
    split, rows = example(), np.array([11, 3, 8])
    subset = Subset(split, rows, drop=["city"])
    assert "city" not in subset.features
    assert list(subset.ids) == ["row 11", "row 3", "row 8"]
    assert subset.ids[-1] == "row 8"
    assert subset.ids[1:] == ["row 3", "row 8"]
    np.testing.assert_array_equal(everything(subset)["age"], rows)
    np.testing.assert_array_equal(subset.fingerprints(), split.fingerprints()[rows])


def test_gathering_a_batch_takes_microseconds():
    split = Subset(Arrays({"image": np.zeros((60000, 28, 28, 1), np.uint8)}, range(60000)), np.arange(50000))
    gather = tf.function(split.gather)
    rows = tf.constant(np.random.default_rng(0).integers(0, 50000, 64))
    gather(rows)
    fastest = min(_seconds(gather, rows) for _ in range(50))
    assert fastest < 0.01, "a hundred times what it takes"


def _seconds(function, *arguments) -> float:
    started = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - started


def test_what_is_gathered_is_in_memory_once():
    pixels = np.zeros((8, 4, 4, 1), np.uint8)
    split = Arrays({"image": pixels}, range(8))
    split.gather(tf.constant([0], tf.int64))
    (_, tensor) = split._tensors[0]
    assert np.shares_memory(split.column("image"), np.asarray(memoryview(tensor)))


def test_hashes_take_little_more_than_their_eight_bytes_while_they_are_made():
    """As objects each would take 50: half a gigabyte of ten million lines."""
    tracemalloc.start()
    found = hashed(b"%d" % number for number in range(300_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(np.unique(found)) == 300_000 and peak < 32 * 300_000
    assert hashed([]).shape == (0,)
