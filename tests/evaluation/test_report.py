import html.parser
import json
import re
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest

from kerasapp.evaluation import classification, regression
from kerasapp.evaluation.report import write
from kerasapp.evaluation.verdict import headline, warnings
from kerasapp.files import write_json

HISTORY = (
    "epoch,loss,accuracy,val_loss,val_accuracy,seconds\n1,1.9,.3,1.5,.5,1.0\n2,.9,.7,.8,.75,1.0\n3,.5,.85,.9,.7,1.0\n"
)


def finished(kind, result, **more):
    report = {
        "task": "any", "kind": kind.__name__.split(".")[-1], "title": "Digits <b>&",
        "run": "digits/2026-01-03T10-22-07",
        "splits": {"test": result}, "baselines": [], "seconds": {"train": 31.4, "evaluate": 0.5}, "duplicates": {},
        "training": {"epochs": 3, "best_epoch": 2, "monitor": {"metric": "val_loss", "mode": "min", "value": 0.8}},
        "parameters": {"total": 900, "trainable": 880}, "examples": {"train": 1258, "test": result["examples"]},
        "thresholds": [],
    } | more  # fmt: skip
    report["headline"] = headline(report, kind.HEADLINE, kind.BETTER)
    return report | {"warnings": warnings(report, kind)}


def outputs_of(true, classes):
    logits = np.random.default_rng(0).normal(size=(len(true), classes)) + 3 * np.eye(classes)[true]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    return SimpleNamespace(logits=logits, targets=np.eye(classes)[true], decoded={"probabilities": probabilities})


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "history.csv").write_text(HISTORY)
    (tmp_path / "recipe.yaml").write_text("title: Digits\nseed: 7\n")
    write_json(
        tmp_path / "environment.json", {"python": "3.11.2", "versions": {"keras": "3.15.1"}, "machine": {"cores": 2}}
    )
    return tmp_path


@pytest.fixture
def images():
    """A report on three classes of pictures, and the pictures of its mistakes."""
    true = np.random.default_rng(1).integers(3, size=200)
    task = SimpleNamespace(labels=["cat", "<i>dog</i>", "cow|s"], counts=[50, 50, 50])
    split = SimpleNamespace(ids=[f"photos/{row}.jpg" for row in range(200)])
    result = classification.measure(task, split, outputs_of(true, 3), np.ones(200), [])
    pictures = np.random.default_rng(2).integers(0, 256, (len(result["mistakes"]), 9, 12, 3), dtype=np.uint8)
    baselines = [
        {
            "name": "majority class",
            "metrics": {"accuracy": {"value": 0.35}},
            "trained_on": 1258,
            "of": 1258,
            "tested_on": 200,
        },
        {
            "name": "HOG + linear SVM",
            "metrics": {"accuracy": {"value": 0.999}},
            "trained_on": 1000,
            "of": 1258,
            "tested_on": 200,
        },
    ]
    return finished(classification, result, baselines=baselines), {"test": {"image": pictures, "label": true}}


@pytest.fixture
def two_classes():
    """A report on an uneven table of two classes, with a threshold, and the rows of its mistakes."""
    true = (np.random.default_rng(1).random(300) < 0.2).astype(int)
    task = SimpleNamespace(labels=["<=50K", ">50K"], counts=[240, 60])
    outputs = outputs_of(true, 2)
    choices = classification.thresholds(task, lambda: outputs)
    split = SimpleNamespace(ids=[f"adult.csv:{row + 2}" for row in range(300)])
    result = classification.measure(task, split, outputs, np.ones(300), choices)
    rows = {
        "age": np.arange(len(result["mistakes"])),
        "job": np.array([b"a|b <script>"] * len(result["mistakes"]), object),
    }
    return finished(classification, result), {"test": rows}


@pytest.fixture
def prices():
    true = np.random.default_rng(1).normal(size=150)
    task, split = (
        SimpleNamespace(targets=lambda split: true),
        SimpleNamespace(ids=[f"prices.csv:{row}" for row in range(150)]),
    )
    outputs = SimpleNamespace(decoded={"value": true + 0.1})
    return finished(regression, regression.measure(task, split, outputs, None, [])), {}


class Page(html.parser.HTMLParser):
    """Text, tags and addresses of a page."""

    def __init__(self, text):
        super().__init__()
        self.words, self.tags, self.addresses = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href", "srcset", "data", "action")]

    def handle_data(self, data):
        self.words.append(data.strip())


def test_first_line_of_both_reports_is_the_headline(folder, images):
    report, examples = images
    write(report, folder, examples)
    assert report["headline"].startswith("The baseline wins: HOG + linear SVM")
    assert (folder / "report.md").read_text().splitlines()[0] == f"# {report['headline']}"
    page = (folder / "report.html").read_text()
    body = next(word for word in Page(page[page.index("<body>") :]).words if word)
    assert body.replace("\u00a0", " ") == report["headline"]


@pytest.mark.parametrize("made", ["images", "two_classes", "prices"])
def test_page_needs_nothing_from_elsewhere_and_is_well_formed(folder, made, request):
    write(*(report_and_examples := request.getfixturevalue(made))[:1], folder, report_and_examples[1])
    text = (folder / "report.html").read_text()
    page = Page(text)
    assert page.addresses and all(address.startswith("data:image/") for address in page.addresses)
    assert not re.search(r"@import|url\(|<script|<link", text)
    for tag in ("section", "table", "tr", "td", "figure", "div"):
        assert text.count(f"<{tag}>") + text.count(f"<{tag} ") == text.count(f"</{tag}>"), tag


@pytest.mark.parametrize("made", ["images", "two_classes", "prices"])
def test_every_figure_that_markdown_shows_is_there_and_readable(folder, made, request):
    report, examples = request.getfixturevalue(made)
    write(report, folder, examples)
    linked = re.findall(r"!\[[^]]*\]\(([^)]+)\)", (folder / "report.md").read_text())
    assert len(linked) >= 3
    assert {path.name for path in (folder / "plots").iterdir()} == {name.removeprefix("plots/") for name in linked}
    for name in linked:
        if name.endswith(".svg"):
            ElementTree.fromstring((folder / name).read_text())


def test_report_json_is_the_report(folder, images):
    report, examples = images
    write(report, folder, examples)
    assert json.loads((folder / "report.json").read_text()) == report


def test_names_from_the_data_are_no_markup(folder, images, two_classes):
    for number, (report, examples) in enumerate((images, two_classes)):
        write(report, folder, examples)
        page = (folder / "report.html").read_text()
        assert "<i>dog" not in page and "<script" not in page and "<b>&" not in page
        assert ("&lt;i&gt;dog" if number == 0 else "a|b &lt;script&gt;") in page
        rows = [line for line in (folder / "report.md").read_text().splitlines() if line.startswith("|")]
        cells = [re.sub(r"\\\|", "", row).count("|") for row in rows]
        heads = [place for place, row in enumerate(rows) if re.fullmatch(r"\|( :?--:? \|)+", row)]
        for start, end in zip(heads, [*heads[1:], len(rows) + 1], strict=True):
            assert len(set(cells[start : end - 1])) == 1


def test_mistakes_are_shown_as_pictures_with_their_ids(folder, images):
    report, examples = images
    write(report, folder, examples)
    page = Page((folder / "report.html").read_text())
    mistakes = report["splits"]["test"]["mistakes"]
    assert len(mistakes) > 3
    assert sum(address.startswith("data:image/png") for address in page.addresses) == len(mistakes)
    assert all(any(row["id"] in word for word in page.words) for row in mistakes)


def test_mistakes_of_a_table_are_shown_as_its_rows(folder, two_classes):
    report, examples = two_classes
    write(report, folder, examples)
    words = Page((folder / "report.html").read_text()).words
    assert "age" in words and "job" in words and report["splits"]["test"]["mistakes"][0]["id"] in words


def test_without_the_data_mistakes_are_named_by_their_ids(folder, images):
    write(images[0], folder, {})
    assert images[0]["splits"]["test"]["mistakes"][0]["id"] in (folder / "report.md").read_text()


def test_the_run_is_told_whole(folder, images):
    write(images[0], folder, images[1])
    text = (folder / "report.md").read_text()
    for words in (
        "seed: 7",
        "keras 3.15.1",
        "31 s to train",
        "epoch 2 was kept",
        "Exact duplicates across splits: none",
        "majority class",
    ):
        assert words in text, words
    assert "trained on at most 10" in text


def test_a_run_without_history_recipe_or_mistakes_still_reports(tmp_path, prices):
    report, _ = prices
    write(report | {"training": None}, tmp_path, {})
    assert "How it learned" not in (tmp_path / "report.md").read_text()


def test_a_perfect_model_has_no_mistakes_to_show(folder):
    true = np.arange(30) % 3
    outputs = SimpleNamespace(
        logits=9 * np.eye(3)[true], targets=np.eye(3)[true], decoded={"probabilities": np.eye(3)[true]}
    )
    task = SimpleNamespace(labels=["a", "b", "c"], counts=[1, 1, 1])
    result = classification.measure(task, SimpleNamespace(ids=[""] * 30), outputs, np.zeros(30), [])
    write(finished(classification, result), folder, {})
    assert "every example of test is right" in (folder / "report.md").read_text()


def strip_report(images, rivals):
    report, _ = images
    accuracy = {"value": 0.9, "low": 0.88, "high": 0.92}
    report["splits"]["test"]["metrics"]["accuracy"] = accuracy
    report["baselines"] = [{"name": name, "metrics": {"accuracy": told}} for name, told in rivals.items()]
    return report


def test_the_drawn_intervals_have_a_scale_and_a_baseline_off_it_has_an_arrow(folder, images):
    rival = {"value": 0.95, "low": 0.94, "high": 0.96}
    write(strip_report(images, {"majority class": {"value": 0.1, "low": 0.08, "high": 0.12}, "svm": rival}), folder, {})
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert "<small><span>.880</span><span>.960</span></small>" in html
    assert html.count('<u class="below">') == 1 and '<u class="above">' not in html
    assert html.count('<b style="left:') == 2


def test_a_baseline_above_a_smaller_best_error_points_to_the_other_side(folder, prices):
    report, _ = prices
    own = report["splits"]["test"]["metrics"]["mean_absolute_error"]["value"]
    report["baselines"] = [
        {"name": name, "metrics": {"mean_absolute_error": {"value": value}}}
        for name, value in (("training mean", 100 * own), ("boosting", own / 2))
    ]
    write(report, folder, {})
    assert (folder / "report.html").read_text(encoding="utf-8").count('<u class="above">') == 1


@pytest.mark.parametrize("val_loss, said", [(".4", False), (".9", True)])
def test_learning_by_heart_is_said_only_where_validation_is_the_worse(folder, images, val_loss, said):
    report, examples = images
    (folder / "history.csv").write_text(HISTORY.replace("3,.5,.85,.9", f"3,.5,.85,{val_loss}"))
    write(report, folder, examples)
    assert ("learned by heart" in (folder / "report.md").read_text(encoding="utf-8")) == said
