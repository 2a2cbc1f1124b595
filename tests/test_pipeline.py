"""A batch is a pure function of (seed, epoch, number)."""

from dataclasses import dataclass

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from kerasapp import components, data, pipeline
from kerasapp.errors import DataError


@dataclass
class Rows:
    """Examples that are their own number, and a task that passes them and their keys on."""

    count: int

    @property
    def features(self):
        from kerasapp.types import Feature

        return {"x": Feature("int64"), "label": Feature("int64")}

    def __len__(self):
        return self.count

    def gather(self, indices):
        return {"x": indices, "label": indices % 3}


class Plain:
    def measures(self):
        return False

    def prepare(self, raw):
        return raw

    def encode(self, raw, keys=None):
        return tf.cast(raw["x"], tf.float32)[:, None], {}

    def target(self, raw, context):
        return raw["label"]

    def decode(self, logits, context):
        return {"value": logits[:, 0]}

    def elements(self, raw, keys=None):
        return raw["x"], keys


def epochs_of(count, batch_size, seed, epoch, first=0):
    """The batches of an epoch from one on, and of the next ones."""
    steps = -(-count // batch_size)
    rows, task = Rows(count), Plain()
    read = pipeline.reader(task, rows)
    begin = epoch * steps + first
    made = pipeline.training_batches(task, rows, read, batch_size=batch_size, seed=seed, begin=begin)
    return pipeline.in_epochs(made, steps - first)


def epoch_of(*given, **more):
    return [(x.numpy(), keys.numpy()) for x, keys in epochs_of(*given, **more)]


@pytest.mark.parametrize("count, batch_size", [(1, 4), (7, 3), (64, 16), (1000, 32)])
def test_an_epoch_holds_every_example_once_and_the_last_batch_is_what_is_left(count, batch_size):
    batches = epoch_of(count, batch_size, 3, 0)
    seen = np.concatenate([x for x, _ in batches])
    assert sorted(seen) == list(range(count))
    assert [len(x) for x, _ in batches][:-1] == [batch_size] * (len(batches) - 1)
    assert epochs_of(count, batch_size, 3, 0).cardinality().numpy() == len(batches) == -(-count // batch_size)


def test_the_order_depends_on_seed_and_epoch_and_on_nothing_else():
    def order(seed, epoch):
        return list(np.concatenate([x for x, _ in epoch_of(200, 16, seed, epoch)]))

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1) != order(2, 1)
    assert order(1, 0) != list(range(200))


def test_each_iteration_is_the_next_epoch_and_one_that_nothing_is_taken_from_is_none():
    made = epochs_of(50, 10, 1, 0)
    for epoch in range(3):
        iter(made)  # Keras makes two for each
        given = [(x.numpy(), keys.numpy()) for x, keys in made]
        for (x, keys), (y, other) in zip(given, epoch_of(50, 10, 1, epoch), strict=True):
            assert np.array_equal(x, y) and np.array_equal(keys, other)


def test_starting_at_a_later_batch_gives_the_batches_that_would_have_come():
    whole, rest = epoch_of(100, 16, 5, 2), epoch_of(100, 16, 5, 2, first=4)
    assert len(rest) == len(whole) - 4
    for (x, keys), (y, other) in zip(whole[4:], rest, strict=True):
        assert np.array_equal(x, y) and np.array_equal(keys, other)


def test_batches_without_end_are_those_of_epoch_after_epoch():
    rows, task = Rows(50), Plain()
    made = pipeline.training_batches(task, rows, pipeline.reader(task, rows), batch_size=16, seed=5, begin=6)
    wanted = [pair for epoch, first in ((1, 2), (2, 0), (3, 0)) for pair in epoch_of(50, 16, 5, epoch, first)]
    for (x, keys), (y, other) in zip(made.take(10), wanted, strict=True):
        assert np.array_equal(x, y) and np.array_equal(keys, other)


def test_the_making_of_small_batches_is_not_tuned(monkeypatch):
    rows, task = Rows(50), Plain()

    def made():
        return pipeline.training_batches(task, rows, pipeline.reader(task, rows), batch_size=16, seed=5)

    size = 16 * (8 + 2 * 4)  # an int64 and a key
    monkeypatch.setattr(pipeline, "SMALL", size)
    assert made().options().autotune.enabled is False
    monkeypatch.setattr(pipeline, "SMALL", size - 1)
    assert made().options().autotune.enabled is None


def test_batches_that_are_held_are_those_that_were_made_and_large_ones_are_not_held(monkeypatch):
    ranges = tf.data.Dataset.range(0, 7, 3)
    made = ranges.map(lambda start: tf.range(start, tf.minimum(start + 3, 7))).map(lambda x: (x, x + 1))
    kept = pipeline.held(made, 7, 3)
    assert kept is not made
    for (x, y), (a, b) in zip(made, kept, strict=True):
        assert np.array_equal(x, a) and np.array_equal(y, b)
    monkeypatch.setattr(pipeline, "HELD", 7 * 16 - 1)
    assert pipeline.held(made, 7, 3) is made


def test_the_keys_of_augmentation_belong_to_the_example_and_the_epoch_not_to_its_place():
    by_example = {}
    for size in (8, 32):
        for x, keys in epoch_of(64, size, 1, 0):
            for example, key in zip(x, keys, strict=True):
                assert by_example.setdefault(int(example), tuple(key)) == tuple(key)
    later = {int(e): tuple(k) for x, keys in epoch_of(64, 8, 1, 1) for e, k in zip(x, keys, strict=True)}
    assert all(by_example[example] != later[example] for example in later)


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_outputs_hold_the_whole_split_once_in_order(batch_size):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
    found = pipeline.outputs(model, Plain(), Rows(25), batch_size=batch_size)
    assert np.array_equal(found.logits[:, 0], np.arange(25))
    assert np.array_equal(found.decoded["value"], np.arange(25))
    assert np.array_equal(found.targets, np.arange(25) % 3)


def test_batches_of_texts_of_any_length_are_read_by_few_graphs():
    traced = []

    class Texts(Plain):
        def prepare(self, raw):
            return raw | {"x": tf.cast(tf.sequence_mask(raw["x"] + 1), tf.int64)}

        def encode(self, raw, keys=None):
            traced.append(raw["x"].shape)
            return tf.cast(tf.reduce_sum(raw["x"], axis=1, keepdims=True), tf.float32), {}

    model = keras.Sequential([keras.Input((1,)), keras.layers.Identity()])
    found = pipeline.outputs(model, Texts(), Rows(40), batch_size=2)
    assert found.decoded["value"].tolist() == list(range(1, 41)) and len(traced) <= 3


@pytest.fixture
def photos(tmp_path):
    draw = np.random.default_rng(0)
    for label in ("a", "b"):
        (tmp_path / "photos" / label).mkdir(parents=True)
        for number in range(12):
            pixels = draw.integers(0, 255, (20 + number, 30, 3)).astype("uint8")
            Image.fromarray(pixels).save(tmp_path / "photos" / label / f"{number}.png")
    return tmp_path / "photos"


def folder_task(photos):
    spec = {"name": "image_folder", "path": str(photos), "split": None, "folds": None, "fold": None}
    split = data.load(spec, 0, {})["train"]
    return components.create("tasks", {"name": "image_classification", "image_size": [16, 16]}).adapt(split), split


@pytest.mark.parametrize("cache", ["memory", "disk"])
def test_a_cache_gives_what_reading_anew_gives(photos, tmp_path, cache):
    task, split = folder_task(photos)
    indices = tf.constant([5, 0, 23, 5], tf.int64)
    fresh = pipeline.reader(task, split)(indices)
    kept = pipeline.cached_reader(task, split, cache=cache, limit=1.0, folder=tmp_path / "cache")
    for path in photos.rglob("*.png"):
        path.unlink()  # what was kept needs the files no more
    found = kept(indices)
    assert fresh.keys() == found.keys()
    assert all(np.array_equal(fresh[name], found[name]) for name in fresh)


def test_a_cache_above_its_limit_goes_to_disk_and_says_so(photos, tmp_path, caplog):
    task, split = folder_task(photos)
    with caplog.at_level("INFO", "kerasapp"):
        pipeline.cached_reader(task, split, cache="memory", limit=1e-6, folder=tmp_path / "cache")
    assert "kept on disk" in caplog.text and list((tmp_path / "cache").iterdir())


def test_a_cache_on_disk_is_made_once_and_again_where_it_was_not_completed(photos, tmp_path):
    task, split = folder_task(photos)
    folder = tmp_path / "cache"
    wanted = pipeline.cached_reader(task, split, cache="disk", limit=1.0, folder=folder)(tf.range(24, dtype=tf.int64))
    (folder / "complete").unlink()
    np.lib.format.open_memmap(folder / "image.npy", "r+")[:] = 0  # as a process that was killed leaves it
    for _ in range(2):
        found = pipeline.cached_reader(task, split, cache="disk", limit=1.0, folder=folder)(
            tf.range(24, dtype=tf.int64)
        )
        assert all(np.array_equal(wanted[name], found[name]) for name in wanted)
        for path in photos.rglob("*.png"):
            path.unlink()  # the second process reads none of them


def test_a_picture_cut_short_is_named_when_the_cache_meets_it(photos, tmp_path):
    task, split = folder_task(photos)
    victim = photos / "b" / "7.png"
    victim.write_bytes(victim.read_bytes()[:400])
    with pytest.raises(DataError, match=r"7\.png"):
        pipeline.cached_reader(task, split, cache="memory", limit=1.0, folder=tmp_path / "cache")
