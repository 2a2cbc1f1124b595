"""What a finished run shows in TensorBoard's projector: the vectors of the model that is kept, by their names."""

import keras
import numpy as np
import pytest

from kerasapp.recipe import load
from kerasapp.run import Run
from kerasapp.tasks.text_classification import TextClassification
from kerasapp.training import resume, train
from kerasapp.training._board import embeddings

VECTORS = "{name: word2vec, dimensions: 3}"
BAG = "{name: bag_of_vectors, dimensions: 3}"


@pytest.fixture
def recipe(tmp_path):
    def made(task, model, more=""):
        path = tmp_path / "small.yaml"
        path.write_text(
            f"task: {task}\ndata: {{name: synthetic, texts: true}}\nmodel: {model}\ntrain: {{epochs: 3{more}}}\n"
        )
        return load(path)

    return made


def shown(run, name):
    """Words with their counts, and the matrix."""
    table = (run.path / "logs" / f"{name}_words.tsv").read_text().splitlines()[1:]
    numbers = np.loadtxt(run.path / "logs" / f"{name}.tsv", delimiter="\t", ndmin=2)
    return [line.split("\t") for line in table], numbers


def test_word_vectors_are_shown_as_the_run_has_them(recipe, tmp_path):
    run = train(recipe("{name: word2vec, min_count: 2}", VECTORS), tmp_path)
    vectors = run.task.result(run.model())
    words, matrix = shown(run, "vectors")
    assert words == [[word, str(count)] for word, count in zip(vectors.words, vectors.counts, strict=True)]
    assert matrix == pytest.approx(vectors.matrix, rel=1e-4)


def test_a_classifiers_embedding_is_that_of_the_kept_model_by_the_words_of_its_task(recipe, tmp_path):
    more = ", optimizer: {name: Adam, learning_rate: 0.5}, monitor: {metric: val_loss, mode: max}"
    run = train(recipe("text_classification", BAG, more), tmp_path)
    words, matrix = shown(run, "embedding")
    *counts, _ = run.task.occurrences
    assert words == [[word, str(count)] for word, count in zip(run.task.words, counts, strict=True)]
    table = run.model().get_layer("embedding").get_weights()[0]
    assert matrix == pytest.approx(table[2:], rel=1e-4)
    assert run.report["training"]["best_epoch"] == 1, "the last would be another"


def test_it_is_written_when_training_is_done_also_by_another_process(recipe, tmp_path, monkeypatch):
    def killed(*given, **more):
        raise KeyboardInterrupt

    asked = recipe("text_classification", BAG)
    monkeypatch.setattr("kerasapp.training._work.report", killed)
    with pytest.raises(KeyboardInterrupt):
        train(asked, tmp_path, name="left")
    monkeypatch.undo()
    run = Run(tmp_path / "runs" / "small" / "left")
    config = run.path / "logs" / "projector_config.pbtxt"
    assert not config.exists()
    resume(run, tmp_path)
    assert config.exists() and shown(run, "embedding")[1].shape == (len(run.task.words), 3)


def test_only_embeddings_with_a_row_for_each_word_are_shown_the_most_frequent_word_first():
    task = TextClassification().learned(words=["a", "b", "c"], occurrences=[2, 9, 5, 1], labels=["x", "y"])
    inputs = keras.Input((None,), dtype="int32")
    layers = [keras.layers.Embedding(rows, 2, name=name) for name, rows in (("words", 5), ("places", 7))]
    model = keras.Model(inputs, [layer(inputs) for layer in layers])
    found = embeddings(model, task, task.result(model))
    assert list(found) == ["words"]
    assert found["words"].words == ["b", "c", "a"] and found["words"].counts.tolist() == [9, 5, 2]
    assert np.array_equal(found["words"].matrix, layers[0].get_weights()[0][[3, 4, 2]])


def test_what_has_no_words_shows_none(trained):
    run = trained()
    assert not list((run.path / "logs").glob("*.tsv")) and not (run.path / "logs" / "projector_config.pbtxt").exists()
