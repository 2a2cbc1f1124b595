import base64
import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from kerasapp import export as exports
from kerasapp.errors import KerasappError, RunError
from kerasapp.export import _card
from kerasapp.export.savedmodel import Trained, describe, usage


def put(place):
    with exports._unpublished(place) as folder:
        (folder / "saved_model.pb").write_text("x")
        return exports._publish(folder, place)


def test_exports_at_the_same_time_each_get_their_own_number(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda _: put(tmp_path / "digits"), range(24)))
    assert sorted(int(path.name) for path in paths) == list(range(1, 25))
    assert all((path / "saved_model.pb").exists() for path in paths)
    assert not list((tmp_path / "digits").glob(".export-*"))


def test_the_number_of_a_deleted_export_is_not_given_again(tmp_path):
    put(tmp_path / "digits")
    last = put(tmp_path / "digits")
    (last / "saved_model.pb").unlink()
    last.rmdir()
    assert put(tmp_path / "digits").name == "3"


def test_an_empty_folder_with_the_next_number_is_not_written_into(tmp_path):
    (tmp_path / "digits" / "1").mkdir(parents=True)
    assert put(tmp_path / "digits").name == "2"


def test_what_fails_on_the_way_leaves_no_folder(tmp_path):
    with pytest.raises(OSError), exports._unpublished(tmp_path / "digits") as folder:
        (folder / "half").write_text("x")
        raise OSError("disk full")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_names_those_there_are(picture_run, tmp_path):
    with pytest.raises(KerasappError, match=r'"onnxx".*savedmodel'):
        exports.export(picture_run(), root=tmp_path, format="onnxx")


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "a b"])
def test_a_name_that_would_leave_its_folder_is_refused(picture_run, tmp_path, name):
    with pytest.raises(KerasappError, match="no name for an export"):
        exports.export(picture_run(), name=name, root=tmp_path)


def test_a_run_without_kept_examples_is_not_exported_unchecked(picture_run, tmp_path):
    run = picture_run()
    run.kept = {"image": run.kept["image"][:0]}
    with pytest.raises(RunError, match="kept no examples"):
        exports.export(run, root=tmp_path)


def test_the_card_says_what_it_is_how_good_and_how_to_call_it(picture_run):
    run = picture_run()
    verified = {"examples": 40, "max_difference": 0.0, "bytes": 1234, "accuracy": 0.9, "milliseconds": {"1": 0.5}}
    text = _card.card(run, "mine", verified, describe("mine", Trained(run.network, run.task, run.kept)))
    assert "| test (200 examples) | accuracy | 0.91 | 0.88 to 0.94 |" in text
    assert re.search(r"^1\. dog$", text, re.MULTILINE) and "tensorflow 2.21.0" in text and "absent" not in text
    assert "- data: `sklearn digits`" in text and "/v1/models/mine:predict" in text


def sent(text, folder):
    """What the card's command pipes into curl."""
    command = re.search(r"^(.+) \| curl ", text, re.MULTILINE).group(1)
    return json.loads(subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, check=True).stdout)


def test_the_card_of_images_sends_a_photograph_of_any_size(picture_run, tmp_path):
    run = picture_run()
    content = bytes(range(256)) * 4000  # more than an argument of a command may hold
    (tmp_path / "photo.jpg").write_bytes(content)
    (instance,) = sent(usage("mine", run.task, run.kept), tmp_path)["instances"]
    assert base64.b64decode(instance["image"]["b64"]) == content


def test_the_card_of_a_table_calls_with_a_whole_row(table_run, tmp_path):
    run = table_run()
    run.kept["city, state"][:] = b"L'Aquila"
    text = usage("mine", run.task, run.kept)
    (row,) = sent(text, tmp_path)["instances"]
    assert set(row) == {"age", "city__state", "Groe_m", "Groe_m_2"} and row["city__state"] == "L'Aquila"
    assert None not in row.values() and all(value == value for value in row.values())
    assert "| `city, state` | `city__state` |" in text


@pytest.mark.parametrize(
    "recipe, name", [("digits_cnn", "digits_cnn"), ("my grün", "my_gr_n"), (".x", "x"), ("..", "model")]
)
def test_a_recipe_of_any_name_has_a_default_name_that_is_allowed(recipe, name):
    assert exports._name_of(SimpleNamespace(name=f"{recipe}/2026-01-03T10-22-07")) == name
    assert exports.NAME.fullmatch(name)
