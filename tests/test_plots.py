import io
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from kerasapp import plots
from kerasapp.figures import png, svg

HISTORY = [
    {
        "epoch": 1,
        "loss": 1.9,
        "val_loss": 1.5,
        "accuracy": 0.3,
        "val_accuracy": 0.5,
        "learning_rate": 0.1,
        "seconds": 2.0,
    },
    {
        "epoch": 2,
        "loss": 0.9,
        "val_loss": 0.8,
        "accuracy": 0.7,
        "val_accuracy": 0.8,
        "learning_rate": 0.1,
        "seconds": 2.0,
    },
    {
        "epoch": 3,
        "loss": 0.5,
        "val_loss": 0.9,
        "accuracy": 0.9,
        "val_accuracy": 0.7,
        "learning_rate": 0.1,
        "seconds": 2.0,
    },
]
CURVE = {
    "label": "yes", "share": 0.3, "point": (0.2, 0.7), "recall": [0.1, 1.0], "precision": [1.0, 0.3],
    "false_positive_rate": [0.0, 0.2, 1.0], "true_positive_rate": [0.0, 0.7, 1.0],
}  # fmt: skip


def pixels(figure, dpi=72):
    return np.asarray(Image.open(io.BytesIO(png(figure, dpi))).convert("RGB"))


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def figures():
    rng = np.random.default_rng(0)
    return {
        "curves": plots.learning_curves(
            HISTORY, best_epoch=2, baselines={"accuracy": ("HOG + linear SVM, test", 0.85)}
        ),
        "confusion": plots.confusion_matrix(np.array([[8, 1], [0, 9]]), ["no", "yes"]),
        "grid": plots.image_grid([rng.integers(0, 255, (8, 8, 1), dtype=np.uint8)] * 3, ["a", "b", "c"], columns=2),
        "reliability": plots.reliability([0.5, 0.9], [0.4, 0.95], [3, 200], bins=15),
        "roc": plots.roc([CURVE]),
        "precision_recall": plots.precision_recall([CURVE, CURVE | {"label": "no", "point": None}]),
        "scatter": plots.predicted_against_true(rng.normal(size=300), rng.normal(size=300)),
        "residuals": plots.residuals(rng.normal(size=50), rng.normal(size=50)),
    }


def test_every_figure_becomes_a_png_and_an_svg_that_can_be_read():
    for name, figure in figures().items():
        image = pixels(figure)
        assert image.shape[:2] == pytest.approx(figure.get_size_inches()[::-1] * 72, abs=1), name
        assert (image != 255).any(), name
        assert ElementTree.fromstring(svg(figure)).tag.endswith("svg"), name


def test_drawing_leaves_no_state_and_touches_no_pyplot():
    import matplotlib

    before = dict(matplotlib.rcParams)
    for figure in figures().values():
        svg(figure)
    assert dict(matplotlib.rcParams) == before
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


def test_the_same_numbers_give_the_same_file():
    first, second = (figures() for _ in range(2))
    assert {name: svg(figure) for name, figure in first.items()} == {n: svg(f) for n, f in second.items()}
    assert png(first["roc"]) == png(second["roc"])


def test_svg_keeps_its_words_as_text_and_has_ink_for_dark_screens():
    text = svg(figures()["curves"])
    assert "HOG + linear SVM, test" in text
    assert "prefers-color-scheme:dark" in text
    for light in (plots.INK, plots.PAPER, plots.BLUE):
        assert light in text.split("</style>", 1)[1].lower()  # or the style would have nothing to replace


def test_learning_curves_have_a_panel_for_loss_and_metric_and_mark_the_best_epoch():
    loss, accuracy = figures()["curves"].axes
    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("loss", "accuracy")
    lines = {line.get_label(): line for line in accuracy.lines}
    assert lines["train"].get_ydata().tolist() == [0.3, 0.7, 0.9]
    assert lines["validation"].get_ydata().tolist() == [0.5, 0.8, 0.7]
    assert lines["best epoch"].get_xydata().tolist() == [[2, 0.8]]
    assert set(lines["HOG + linear SVM, test"].get_ydata()) == {0.85}
    assert "HOG + linear SVM, test" not in {line.get_label() for line in loss.lines}
    assert lines["train"].get_linestyle() != lines["validation"].get_linestyle()


def test_learning_curves_read_the_words_of_a_csv_with_gaps():
    rows = [{key: str(value) for key, value in row.items()} for row in HISTORY]
    rows[1]["val_loss"] = ""
    loss = plots.learning_curves(rows, best_epoch=2).axes[0]
    validation = next(line for line in loss.lines if line.get_label() == "validation")
    assert np.isnan(validation.get_ydata()).tolist() == [False, True, False]


def test_learning_curves_without_validation_show_what_was_trained():
    rows = [{"epoch": 1, "loss": 2.0, "learning_rate": 0.1, "seconds": 1.0}, {"epoch": 2, "loss": 1.0}]
    assert plots.curve_names(rows) == ["loss"]
    assert plots.curve_names([{"accuracy": 1, "val_accuracy": 1, "loss": 1, "val_loss": 1}]) == ["loss", "accuracy"]
    assert len(plots.learning_curves(rows).axes) == 1


def test_one_epoch_is_seen_as_a_point():
    axes = plots.learning_curves(HISTORY[:1]).axes[0]
    assert axes.lines[0].get_marker() == "o"
    assert all(tick == round(tick) for tick in axes.get_xticks())


def test_confusion_matrix_writes_counts_and_names_up_to_twenty_classes():
    small = plots.confusion_matrix(np.diag(np.arange(1, 21)), [f"class {number}" for number in range(20)])
    assert sorted(map(int, texts(small))) == list(range(1, 21))
    assert [label.get_text() for label in small.axes[0].get_yticklabels()][19] == "class 19"
    assert texts(plots.confusion_matrix(np.eye(21, dtype=int), ["x"] * 21)) == []


def test_confusion_matrix_colours_a_rare_class_as_a_common_one():
    shown = plots.confusion_matrix(np.array([[900, 100], [1, 9]]), ["a", "b"]).axes[0].images[0].get_array()
    assert shown.data == pytest.approx(np.array([[0.9, 0.1], [0.1, 0.9]]))


def test_confusion_matrix_of_a_class_without_examples_divides_by_nothing(recwarn):
    png(plots.confusion_matrix(np.array([[5, 0], [0, 0]]), ["a", "b"]))
    assert not recwarn.list


def test_a_grid_shows_each_image_at_its_place_unblurred_and_unscaled_in_brightness():
    dark, bright = np.full((4, 4, 1), 60, np.uint8), np.full((4, 4, 1), 200, np.uint8)
    shown = pixels(plots.image_grid([dark, bright, bright], columns=2), dpi=100)
    cell, gap = 110, 8
    middles = [(gap + cell // 2, gap + cell // 2 + column * (cell + gap)) for column in range(2)]
    assert [shown[place].tolist() for place in middles] == [[60] * 3, [200] * 3]
    assert shown[gap + cell // 2 + cell + gap, gap + cell // 2].tolist() == [200] * 3
    assert shown[-20, -20].tolist() == [255] * 3


def test_a_grid_takes_floats_colours_grey_and_several_sizes():
    rng = np.random.default_rng(0)
    images = [rng.random((5, 9, 3)), rng.random((7, 7)).astype(np.float32), np.zeros((80, 60, 3), np.uint8)]
    figure = plots.image_grid(images, ["one", "two", "three\nlines"])
    assert texts(figure) == ["one", "two", "three\nlines"]
    assert pixels(figure).shape[2] == 3


def test_bins_with_few_examples_are_not_joined_to_the_line():
    axes = plots.reliability([0.3, 0.5, 0.9], [1, 0.4, 0.95], [1, 30, 200], bins=15).axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    assert lines["the model"].get_xdata().tolist() == [0.5, 0.9]
    assert lines["fewer than 10 examples"].get_xdata().tolist() == [0.3]


def test_several_curves_differ_by_line_style_as_well_as_by_colour():
    lines = plots.roc([CURVE | {"label": str(number)} for number in range(6)]).axes[0].lines
    shown = [line for line in lines if line.get_label() in "012345"]
    assert len({line.get_color() for line in shown}) == 6
    assert len({str(line._unscaled_dash_pattern) for line in shown}) == 6
    assert sum(line.get_label() == "suggested threshold" for line in lines) == 1


def test_a_map_shows_words_as_they_stand_whatever_signs_they_have():
    text = svg(plots.word_map(["$^$", "a\x1bb", "<i>"], np.arange(3.0), np.arange(3.0)))
    ElementTree.fromstring(text)
    assert all(word in text for word in ("$^$", "a\\x1bb", "&lt;i&gt;"))
