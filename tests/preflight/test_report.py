import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from kerasapp.preflight import look
from kerasapp.preflight.report import write
from kerasapp.recipe import load

PICTURE = re.compile(r'src="data:image/jpeg;base64,([^"]+)"')


@pytest.fixture
def page(tmp_path, monkeypatch):
    """The page of a recipe's data, as text; `made` takes the recipe's lines on task and data."""
    monkeypatch.chdir(tmp_path)

    def made(text):
        (tmp_path / "r.yaml").write_text(f"title: <Mine> & yours\n{text}")
        recipe = load(tmp_path / "r.yaml")
        write(look(recipe, stream=io.StringIO()), recipe, tmp_path / "page.html")
        return (tmp_path / "page.html").read_text()

    return made


def test_findings_on_photographs_stand_there_with_their_pictures_broken_ones_too(page, tmp_path, picture):
    for number in range(60):
        place = tmp_path / "photos" / ("cat" if number % 2 else "<dog>")
        place.mkdir(parents=True, exist_ok=True)
        picture(number).save(place / f"{number}.jpg", quality=92)
    content = (tmp_path / "photos/cat/3.jpg").read_bytes()
    (tmp_path / "photos/cat/3.jpg").write_bytes(content[: len(content) // 2])
    (tmp_path / "photos/cat/copy.jpg").write_bytes((tmp_path / "photos/cat/5.jpg").read_bytes())
    (tmp_path / "photos/cat/text.jpg").write_text("hello")
    told = page("task: image_classification\ndata: {name: image_folder, path: photos}\nmodel: cnn\n")
    for words in ("photos/cat/3.jpg", "photos/cat/copy.jpg", "photos/cat/text.jpg", "no image", "&lt;dog&gt;"):
        assert words in told
    assert "<dog>" not in told and "&lt;Mine&gt; &amp; yours" in told
    pictures = [Image.open(io.BytesIO(base64.b64decode(found))) for found in PICTURE.findall(told)]
    assert len(pictures) == 3 and all(max(image.size) <= 144 for image in pictures), "half a picture, and a pair"


def test_the_page_needs_nothing_beside_itself_and_is_well_formed(page, tmp_path):
    (tmp_path / "t.csv").write_text("a,label\n" + "".join(f"{row},{'xy'[row % 2]}\n" for row in range(60)))
    told = page("task: tabular_classification\ndata: {name: csv, path: t.csv, label: label}\nmodel: mlp\n")
    assert not re.search(r'(src|href)="(?!data:)', told) and "http" not in told
    opened = []

    class Checker(HTMLParser):
        def handle_starttag(self, tag, attributes):
            if tag not in ("meta", "img", "br"):
                opened.append(tag)

        def handle_endtag(self, tag):
            assert opened.pop() == tag

    Checker().feed(told)
    assert opened == [] and "identifier" in told


def test_arrays_are_shown_as_pictures_too(page, tmp_path):
    images = np.random.default_rng(0).random((60, 8, 8))
    images[41] = 0.5
    np.savez(tmp_path / "a.npz", x_train=images, y_train=np.arange(60) % 2)
    told = page("task: image_classification\ndata: {name: arrays, path: a.npz}\nmodel: cnn\n")
    assert "x_train[41]" in told and len(PICTURE.findall(told)) == 1
