"""What a drawn graph shows, leaves out and refuses."""

import keras
import numpy as np
import pytest
from keras import layers

from kerasapp.errors import KerasappError
from kerasapp.models import cnn, mlp, resnet
from kerasapp.summary import draw
from kerasapp.summary._boxes import boxes
from kerasapp.summary._drawing import ROW, picture


def test_both_formats_are_files_of_their_kind_and_others_are_refused(tmp_path):
    model = cnn.build(image_shape=(8, 8, 1), num_classes=3)
    draw(model, tmp_path / "net.png")
    draw(model, str(tmp_path / "net.svg"))
    assert (tmp_path / "net.png").read_bytes().startswith(b"\x89PNG")
    assert "block_1_conv_1" in (tmp_path / "net.svg").read_text()
    with pytest.raises(KerasappError, match=r"net\.jpg: a graph is drawn as \.png or \.svg"):
        draw(model, tmp_path / "net.jpg")


def test_what_changes_values_alone_stands_in_the_box_before():
    shown = boxes(cnn.build(image_shape=(16, 16, 1), num_classes=3, stem_filters=2, blocks=1, units=()))
    assert [box.title for box in shown] == ["image", "stem", "block_1_conv_1", "block_1_pool", "flatten", "head"]
    assert shown[1].label == "Conv2D 5 x 5, strides 2 · norm · relu" and shown[1].shape == "8 x 8 x 2"


def test_repeated_blocks_are_drawn_once_with_their_number():
    shown = boxes(resnet.build(image_shape=(224, 224, 3), num_classes=1000, depth=50))
    times = {box.title: box.times for box in shown}
    assert [times[f"stage_{stage}_block_2"] for stage in (1, 2, 3, 4) if f"stage_{stage}_block_2" in times] == [
        2,
        3,
        5,
        2,
    ]
    assert times["stage_1_block_1"] == 1, "the first block of a stage has a projection"
    assert len(shown) == 2 + 4 * (5 + 4) + 3
    by_title = {box.title: box for box in shown}
    assert by_title["stage_2_block_1_conv_1"].above == [by_title["stage_1_block_2"]], "the repeat leads on to the next"


def test_small_graphs_are_drawn_whole():
    shown = boxes(resnet.build(image_shape=(32, 32, 3), num_classes=3, depth=14, shortcut="padding"))
    assert all(box.times == 1 for box in shown)
    assert sum(box.call.kind == "Conv2D" for box in shown) == 13


@pytest.mark.parametrize("model", [
    resnet.build(image_shape=(32, 32, 3), num_classes=3, depth=14),
    mlp.build(num_numeric=2, category_sizes=(3, 4, 5), num_classes=2, numeric_dimensions=3),
], ids=["resnet", "table"])  # fmt: skip
def test_no_two_boxes_overlap_and_all_edges_go_down(model):
    from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

    (axes,) = picture(boxes(model)).axes
    frames = [np.array(p.get_path().vertices) for p in axes.patches if isinstance(p, FancyBboxPatch)]
    frames = [(*frame.min(0), *frame.max(0)) for frame in frames]
    for number, (left, top, right, bottom) in enumerate(frames):
        assert bottom - top < ROW
        for other in frames[:number]:
            assert left >= other[2] or other[0] >= right or top >= other[3] or other[1] >= bottom
    arrows = [p._path_original.vertices for p in axes.patches if isinstance(p, FancyArrowPatch)]
    assert len(arrows) == sum(len(box.above) for box in boxes(model))
    assert all((np.diff(points[:, 1]) >= 0).all() for points in arrows)


def test_a_model_that_is_no_graph_is_refused_in_one_line(tmp_path):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, x):
            return self.dense(x)

    own = Own()
    own(np.zeros((1, 3)))
    with pytest.raises(KerasappError, match="no graph of layers"):
        draw(own, tmp_path / "own.png")
