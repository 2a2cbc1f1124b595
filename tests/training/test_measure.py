"""A task's own metric of a whole split: monitored, kept, reported; and what has none pays nothing."""

import numpy as np
import pytest

from kerasapp import pipeline
from kerasapp.callbacks.history import HistoryFile
from kerasapp.errors import WorkError
from kerasapp.evaluation.words import PAIRS
from kerasapp.training import evaluate

OWN = '''\
"""Digits by the class that is found least."""

from dataclasses import dataclass

import numpy as np

from kerasapp.tasks.image_classification import ImageClassification


@dataclass(frozen=True, kw_only=True)
class Worst(ImageClassification):
    """Classification, measured by the recall of the worst class, which no mean over batches gives."""

    METRICS = ("loss", "accuracy", "worst_recall")

    def measure(self, decoded, examples):
        found = [np.char.encode(label) for label in self.labels]
        right = decoded["label"] == np.array(found, object)[examples["label"]]
        return {"worst_recall": min(right[examples["label"] == c].mean() for c in np.unique(examples["label"]))}
'''


@pytest.fixture
def measured(trained, tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    task = {"name": "./own.py:Worst"}
    data = {"name": "sklearn", "dataset": "digits", "split": {"validation": 0.2, "test": 0.2}}
    return lambda changes, **more: trained({"task": task, "data": data, "train.epochs": 5, **changes}, **more)


def rows(run):
    return HistoryFile(run.path / "history.csv").rows()


def by_hand(run, split):
    """The recall of the worst class, from the model's logits."""
    task, split = run.task, run.splits()[split]
    made = pipeline.outputs(run.model(), task, split)
    true, predicted = made.targets.argmax(-1), made.logits.argmax(-1)
    return min(float(np.mean(predicted[true == c] == c)) for c in np.unique(true))


def test_the_model_kept_is_the_best_by_it_and_the_report_has_it(measured):
    run = measured({"train.monitor": {"metric": "val_worst_recall", "mode": "max"}}, pages=True)
    values = [row["val_worst_recall"] for row in rows(run)]
    assert len(values) == 5 and max(values) > 0
    assert by_hand(run, "validation") == pytest.approx(max(values))
    told = run.report
    assert told["splits"]["test"]["metrics"]["worst_recall"]["value"] == pytest.approx(by_hand(run, "test"))
    assert told["training"]["best_epoch"] == 1 + values.index(max(values))
    assert (
        "worst recall" in (run.path / "report.md").read_text()
        or "worst recall" in (run.path / "report.html").read_text()
    )
    validation = evaluate(run, "validation")["splits"]["validation"]["metrics"]
    assert validation["worst_recall"]["value"] == pytest.approx(max(values))


def test_between_two_measurements_training_goes_on_and_the_last_epoch_is_measured(measured):
    changes = {
        "train.measure_every": 2,
        "train.monitor": {"metric": "val_worst_recall", "mode": "max"},
        "train.early_stopping": {"patience": 5},
        "train.reduce_on_plateau": {"patience": 5},
    }
    run = measured(changes)
    values = [row.get("val_worst_recall") for row in rows(run)]
    assert [value is None for value in values] == [True, False, True, False, False]
    assert by_hand(run, "validation") == pytest.approx(max(value for value in values if value is not None))


def test_a_task_without_measurements_reads_validation_once_an_epoch(trained, monkeypatch):
    called = []
    monkeypatch.setattr(pipeline, "forward", lambda *args, **more: called.append(args))
    with pytest.raises(TypeError):  # the report is the first to ask
        trained()
    assert len(called) == 1


VECTORS = {
    "task": {"name": "word2vec", "min_count": 1, "subsample": 0.0},
    "model": {"name": "word2vec", "dimensions": 8},
    "train": {"epochs": 3, "monitor": {"metric": "analogy_accuracy"}},
}


def test_word_vectors_are_asked_their_own_analogies_where_the_monitor_names_them(trained, tmp_path):
    text = tmp_path / "pairs.txt"
    pairs = [pair for row in PAIRS.values() for pair in row.split(", ")]
    text.write_text("\n".join(f"the {pair} of them" for pair in pairs * 5))
    data = {"data": {"name": "text_files", "path": str(text)}}
    run = trained(VECTORS | data)
    told = run.report["splits"]["train"]["metrics"]["analogy_accuracy"]["value"]
    values = [row["analogy_accuracy"] for row in rows(run)]
    assert len(values) == 3 and values[-1] == pytest.approx(told)
    assert "analogy_accuracy" not in rows(trained(VECTORS | data | {"train": {"epochs": 1}}))[0]


def test_too_few_words_to_ask_are_told_in_one_line(trained, tmp_path):
    (tmp_path / "few.txt").write_text("a king and a queen\nsome man or woman\n" * 4)
    with pytest.raises(WorkError, match=r"train.monitor: 2 analogies can be made of the text's words, and 20 at least"):
        trained(VECTORS | {"data": {"name": "text_files", "path": str(tmp_path / "few.txt")}})
