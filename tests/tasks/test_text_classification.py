"""Texts become the same numbers in training and in serving, whatever is in them."""

import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from kerasapp.errors import DataError
from kerasapp.models.bag_of_vectors import build
from kerasapp.tasks._words import words_of
from kerasapp.tasks.text_classification import FIRST, PADDING, UNKNOWN, TextClassification

STRANGE = [
    "",
    " ",
    "good " * 5000,
    "\U0001f600" * 3,
    "\u0645\u0631\u062d\u0628\u0627",
    "a\0b",
    "\n\n\t",
    "e\u0301clair",
]


def words(text, lowercase=True):
    return [word.decode() for word in words_of(tf.constant([text]), lowercase)[0].numpy()]


@pytest.fixture
def reviews(examples):
    text = ["A good film, a GOOD plot!", "bad bad", "", "bad, bad film"]
    return examples(text=text, label=["yes", "no", "yes", "no"])


def tokens(task, texts):
    raw = task.prepare({"text": tf.constant(texts)})
    return task.encode(raw)[0].numpy().tolist()


@pytest.mark.parametrize(
    "text, found",
    [
        ("Don't stop,the FILM!!", ["don't", "stop", ",", "the", "film", "!", "!"]),
        ("\u201cGut\u201d \u2013 sch\u00d6n\u2019s", ["\u201c", "gut", "\u201d", "\u2013", "sch\u00f6n\u2019s"]),
        ("'s \u2018a\u2019 rock'n'roll'", ["'", "s", "\u2018", "a", "\u2019", "rock'n'roll", "'"]),
        ("3.14 snake_case", ["3", ".", "14", "snake_case"]),
        ("\u00c9clair e\u0301clair", ["\u00e9clair", "e\u0301clair"]),
        ("\u0939\u093f\u0928\u094d\u0926\u0940 a", ["\u0939\u093f\u0928\u094d\u0926\u0940", "a"]),
        ("\u2764\ufe0f\U0001f600\U0001f600", ["\u2764\ufe0f", "\U0001f600", "\U0001f600"]),
        ("a\0b\u00a0c\u2003d\u3000e\r\nf", ["a", "b", "c", "d", "e", "f"]),
        (b"\xff\xfe broken", ["\ufffd", "\ufffd", "broken"]),
        ("\ufb01", ["\ufb01"]),
        (" \t", []),
    ],
)  # fmt: skip
def test_words_and_signs_of_any_script_stand_alone(text, found):
    assert words(text) == found


def test_capitals_stay_where_they_are_wanted():
    assert words("The FILM", lowercase=False) == ["The", "FILM"]


@pytest.mark.parametrize("language", ["tr_TR.UTF-8", pytest.param("lt_LT.UTF-8", marks=pytest.mark.slow)])
def test_small_letters_do_not_depend_on_the_machines_language(language):
    code = (
        "import tensorflow as tf, sys; from kerasapp.tasks._words import words_of\n"
        "text = 'INDIA \\u0130stanbul \\u00cc \\u00cd \\u0128'\n"
        "print([word.decode() for word in words_of(tf.constant([text]), True)[0].numpy()] == text.lower().split())"
    )
    environment = {**os.environ, "LC_ALL": language, "LANG": language, "PYTHONUTF8": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.stdout.strip() == "True", done.stderr[-500:]


def test_the_vocabulary_is_trains_by_frequency_then_alphabet_and_rare_words_are_counted_together(reviews, reopened):
    task = TextClassification().adapt(reviews)
    assert task.words == ["bad", ",", "a", "film", "good", "!", "plot"]
    assert task.occurrences == [4, 2, 2, 2, 2, 1, 1, 0]
    rare = TextClassification(min_count=2).adapt(reviews)
    assert rare.facts() == {
        "vocabulary": ["", "", "bad", ",", "a", "film", "good"],
        "vocabulary_size": 7,
        "word_counts": [0, 2, 4, 2, 2, 2, 2],
        "num_classes": 2,
    }
    assert set(rare.facts()) == set(TextClassification.FACTS)
    again = reopened(rare, min_count=2)
    assert again.facts() == rare.facts() and tokens(again, ["bad plot"]) == tokens(rare, ["bad plot"])


def test_a_text_is_the_numbers_of_its_words_padded_behind(reviews):
    task = TextClassification().adapt(reviews)
    place = {word: FIRST + number for number, word in enumerate(task.words)}
    assert tokens(task, ["Bad unheard FILM", "", "plot"]) == [
        [place["bad"], UNKNOWN, place["film"]],
        [PADDING] * 3,
        [place["plot"], PADDING, PADDING],
    ]
    cut = TextClassification(max_words=2).adapt(reviews)
    assert "plot" not in cut.words and len(tokens(cut, ["bad bad bad bad"])[0]) == 2


def test_texts_without_a_word_have_one_empty_place(reviews):
    task = TextClassification().adapt(reviews)
    assert tokens(task, ["", " \n"]) == [[PADDING], [PADDING]]
    assert np.shape(tokens(task, [""])) == (1, 1)


def test_labels_and_targets_are_those_of_all_classifications(reviews, examples):
    task = TextClassification().adapt(reviews)
    inputs, y = task.elements(task.prepare(reviews.gather(tf.range(4, dtype=tf.int64))))
    assert inputs.shape[0] == 4 and y.numpy().tolist() == [[0, 1], [1, 0], [0, 1], [1, 0]]
    assert task.class_weight("balanced") == {0: 1.0, 1: 1.0}
    task.check(examples(text=["new"]), "test")
    with pytest.raises(DataError, match='label "maybe"'):
        task.check(examples(text=["new"], label=["maybe"]), "test")


def test_what_has_no_text_or_no_word_is_refused(examples):
    task = TextClassification()
    with pytest.raises(DataError, match=r"table.csv: the examples have no text, only review, label. .*data.text"):
        task.adapt(examples(review=["a", "b"], label=["x", "y"]))
    with pytest.raises(DataError, match="text is int64"):
        task.adapt(examples(text=[1, 2], label=["x", "y"]))
    with pytest.raises(DataError, match="its texts have no word"):
        task.adapt(examples(text=["", " "], label=["x", "y"]))
    with pytest.raises(DataError, match=r"no word occurs 3 times \(task.min_count\), the most frequent 2"):
        TextClassification(min_count=3).adapt(examples(text=["a a", "b"], label=["x", "y"]))
    adapted = task.adapt(examples(text=["a", "b"], label=["x", "y"]))
    with pytest.raises(DataError, match="no text"):
        adapted.check(examples(review=["a"], label=["x"]), "test")


def test_strings_in_give_the_same_probabilities_from_a_saved_model_each_by_itself(reviews, tmp_path):
    task = TextClassification().adapt(reviews)
    facts = task.facts()
    model = build(vocabulary_size=facts["vocabulary_size"], num_classes=2, dimensions=4)
    draw = np.random.default_rng(0)
    model.set_weights([draw.normal(size=weight.shape) for weight in model.weights])
    module = tf.Module()
    module.weights = [variable.value for variable in model.variables]
    tf.saved_model.save(module, str(tmp_path), signatures=task.signatures(model))
    served = tf.saved_model.load(str(tmp_path)).signatures["serving_default"]
    texts = [*STRANGE, "good film", "\ud83d".encode("utf-8", "surrogatepass")]
    given = served(text=tf.constant(texts))["probabilities"].numpy()
    assert np.isfinite(given).all()
    alone = [task.decode(model(np.array(tokens(task, [text]))), {})["probabilities"].numpy()[0] for text in texts]
    assert given == pytest.approx(np.stack(alone), abs=1e-6)
    assert given[0] == pytest.approx(given[1]) and given[0] != pytest.approx(given[-2], abs=1e-3)
