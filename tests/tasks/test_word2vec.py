import errno
import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from kerasapp import components, pipeline
from kerasapp.data import text_files
from kerasapp.data._arrays import Arrays, texts
from kerasapp.errors import DataError, WorkError
from kerasapp.ops._random import example_keys
from kerasapp.tasks import _corpus, _rows
from kerasapp.tasks._once import once
from kerasapp.tasks._words import texts_of
from kerasapp.tasks.word2vec import Word2Vec


def split_of(*lines):
    return Arrays({"text": texts(lines)}, [f"a.txt:{number}" for number in range(1, len(lines) + 1)])


def rows_of(task, split):
    cut = task.adapt(split).cut(split)
    return cut.gather(tf.range(len(cut), dtype=tf.int64))["tokens"].numpy()


def test_words_stand_by_their_frequency_and_rare_ones_are_left_out():
    task = Word2Vec(min_count=2).adapt(
        split_of("The cat and the dog.", "A dog's day: the dog, and THE END", "don't don't")
    )
    assert task.words == ["the", "and", "dog", "don't"] and task.counts == [4, 2, 2, 2]
    assert task.text_words == 15
    facts = {"vocabulary": task.words, "vocabulary_size": 4, "word_counts": [4, 2, 2, 2]}
    seen = [4 * ((400**-0.5) + 1 / 400), *[2 * (200**-0.5 + 1 / 200)] * 3]  # subsample 1e-3: a share of .4 is 400 times
    assert task.facts().pop("subsampled_counts") == pytest.approx(seen)
    del (found := task.facts())["subsampled_counts"]
    assert found == facts | {"window": 5, "cooccurrence_window": 5}


def test_what_stands_between_spaces_is_a_word_where_that_is_asked():
    task = Word2Vec(min_count=1, tokens="spaces", lowercase=False).adapt(split_of("The end. The", "end."))
    assert task.words == ["The", "end."]


def test_a_row_has_the_words_in_order_and_the_end_of_each_line():
    split = split_of("b a rare", "", "a b a", "odd b")
    task = Word2Vec(min_count=2).adapt(split)
    (row,) = rows_of(task, split)
    assert task.words == ["b", "a"]
    told = ["." if token == -1 else task.words[token] for token in row.tolist() if token != _rows.GONE]
    assert told == [*"ba.", *".", *"aba.", *"b."]


def test_rows_are_cut_from_the_text_and_make_it_again(tmp_path, monkeypatch):
    monkeypatch.setattr(_rows, "SHORTEST", 16)
    draw = np.random.default_rng(0)
    lines = [" ".join(f"w{n}" for n in draw.integers(0, 30, draw.integers(1, 9))) for _ in range(200)]
    (tmp_path / "some.txt").write_text("\n".join(lines))
    split = text_files.load(path=str(tmp_path / "some.txt"))["train"]
    task = Word2Vec(min_count=1).caching_in(tmp_path / "cache").adapt(split)
    cut = task.cut(split)
    assert len(cut) > 32
    order = draw.permutation(len(cut))
    rows = np.empty((len(cut), cut.length), np.int32)
    rows[order] = cut.gather(tf.constant(order, tf.int64))["tokens"].numpy()
    told = " ".join("\n" if token == -1 else task.words[token] for token in rows.ravel() if token != _rows.GONE)
    assert [line.split() for line in told.split("\n")[:-1]] == [line.split() for line in lines]


def test_a_corpus_is_made_once_and_anew_where_the_text_or_its_reading_changes(tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    Word2Vec(min_count=1).caching_in(cache).adapt(split_of("a b", "b c"))
    (made,) = cache.iterdir()
    with monkeypatch.context() as patch:
        patch.setattr("kerasapp.tasks._corpus._texts", lambda split: pytest.fail("read again"))
        again = Word2Vec(min_count=1, window=2).caching_in(cache).adapt(split_of("a b", "b c"))
    assert again.words == ["b", "a", "c"] and list(cache.iterdir()) == [made]
    for task, lines in (
        (Word2Vec(min_count=1, lowercase=False), ("a b", "b c")),
        (Word2Vec(min_count=1), ("b c", "a b")),
    ):
        task.caching_in(cache).adapt(split_of(*lines))
    assert len(list(cache.iterdir())) == 3


def test_a_long_line_is_read_in_pieces_that_cut_no_word(monkeypatch):
    monkeypatch.setattr("kerasapp.tasks._corpus.PIECE", 7)
    line = " ".join(f"word{number % 9}" for number in range(50))
    split = split_of(line, "word1 word2")
    task = Word2Vec(min_count=1).adapt(split)
    assert sorted(task.words) == [f"word{number}" for number in range(9)] and task.text_words == 52
    (row,) = rows_of(task, split)
    assert np.flatnonzero(row == -1).tolist() == [50, 53]


def test_of_long_texts_fewer_are_read_at_once():
    lines = ["ab " * length for length in [*[1] * 40, *[100] * 40, *[1] * 40]]
    parts = [part.numpy() for part in texts_of(split_of(*lines), 16, 900)]
    assert [line.decode() for part in parts for line in part] == lines
    assert max(map(len, parts)) == 16 and all(len(part) == 3 for part in parts[7:16])
    assert [len(part) for part in texts_of(split_of(*lines), 50)] == [50, 50, 20]


def test_frequent_words_are_left_out_as_often_as_in_gensim():
    from gensim.models import Word2Vec as Gensim

    lines = [["the"] * 50 + ["of"] * 20 + [f"w{n}" for n in range(30)] for _ in range(200)]
    peer = Gensim(sample=1e-2, min_count=1)
    peer.build_vocab(lines)
    task = Word2Vec(min_count=1, subsample=1e-2).adapt(split_of(*map(" ".join, lines)))
    expected = [peer.wv.get_vecattr(word, "sample_int") / (2**32 - 1) for word in task.words]
    np.testing.assert_allclose(task._chances(), expected, atol=1e-4)


def test_each_epoch_leaves_out_others_and_the_same_when_it_is_seen_again():
    split = split_of(*["the the the the one two three"] * 400)
    task = Word2Vec(min_count=1, subsample=0.05).adapt(split)
    cut = task.cut(split)
    raw, index = cut.gather(tf.constant([0], tf.int64)), tf.constant([0], tf.int64)
    first, second, again = (
        task.encode(raw, example_keys(0, tf.constant(epoch, tf.int64), index))[0].numpy() for epoch in (0, 1, 0)
    )
    assert not np.array_equal(first, second) and np.array_equal(first, again)
    kept = (first == 0).sum() / (raw["tokens"].numpy() == 0).sum()
    assert kept == pytest.approx(task._chances()[0], abs=0.05)
    whole = task.encode(raw)[0].numpy()
    assert (whole == 0).sum() == (raw["tokens"].numpy() == 0).sum()


def test_what_is_left_stands_first_and_rows_do_not_run_into_each_other(monkeypatch):
    monkeypatch.setattr(_rows, "SHORTEST", 4)
    split = split_of("a a b b", "a rare a b", "b b")
    task = Word2Vec(min_count=2, subsample=0).adapt(split)
    cut = task.cut(split)
    inputs, _ = task.encode(cut.gather(tf.constant([1, 0], tf.int64)))
    assert inputs.shape == (2, 5)
    assert inputs.numpy().ravel().tolist() == [-1, 1, 1, -1, 1, 1, 0, 0, -1, -2]


def test_vectors_that_are_not_finite_are_no_result():
    task = Word2Vec(min_count=1).adapt(split_of("a b", "b c"))
    made = SimpleNamespace(word_vectors=lambda: np.array([[1, 2], [np.nan, 0], [0, np.inf]], np.float32))
    with pytest.raises(WorkError, match="training diverged: 2 of 3 vectors are NaN or infinite"):
        task.result(made)


def test_what_was_learned_goes_through_json():
    task = Word2Vec(min_count=1).adapt(split_of("a b", "b ü"))
    again = Word2Vec(min_count=1).restore(json.loads(json.dumps(task.state())))
    assert (again.words, again.counts, again.text_words) == (["b", "a", "ü"], [2, 1, 1], 4)


@pytest.mark.parametrize(
    "text, words",
    [
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("cafe\u0301 шалом", ["cafe\u0301", "шалом"]),
        ("שָׁלוֹם 東京 don\u2019t rock'n'roll 'tis", ["שָׁלוֹם", "東京", "don\u2019t", "rock'n'roll", "tis"]),
        ("a_b x-ray 3.14 end.\nnew", ["a_b", "x", "ray", "3", "14", "end", "\n", "new"]),
    ],
)
def test_a_word_is_letters_with_their_marks_and_apostrophes_within(text, words):
    assert _corpus.pattern("words").findall(text) == words


@pytest.mark.parametrize("damage", ["ids", "words", "counts.npy"])
@pytest.mark.parametrize("how", ["cut", "empty", "gone"])
def test_a_damaged_corpus_is_made_anew(tmp_path, damage, how):
    split, cache = split_of("a b c", "b c"), tmp_path / "cache"
    first = Word2Vec(min_count=1).caching_in(cache).adapt(split)
    (made,) = cache.iterdir()
    content = (made / damage).read_bytes()
    if how == "gone":
        (made / damage).unlink()
    else:
        (made / damage).write_bytes(content[: len(content) // 2 if how == "cut" else 0])
    again = Word2Vec(min_count=1).caching_in(cache).adapt(split)
    assert (again.words, again.counts, again.text_words) == (first.words, first.counts, first.text_words)
    assert (made / damage).read_bytes() == content


def test_a_corpus_that_is_deleted_while_it_is_read_is_read_to_the_end(tmp_path):
    split = split_of("a b c", "b c")
    task = Word2Vec(min_count=1).caching_in(tmp_path / "cache").adapt(split)
    cut = task.cut(split)
    shutil.rmtree(tmp_path / "cache")
    assert (cut.gather(tf.constant([0], tf.int64))["tokens"].numpy() >= 0).sum() == 5


def test_a_full_disk_is_told_by_its_reason(tmp_path):
    (tmp_path / "ids").symlink_to("/dev/full")
    with pytest.raises(OSError) as told:
        _corpus._read(split_of("a b c"), tmp_path, "words", True)
    assert told.value.errno == errno.ENOSPC


def test_what_was_made_and_can_not_be_read_back_is_told(tmp_path):
    with pytest.raises(
        WorkError, match=f"{tmp_path}: what was just written there can't be read back. Is the disk full"
    ):
        once(tmp_path, "corpus", "key", lambda folder: None, _corpus._opened)
    assert list(tmp_path.iterdir()) == []


def test_what_another_process_has_just_removed_keeps_nothing_from_being_kept(tmp_path):
    (tmp_path / ".corpus-gone").symlink_to(tmp_path / "nowhere")
    Word2Vec(min_count=1).caching_in(tmp_path).adapt(split_of("a b", "b"))
    assert list(tmp_path.glob("corpus-*"))


def test_where_nothing_can_be_kept_it_goes_on_without(tmp_path):
    (tmp_path / "cache").write_text("")
    assert Word2Vec(min_count=1).caching_in(tmp_path / "cache").adapt(split_of("a b", "b")).words == ["b", "a"]


@pytest.mark.parametrize("name", ["validation", "test"])
def test_a_split_that_is_held_out_is_refused(name):
    task = Word2Vec(min_count=1).adapt(split_of("a b", "b"))
    with pytest.raises(DataError, match=f"no use for a {name} split: leave data.{name}"):
        task.check(split_of("a b"), name)


def test_its_own_text_is_taken_and_other_text_measures_nothing():
    split = split_of("a b", "b")
    task = Word2Vec(min_count=1).adapt(split)
    task.check(split, "train")
    with pytest.raises(DataError, match=r"not measured by other text\. Give tests .*--analogies, --similarity"):
        task.check(split_of("a b"), "data")


@pytest.mark.parametrize(
    "lines, words",
    [
        (["word word", "word"], 'one word, "word", again and again'),
        (["--- ...", "!"], "no word"),
        (["a b c a", "d e"], 'none of 5 words occurs 5 times.*the most frequent, "a", 2 times. Lower it'),
    ],
)
def test_too_little_text_is_told(lines, words):
    with pytest.raises(DataError, match=words):
        Word2Vec().adapt(split_of(*lines))


def test_data_without_text_is_told():
    with pytest.raises(DataError, match=r"row 0: this task needs text, and the data has size. Set data.text"):
        Word2Vec().adapt(Arrays({"size": np.zeros(3)}, ["row 0", "row 1", "row 2"]))


def test_batches_are_a_function_of_their_number(monkeypatch):
    monkeypatch.setattr(_rows, "SHORTEST", 16)
    split = split_of(*[f"a b c{n % 7} d e" for n in range(100)])
    task = Word2Vec(min_count=1, subsample=0.1).adapt(split)
    cut = task.cut(split)
    read = pipeline.reader(task, cut)
    whole = list(pipeline.training_batches(task, cut, read, batch_size=1, seed=3).take(len(cut) + 5))
    later = pipeline.training_batches(task, cut, read, batch_size=1, seed=3, begin=len(cut) + 2).take(3)
    for (a,), (b,) in zip(whole[len(cut) + 2 :], later, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ["glove", "word2vec"])
def test_the_signatures_answer_as_the_verbs_do(name):
    task = Word2Vec(min_count=1).adapt(split_of("king queen man woman boy girl", "king man boy", "king"))
    model = components.create("models", {"name": name, "dimensions": 6}, **task.facts())
    vectors = task.result(model)
    call = task.signatures(model)
    near = call["nearest"](tf.constant(["queen", "boy"]), tf.constant(3))
    for row, word in enumerate(("queen", "boy")):
        told = vectors.nearest(word, 3)
        assert [one.decode() for one in near["words"][row].numpy()] == [one["word"] for one in told]
        np.testing.assert_allclose(near["similarities"][row], [one["similarity"] for one in told], atol=1e-5)
    (found,) = call["analogy"](*(tf.constant([word]) for word in ("man", "king", "woman")), tf.constant(9))["words"]
    told = vectors.analogy(["king", "woman"], ["man"], 9)
    assert [one.decode() for one in found.numpy()] == [one["word"] for one in told]
    made = call["embed"]({"words": tf.constant(["girl", "none"])})["vector"].numpy()
    np.testing.assert_allclose(made, [vectors.matrix[vectors.index["girl"]], np.zeros(6)], atol=1e-6)


def test_asked_with_a_word_that_has_no_vector_the_signatures_answer_with_none():
    task = Word2Vec(min_count=1).adapt(split_of("king queen man woman", "king man"))
    call = task.signatures(components.create("models", {"name": "word2vec", "dimensions": 6}, **task.facts()))
    near = call["nearest"](tf.constant(["queen", "none"]), tf.constant(2))
    found = call["analogy"](
        *(tf.constant(words) for words in (["man"] * 2, ["king", "none"], ["woman"] * 2)), tf.constant(2)
    )
    for told in (near, found):
        answers, nothing = told["words"].numpy()
        assert set(answers) <= {b"king", b"queen", b"man", b"woman"} and set(nothing) == {b""}
        assert told["similarities"][0].numpy().any() and not told["similarities"][1].numpy().any()


def test_the_signatures_know_unseen_words_where_the_model_does():
    task = Word2Vec(min_count=1).adapt(split_of("king queen man woman boy girl", "king man boy", "king"))
    model = components.create("models", {"name": "fasttext", "dimensions": 6}, **task.facts())
    vectors, call = task.result(model), task.signatures(model)
    near = call["nearest"](tf.constant(["kingly", "boy"]), tf.constant(3))
    for row, word in enumerate(("kingly", "boy")):
        told = vectors.nearest(word, 3)
        assert [one.decode() for one in near["words"][row].numpy()] == [one["word"] for one in told]
        np.testing.assert_allclose(near["similarities"][row], [one["similarity"] for one in told], atol=1e-5)
    (found,) = call["analogy"](*(tf.constant([word]) for word in ("man", "mannish", "woman")), tf.constant(9))["words"]
    told = vectors.analogy(["mannish", "woman"], ["man"], 9)
    assert [one.decode() for one in found.numpy()] == [one["word"] for one in told] and len(told) == 4
    made = call["embed"]({"words": tf.constant(["queenly", ""])})["vector"].numpy()
    np.testing.assert_allclose(made, [vectors.of(["queenly"])[0][0], np.zeros(6)], atol=1e-6)
    words = task.asked({})["words"].tolist()
    assert words[: len(task.words)] == [word.encode() for word in task.words] and b"kingking" in words
