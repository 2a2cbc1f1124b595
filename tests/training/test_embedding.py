"""Word vectors that a model starts from: found by word, frozen or trained, told in the report, never needed again."""

import numpy as np
import pytest

from kerasapp.errors import RecipeError
from kerasapp.evaluation import evaluate
from kerasapp.recipe import load
from kerasapp.run import Run
from kerasapp.training import Manner, prepare, train
from kerasapp.training._embedding import known_at_start
from kerasapp.vector_files import Ngrams
from kerasapp.vectors import Vectors, write

TEXT = """\
title: T
seed: 3
task: {{name: text_classification, min_count: 2}}
data: {{name: csv, path: {path}, text: text, label: label, split: {{validation: 0.2, test: 0.2}}}}
model: {{name: bag_of_vectors, dimensions: 3, embedding: {{from: {source}, trainable: {trainable}}}}}
train: {{epochs: 2, batch_size: 16, optimizer: {{name: Adam, learning_rate: 0.05}}}}
"""
PLAIN = Manner(pages=False)
VECTORS = {"oak": [1, 2, 3], "Elm": [4, 5, 6], "good": [7, 8, 9], ".": [0, 1, 0], "unheard": [9, 9, 9]}


@pytest.fixture
def vectors(tmp_path):
    lines = [f"{word} {' '.join(map(str, row))}" for word, row in VECTORS.items()]
    (tmp_path / "v.txt").write_text("\n".join(lines) + "\n")
    return tmp_path / "v.txt"


@pytest.fixture
def recipe(tmp_path):
    def made(source, trainable="true"):
        rng = np.random.default_rng(0)
        rows = [(" ".join(rng.choice(["oak", "elm", "fir"], rng.integers(1, 6))), number % 2) for number in range(120)]
        lines = [f"{text} {('bad', 'good')[label]}.,{label}" for text, label in rows]
        (tmp_path / "t.csv").write_text("text,label\n" + "\n".join(lines) + "\n")
        path = tmp_path / "small.yaml"
        path.write_text(TEXT.format(path=tmp_path / "t.csv", source=source, trainable=trainable))
        return load(path)

    return made


def table(model):
    return model.get_layer("embedding").get_weights()[0]


def row(task, word):
    return task.facts()["vocabulary"].index(word)


def refused(recipe, root=None):
    with pytest.raises(RecipeError) as caught:
        train(recipe, root) if root else prepare(recipe)
    (told,) = str(caught.value).splitlines()
    return told


def test_each_word_has_its_vector_and_the_others_small_ones_by_the_seed(recipe, vectors):
    asked = recipe(vectors)
    prepared = prepare(asked)
    made, task = table(prepared.model), prepared.task
    assert sorted(task.words) == [".", "bad", "elm", "fir", "good", "oak"]
    for word in ("oak", "good", "."):
        assert made[row(task, word)].tolist() == VECTORS[word]
    others = made[[0, 1, *(row(task, word) for word in ("bad", "elm", "fir"))]]
    assert 0 < np.abs(others).max() <= 0.05 and len(np.unique(others)) == others.size
    assert np.array_equal(table(prepare(asked).model), made)
    other = prepare(asked.replaced({"seed": 4}))
    assert table(other.model)[row(other.task, "oak")].tolist() == VECTORS["oak"]
    assert not np.isin(table(other.model)[0], others).any()


def test_coverage_is_of_the_vocabulary_and_of_the_running_words(recipe, vectors, tmp_path, caplog):
    caplog.set_level("INFO", "kerasapp")
    run = train(recipe(vectors), tmp_path)
    texts = [text.replace(".", " .").split() for text in run.splits()["train"].column("text")]
    running = [word for text in texts for word in text]
    known = sum(word in ("oak", "good", ".") for word in running)
    told = run.report["embedding"]
    assert told.pop("occurrences") == pytest.approx(known / len(running))
    assert told == {"from": str(vectors), "words": 6, "found": 3, "made": 0, "coverage": 0.5}
    assert any(line.startswith(f"{vectors}: vectors for 3 of 6 words, .500, and .") for line in caplog.messages)
    for name in ("report.md", "report.html"):
        assert f"Taken from {vectors}: 3 of the 6 words have one (.500)" in (run.path / name).read_text()


def test_a_rare_word_counts_among_the_running_ones(recipe, vectors, tmp_path):
    asked = recipe(vectors)
    with (tmp_path / "t.csv").open("a") as file:
        file.writelines(f"oak once{'abcdefghij'[n]}.,1\n" for n in range(10))
    facts = (prepared := prepare(asked)).task.facts()
    assert prepared.embedding.told["words"] == 6 and facts["word_counts"][1] > 0
    known = sum(facts["word_counts"][row(prepared.task, word)] for word in ("oak", "good", "."))
    assert prepared.embedding.told["occurrences"] == pytest.approx(known / sum(facts["word_counts"]))


def test_other_words_have_vectors_made_of_their_ngrams_and_are_counted_apart(recipe, tmp_path, caplog):
    ngrams = Ngrams(np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32), 3, 6)
    known = Vectors(list(VECTORS), np.array(list(VECTORS.values()), np.float32), None, ngrams)
    write(tmp_path / "v.npz", known)
    with caplog.at_level("INFO", "kerasapp"):
        prepared = prepare(recipe(tmp_path / "v.npz"))
    made = table(prepared.model)
    assert made[row(prepared.task, "oak")].tolist() == [1, 2, 3]
    assert made[row(prepared.task, "elm")] == pytest.approx(ngrams.vectors(["elm"])[0][0])
    told = prepared.embedding.told
    assert (told["words"], told["found"], told["made"], told["coverage"]) == (6, 6, 3, 1.0)
    assert "vectors for 6 of 6 words (3 made of their n-grams), 1" in caplog.text
    run = train(recipe(tmp_path / "v.npz"), tmp_path)
    assert "3 of these made of the word's n-grams" in (run.path / "report.md").read_text()


@pytest.mark.parametrize(
    "stages", [None, pytest.param([{"epochs": 1, "trainable": ["head"]}, {"epochs": 1}], marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("trainable", ["true", "false"])
def test_frozen_vectors_stay_as_they_were_and_others_move(recipe, vectors, tmp_path, trainable, stages):
    asked = recipe(vectors, trainable).replaced({"train.stages": stages, "train.monitor.metric": "loss"})
    run = train(asked, tmp_path, manner=PLAIN)
    before, after = table(prepare(run.recipe).model), table(run.model())
    assert np.array_equal(before, after) is (trainable == "false")
    assert run.report["parameters"]["trainable"] == (8 * 3 + 8 if trainable == "true" else 8)


def test_a_stage_that_would_train_frozen_vectors_is_refused(recipe, vectors):
    stages = [{"epochs": 2, "trainable": ["embedding"]}]
    assert '"embedding" is frozen by the model itself' in refused(
        recipe(vectors, "false").replaced({"train.stages": stages})
    )
    prepare(recipe(vectors, "true").replaced({"train.stages": stages}))


def test_a_finished_run_needs_its_vectors_no_more(recipe, vectors, tmp_path):
    run = train(recipe(vectors, "false"), tmp_path, manner=PLAIN)
    expected = table(run.model())
    vectors.unlink()
    again = Run(run.path)
    assert np.array_equal(table(again.model()), expected)
    told = evaluate(again, again.model(), again.task, again.splits())
    assert told["splits"]["test"]["metrics"] == run.report["splits"]["test"]["metrics"]


def rivals(run):
    return [row["name"] for row in run.report["baselines"]]


def test_the_report_compares_with_classifiers_on_the_vectors_themselves(recipe, vectors, tmp_path):
    run = train(recipe(vectors), tmp_path)
    own = ["mean of vectors + logistic regression", "SIF + logistic regression"]
    assert rivals(run) == ["majority class", "TF-IDF + logistic regression", *own]
    assert all(name in (run.path / "report.md").read_text() for name in own)
    assert run.report["baselines"][2]["metrics"]["accuracy"]["value"] == 1, "good has a vector, bad has none"
    assert len(list(tmp_path.glob("runs/.baselines/*"))) == 2
    other = train(recipe(vectors).replaced({"model.embedding": None}), tmp_path, manner=PLAIN)
    assert rivals(other) == rivals(run)[:2]


def test_vectors_are_compared_with_on_resuming_while_they_are_those_of_the_start(recipe, vectors, tmp_path, caplog):
    run = train(recipe(vectors), tmp_path)
    caplog.clear()
    known = known_at_start(run, run.task)
    assert sorted(known.words) == [".", "good", "oak"] and known.matrix[known.index["oak"]].tolist() == VECTORS["oak"]
    assert not caplog.messages
    vectors.write_text(vectors.read_text().replace("1 2 3", "1 2 4"))
    assert known_at_start(run, run.task) is None
    assert caplog.messages[-1].startswith(f"{vectors}: was changed since")
    vectors.unlink()
    assert known_at_start(run, run.task) is None
    assert f"{vectors}: no such file" in caplog.messages[-1]
    without = train(recipe(vectors).replaced({"model.embedding": None}), tmp_path, manner=PLAIN)
    assert known_at_start(without, without.task) is None


def test_a_run_of_word_vectors_is_taken_by_its_name_and_kept_by_its_path(recipe, tmp_path):
    words = tmp_path / "words.yaml"
    words.write_text(
        "task: {name: word2vec, min_count: 2}\ndata: {name: synthetic, texts: true}\n"
        "model: {name: word2vec, dimensions: 3}\ntrain: {epochs: 1}\n"
    )
    source = train(load(words), tmp_path, name="own", manner=PLAIN)
    run = train(recipe("words/own"), tmp_path, manner=PLAIN)
    assert run.recipe.model["embedding"]["from"] == run.report["embedding"]["from"] == str(source.path.resolve())
    assert run.report["embedding"]["found"] == 3  # oak, elm, fir
    vectors = source.task.result(source.model())
    oak = vectors.matrix[vectors.index["oak"]]
    assert table(prepare(run.recipe).model)[row(run.task, "oak")] == pytest.approx(oak)


def test_what_can_not_be_started_from_is_one_line_at_its_place(recipe, vectors, tmp_path):
    place = f"{tmp_path / 'small.yaml'}:5:64: "
    told = refused(recipe(vectors).replaced({"model.dimensions": 4}), tmp_path)
    assert told == f"{place}{vectors}: its vectors have 3 dimensions, and model.dimensions is 4. Set that to 3"
    assert refused(recipe(tmp_path / "gone.txt"), tmp_path) == f"{place}{tmp_path / 'gone.txt'}: no such file"
    assert refused(recipe("nobody"), tmp_path).startswith(f"{place}nobody: no such run")
    classifier = train(recipe(vectors).replaced({"model.embedding": None}), tmp_path, name="none")
    assert refused(recipe("small/none"), tmp_path).startswith(f"{place}{classifier.path}: has no vectors.npz")
    vectors.write_text("oak 1 2 3\nelm 1 2\n")
    assert refused(recipe(vectors), tmp_path).startswith(f"{place}{vectors}:2: ")
    vectors.write_text("strange 1 2 3\n")
    assert "has no vector for any word of train (" in refused(recipe(vectors), tmp_path)
    assert list(tmp_path.glob("runs/small/*")) == [classifier.path]


def test_a_task_without_words_has_nothing_to_match(recipe, vectors, tmp_path):
    (tmp_path / "nets.py").write_text(
        "import keras\nfrom kerasapp.types import Embedding\n"
        "def flat(*, image_shape: tuple[int, int, int], num_classes: int, embedding: Embedding | None = None):\n"
        "    head = keras.layers.Dense(num_classes)\n"
        "    return keras.Sequential([keras.Input(image_shape), keras.layers.Flatten(), head])\n"
    )
    asked = recipe(vectors).replaced(
        {
            "task": "image_classification",
            "data": {"name": "synthetic"},
            "model": {"name": "./nets.py:flat", "embedding": {"from": str(vectors)}},
        }
    )
    assert "task image_classification has no words that vectors could be of" in refused(asked)
