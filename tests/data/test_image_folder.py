import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasapp.data import divide, duplicates, image_folder
from kerasapp.errors import DataError


def load(path: Path, **more) -> dict:
    return image_folder.load(path=str(path), **more)


def test_examples_are_the_files_with_label_and_size(photos, everything):
    split = load(photos)["train"]
    read = everything(split)
    assert split.features["label"].names == ("cat", "dog")
    assert read["label"].tolist() == [0] * 6 + [1] * 6
    assert read["image/height"].tolist() == [20, 21, 22, 23, 24, 25] * 2
    for path, content in zip(split.ids, read["image"], strict=True):
        assert Path(path).read_bytes() == content
        assert Image.open(io.BytesIO(content)).size[0] == 30


def test_classes_and_files_are_in_natural_order(tmp_path):
    for label in ("10", "9", "2", "a"):
        (tmp_path / label).mkdir()
        for number in (10, 2, 1):
            Image.new("L", (4, 4)).save(tmp_path / label / f"img{number}.png")
    split = load(tmp_path)["train"]
    assert split.features["label"].names == ("2", "9", "10", "a")
    assert [Path(name).name for name in split.ids[:3]] == ["img1.png", "img2.png", "img10.png"]


def test_train_validation_and_test_folders_are_splits(photos, tmp_path):
    for name, source in (("train", photos), ("val", photos), ("Test", photos)):
        shutil.copytree(source, tmp_path / "parts" / name)
    shutil.rmtree(tmp_path / "parts" / "Test" / "dog")
    splits = load(tmp_path / "parts")
    assert {name: len(split) for name, split in splits.items()} == {"train": 12, "validation": 12, "test": 6}
    assert splits["test"].features["label"].names == ("cat", "dog")
    copies = duplicates(splits)
    assert {pair: len(ids) for pair, ids in copies.items()} == {
        ("train", "validation"): 12,
        ("train", "test"): 6,
        ("validation", "test"): 6,
    }
    assert all(Path(a).name == Path(b).name for a, b in copies["train", "test"])


def test_a_class_may_be_called_train(photos):
    (photos / "dog").rename(photos / "train")
    assert load(photos)["train"].features["label"].names == ("cat", "train")


def test_a_folder_without_class_folders_has_no_labels(photos):
    split = load(photos / "cat")["train"]
    assert "label" not in split.features and len(split) == 6


def test_an_empty_class_is_kept_for_the_task_to_report(photos):
    (photos / "bird").mkdir()
    split = load(photos)["train"]
    assert split.features["label"].names == ("bird", "cat", "dog")
    assert set(split.column("label")) == {1, 2}


def test_what_lies_below_a_class_belongs_to_it(photos):
    (photos / "cat" / "2024").mkdir()
    (photos / "cat" / "0.png").rename(photos / "cat" / "2024" / "0.png")
    assert load(photos)["train"].column("label").tolist() == [0] * 6 + [1] * 6


def test_hidden_and_other_files_are_left_out_and_counted(photos, caplog):
    caplog.set_level("INFO", "kerasapp")
    (photos / ".DS_Store").write_text("x")
    (photos / "cat" / "._0.png").write_text("x")
    (photos / "__MACOSX").mkdir()
    (photos / "cat" / "notes.txt").write_text("x")
    (photos / "top.png").write_bytes((photos / "cat" / "0.png").read_bytes())
    assert len(load(photos)["train"]) == 12
    assert "1 .txt left out" in caplog.text and "1 images beside the class folders" in caplog.text


def test_unreadable_images_are_named_and_counted(photos):
    (photos / "cat" / "broken_one.jpg").write_bytes(b"this is no image")
    (photos / "dog" / "empty_one.jpg").write_bytes(b"")
    with pytest.raises(DataError) as told:
        load(photos)
    for words in (
        "photos",
        "2 of 14",
        "cat/broken_one.jpg (no image)",
        "dog/empty_one.jpg (empty)",
        "data.on_error: skip",
    ):
        assert words in str(told.value)
    assert "\n" not in str(told.value)


def test_skip_leaves_out_what_can_t_be_decoded_and_counts_it(photos, caplog):
    (photos / "cat" / "broken_one.jpg").write_bytes(b"this is no image")
    content = bytearray((photos / "dog" / "0.png").read_bytes())
    content[len(content) // 2] ^= 0xFF
    (photos / "dog" / "0.png").write_bytes(content)
    split = load(photos, on_error="skip")["train"]
    assert np.bincount(split.column("label")).tolist() == [6, 5]
    assert "2 of 13" in caplog.text and "dog/0.png" in caplog.text


def test_many_broken_files_are_counted_not_all_listed(photos):
    for number in range(30):
        (photos / "cat" / f"b{number}.jpg").write_bytes(b"")
    with pytest.raises(DataError, match=r"30 of 42 .* and 20 more"):
        load(photos)


def test_too_many_pixels_are_refused_by_name(photos):
    with pytest.raises(DataError, match=r"cat/5.png \(30 x 25 pixels, more than data.max_pixels \(740\)\)"):
        load(photos, max_pixels=740)


def test_nothing_readable_is_an_error_even_with_skip(photos):
    for file in photos.rglob("*.png"):
        file.write_bytes(b"x")
    with pytest.raises(DataError, match="none of its images can be read"):
        load(photos, on_error="skip")


@pytest.mark.parametrize(
    "harm, words", [("missing", "no such folder"), ("empty", "holds no images"), ("file", "is a file")]
)
def test_a_folder_without_images_is_named(photos, harm, words):
    shutil.rmtree(photos)
    if harm == "empty":
        (photos / "cat").mkdir(parents=True)
        (photos / "cat" / "scan.tif").write_bytes(b"x")
        words += ".*1 .tif"
    if harm == "file":
        photos.write_text("x")
    with pytest.raises(DataError, match=f"photos.*{words}"):
        load(photos)


def test_where_to_get_it_is_told(tmp_path):
    with pytest.raises(DataError, match=r"Get it from https://example.org/flowers, or set data.path"):
        load(tmp_path / "flowers", source="https://example.org/flowers")


def test_the_place_and_the_content_of_a_file_decide_nothing_about_its_split(photos, tmp_path):
    def parts(path: Path) -> dict:
        splits = divide(load(path), seed=3, default={"validation": 0.3, "test": 0.3})
        return {name: {"/".join(Path(file).parts[-2:]) for file in split.ids} for name, split in splits.items()}

    before = parts(photos)
    shutil.copytree(photos, tmp_path / "elsewhere")
    assert parts(tmp_path / "elsewhere") == before
    Image.new("RGB", (5, 5)).save(photos / "cat" / "0.png")
    Image.new("RGB", (5, 5)).save(photos / "cat" / "another.png")
    after = parts(photos)
    assert all(before[name] <= after[name] for name in before)


def test_names_in_any_script_are_read(tmp_path, everything):
    (tmp_path / "猫").mkdir()
    Image.new("RGB", (5, 5)).save(tmp_path / "猫" / "Käse 1.png")
    split = load(tmp_path)["train"]
    assert everything(split)["image"][0] == (tmp_path / "猫" / "Käse 1.png").read_bytes()


def test_real_flowers_are_read(real_data, everything):
    splits = load(real_data("flowers_subset"))
    assert {name: len(split) for name, split in splits.items()} == {"train": 480, "test": 120}
    assert np.bincount(splits["test"].column("label")).tolist() == [24] * 5
    assert duplicates(splits) == {}


def test_kinds_of_files_beyond_the_first_few_are_not_passed_over_in_silence(photos, caplog):
    caplog.set_level("INFO", "kerasapp")
    for number in range(7):
        (photos / "cat" / f"x.k{number}").write_text("x")
    load(photos)
    assert "and 2 more kinds left out" in caplog.text
